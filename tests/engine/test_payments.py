"""Payments and transfers: credits leave one account, arrive at the other, and both have records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from database_file import execute_sql, rows, set_account_state, violations_in
from engine_client import EngineClient
from examples_payments import pay, transfer
from examples_sheets import record_verb
from fakes import CHEAP, SECOND, Wallclock
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import VIEW_ACCOUNT, VIEW_WALLET, edit_account, supply, view_record
from new_wallets import NewWallet

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.provisioning import open_wallet

BOB = "bob@example.org"
ADA = "ada@example.org"
FRIDAY_NOON = "2026-11-20T12:00:00.000Z"

each_way = pytest.mark.parametrize("give", [pay, transfer], ids=["pay", "transfer"])
named = {pay: "pay", transfer: "transfer_to"}


def events_of(caller: EngineClient):
    return caller.engine.events(**caller.credentials, since=0).events


@pytest.fixture
def state_of_bob(wallet_url, bob) -> Callable[[str], None]:
    return partial(set_account_state, wallet_url, "bob")


def test_a_payment_moves_credits_from_the_payer_to_the_partner(supplied, bob):
    answer = supplied.request(**pay(BOB, 30))
    assert (answer["paid"], answer["spent_credits"]) == (BOB, 30)
    assert (answer["total_credits"], answer["ewallet_credits"]) == (70, 70)
    assert (supplied.credits, bob.credits) == (70, 30)


def test_a_transfer_moves_credits_from_the_sender_to_the_recipient(supplied, bob):
    answer = supplied.request(**transfer(BOB, 30))
    assert (answer["transfered_to"], answer["transfered_credits"], answer["ewallet_credits"]) == (BOB, 30, 70)
    assert (supplied.credits, bob.credits) == (70, 30)


@each_way
def test_the_whole_balance_can_be_sent(supplied, bob, give):
    supplied.request(**give(BOB, 100))
    assert (supplied.credits, bob.credits) == (0, 100)


@each_way
def test_the_email_of_a_partner_ignores_case(supplied, bob, give):
    supplied.request(**give("BOB@Example.ORG", 30))
    assert bob.credits == 30


@each_way
def test_a_partner_is_found_by_the_current_email_only(supplied, bob, anonymous, give):
    bob.request(**edit_account(user_email="robert@example.org"))
    supplied.request(**give("robert@example.org", 30))
    supplied.expect_error("partner_unknown", **give(BOB, 30))


@pytest.mark.parametrize(
    ("give", "word"), [(pay, "payment"), (transfer, "transfer")], ids=["pay", "transfer"]
)
def test_both_sides_get_a_transfer_record_the_senders_first(supplied, bob, wallclock, give, word):
    answer = supplied.request(**give(BOB, 30, notes="lunch"))
    given, received = supplied.records("transfer")[0], bob.records("transfer")[0]
    same = {
        "create_date": FRIDAY_NOON,
        "write_date": FRIDAY_NOON,
        "transfer_from": ADA,
        "transfer_to": BOB,
        "credits": 30,
        "notes": "lunch",
        "private_notes": "",
    }
    assert given == {
        "id": answer["transfer_record"],
        "transfer_sheet": supplied.request(**VIEW_WALLET)["ewallet_data"]["transfer_sheet"],
        "reference": "Transfer 2",
        "transfer_type": word,
        **same,
    }
    assert received == {
        "id": answer["transfer_record"] + 1,
        "transfer_sheet": bob.request(**VIEW_WALLET)["ewallet_data"]["transfer_sheet"],
        "reference": "Transfer 1",
        "transfer_type": "incoming",
        **same,
    }


def test_both_sides_get_an_invoice_of_a_payment_with_the_recipient_as_seller(supplied, bob):
    answer = supplied.request(**pay(BOB, 30, notes="lunch"))
    bought, sold = supplied.records("invoice")[0], bob.records("invoice")[0]
    assert bought["id"] == answer["invoice_record"]
    assert [bought["transfer_record"], sold["transfer_record"]] == [
        answer["transfer_record"],
        answer["transfer_record"] + 1,
    ]
    for invoice in (bought, sold):
        assert invoice["seller"] == bob.request(**VIEW_ACCOUNT)["account_data"]["id"]
        assert (invoice["seller_email"], invoice["credits"], invoice["notes"]) == (BOB, 30, "lunch")


def test_the_seller_of_an_invoice_is_the_same_wherever_it_is_shown(supplied, bob):
    """The issuer sold what was supplied, and the recipient what was paid, in the eyes of both."""
    supplied.request(**pay(BOB, 30))
    his = bob.request(**VIEW_ACCOUNT)["account_data"]["id"]
    emails = {1: "core@ewallet.local", his: BOB}
    assert len(emails) == 2
    for caller, expected in ((supplied, [his, 1]), (bob, [his])):
        listed = caller.records("invoice")
        alone = [caller.request(**view_record("invoice", each["id"]))["record_data"] for each in listed]
        found = caller.request(action="search", search="records", kind="invoice")["rows"]
        kept = caller.request(action="export", export="sheet", kind="invoice", format="json")["content"]
        for shown in (listed, alone, [row["record_data"] for row in found], json.loads(kept)):
            assert [row["seller"] for row in shown] == expected
            assert [row["seller_email"] for row in shown] == [emails[seller] for seller in expected]


def test_an_invoice_keeps_the_names_and_emails_with_which_it_was_issued(supplied, bob):
    supplied.request(**pay(BOB, 30))
    bob.request(**edit_account(user_name="robert", user_email="robert@example.org"))
    supplied.request(**edit_account(user_name="countess", user_email="countess@example.org"))
    issued = {
        "seller_name": "bob",
        "seller_email": BOB,
        "buyer_name": "ada",
        "buyer_email": "ada@example.org",
        "cost": None,
        "signed_cost": None,
    }
    bought, sold = supplied.records("invoice")[0], bob.records("invoice")[0]
    assert bought.items() >= {**issued, "direction": "purchase", "signed_credits": -30}.items()
    assert sold.items() >= {**issued, "direction": "sale", "signed_credits": 30}.items()
    supplies = supplied.records("invoice")[1]
    assert (supplies["signed_credits"], supplies["signed_cost"]) == (100, "-12.50")
    # A transfer record links people, so it shows who they are today.
    assert supplied.records("transfer")[0]["transfer_to"] == "robert@example.org"
    supplied.request(**record_verb("unlink", "transfer", record_id=bought["transfer_record"]))
    viewed = supplied.request(**view_record("invoice", bought["id"]))["record_data"]
    assert viewed == {**bought, "transfer_record": None}


def test_an_invoice_from_before_they_were_kept_shows_todays(supplied, bob, wallet_url):
    supplied.request(**pay(BOB, 30))
    names = ("seller_name", "seller_email", "buyer_name", "buyer_email")
    unnamed = ", ".join(f"{name} = NULL" for name in names)
    execute_sql(wallet_url, f"UPDATE invoice_records SET {unnamed}, search_key = ''")
    bob.request(**edit_account(user_name="robert"))
    shown = supplied.records("invoice")[0]
    assert [shown[name] for name in names] == ["robert", BOB, "ada", "ada@example.org"]
    assert violations_in(wallet_url) == []


def test_the_invoice_of_a_payment_has_no_currency_and_cost(supplied, bob):
    supplied.request(**pay(BOB, 30))
    assert [(row["currency"], row["cost"]) for row in supplied.records("invoice")] == [
        (None, None),
        ("EUR", "12.50"),
    ]


def test_a_transfer_writes_no_invoice(supplied, bob):
    supplied.request(**transfer(BOB, 30))
    assert (len(supplied.records("invoice")), bob.records("invoice")) == (1, [])


@each_way
def test_received_credits_go_to_the_active_wallet_and_its_sheets(supplied, bob, database, wallet_url, give):
    account = bob.request(**VIEW_ACCOUNT)["account_data"]
    another = database.write(lambda transaction: open_wallet(transaction, 0, account["id"]))
    execute_sql(wallet_url, "UPDATE accounts SET ewallet_id = ? WHERE name = 'bob'", another)
    supplied.request(**give(BOB, 30))
    assert bob.request(**VIEW_WALLET)["ewallet_data"]["id"] == another
    assert (bob.credits, len(bob.records("transfer"))) == (30, 1)


@each_way
def test_both_sides_get_an_event(supplied, bob, give):
    supplied.request(**give(BOB, 30))
    left, arrived = events_of(supplied)[-1], events_of(bob)[-1]
    assert (left["event"], arrived["event"]) == ("credits_left", "credits_arrived")
    assert (left["data"]["credits"], left["data"]["transfer_to"]) == (30, BOB)
    assert (arrived["data"]["credits"], arrived["data"]["transfer_from"]) == (30, ADA)
    assert arrived["data"]["ewallet"] == bob.request(**VIEW_WALLET)["ewallet_data"]["id"]


@each_way
def test_the_write_dates_of_both_wallets_are_updated_but_of_no_account(supplied, bob, wallclock, give):
    def write_dates(caller: EngineClient) -> tuple[str, str]:
        wallet = caller.request(**VIEW_WALLET)["ewallet_data"]["write_date"]
        return wallet, caller.request(**VIEW_ACCOUNT)["account_data"]["write_date"]

    wallclock.forward(SECOND)
    supplied.request(**give(BOB, 30))
    for caller in (supplied, bob):
        assert write_dates(caller) == ("2026-11-20T12:00:01.000Z", FRIDAY_NOON)


@each_way
def test_a_repeated_request_moves_credits_once(supplied, bob, give):
    first = supplied.request(**give(BOB, 30), request_id="request-0001")
    assert supplied.send(**give(BOB, 30), request_id="request-0001") == first
    assert (supplied.credits, bob.credits) == (70, 30)


@each_way
def test_a_refused_request_stays_refused(ada, bob, give):
    first = ada.expect_error("not_enough_credits", **give(BOB, 30), request_id="request-0001")
    now = {"event_sequence": ada.request(**supply(100))["event_sequence"]}
    assert ada.send(**give(BOB, 30), request_id="request-0001") == first | now
    assert bob.credits == 0


@each_way
@pytest.mark.parametrize("email", ["carol@example.org", "core@ewallet.local", "CORE@ewallet.local"])
def test_an_unknown_account_and_the_issuer_can_not_be_paid(supplied, nothing_changes, give, email):
    nothing_changes()
    answer = supplied.expect_error("partner_unknown", **give(email))
    assert answer["details"] == {"field": named[give]}
    assert answer["warning"] == "On this computer's own wallet, only accounts made here can be paid."


@each_way
@pytest.mark.parametrize("email", [ADA, "ADA@Example.org"])
def test_an_account_can_not_pay_itself(supplied, nothing_changes, give, email):
    nothing_changes()
    assert supplied.expect_error("own_account", **give(email))["details"] == {"field": named[give]}


@each_way
def test_a_frozen_partner_and_one_pending_deletion_are_answered_alike(
    supplied, state_of_bob, nothing_changes, give
):
    state_of_bob("frozen")
    frozen = supplied.expect_error("partner_unavailable", **give(BOB))
    state_of_bob("unlink_pending")
    nothing_changes()
    assert supplied.expect_error("partner_unavailable", **give(BOB)) == frozen
    assert frozen["details"] == {"field": named[give]}


@each_way
def test_an_erased_account_is_answered_like_an_unknown_one(supplied, state_of_bob, nothing_changes, give):
    state_of_bob("erased")
    nothing_changes()
    erased = supplied.expect_error("partner_unknown", **give(BOB))
    assert erased == supplied.expect_error("partner_unknown", **give("carol@example.org"))


@each_way
def test_a_payment_beyond_the_balance_is_refused(supplied, bob, nothing_changes, give):
    nothing_changes()
    answer = supplied.expect_error("not_enough_credits", **give(BOB, 101))
    assert answer["details"] == {"field": "credits", "needed": 101, "there": 100}


@each_way
def test_a_payment_beyond_the_partners_balance_limit_does_not_reveal_the_balance(
    supplied, bob, nothing_changes, give
):
    bob.request(**supply(10**12 - 29))
    nothing_changes()
    answer = supplied.expect_error("partner_balance_limit", **give(BOB, 30))
    assert answer["details"] == {"field": "credits", "most": 10**12}
    assert str(10**12 - 29) not in str(answer)


@each_way
def test_a_payment_up_to_the_partners_balance_limit_is_accepted(supplied, bob, give):
    bob.request(**supply(10**12 - 30))
    supplied.request(**give(BOB, 30))
    assert bob.credits == 10**12


@pytest.mark.parametrize("selectors", [{"controller": "system"}, {"ctype": "event"}], ids=str)
def test_wrong_selectors_of_pay_are_answered_with_the_right_ones_without_the_email(supplied, selectors):
    answer = supplied.expect_error("unknown_instruction", **{**pay(BOB), **selectors})
    assert "client action pay" in answer["details"]["nearest"]
    assert BOB not in str(answer)


def test_pay_without_a_partner_lacks_an_argument(supplied):
    answer = supplied.expect_error("missing_argument", action="pay", credits=5)
    assert answer["details"] == {"field": "pay"}


def test_payments_do_not_change_the_credits_in_circulation(supplied, bob, wallet_url):
    supplied.request(**pay(BOB, 30))
    bob.request(**transfer(ADA, 10))
    (kept,) = rows(wallet_url, "SELECT sum(amount) AS credits FROM balances WHERE unit = 'credit'")
    assert kept["credits"] == 100


# Several accounts


@contextmanager
def clients_on(new_wallet: NewWallet, names: str, credits: int) -> Iterator[tuple[list[EngineClient], str]]:
    """Clients with that many credits each, on a new engine."""
    with new_wallet() as url, EWalletSessionManager(url, clock=Wallclock(), passwords=CHEAP) as engine:
        clients = [EngineClient(engine).open_session().register(name).log_in(name) for name in names]
        for client in clients:
            client.request(**supply(credits))
        yield clients, url


gifts = some.lists(
    some.tuples(
        some.sampled_from([pay, transfer]),
        some.integers(0, 2),
        some.integers(0, 2),
        some.integers(1, 120),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(gifts=gifts)
def test_payments_among_three_accounts_conserve_credits(new_wallet, gifts):
    held = [100, 100, 100]
    with clients_on(new_wallet, "abc", 100) as (clients, url):
        for give, sender, recipient, credits in gifts:
            answer = clients[sender].send(**give(f"{'abc'[recipient]}@example.org", credits))
            assert answer["failed"] is (sender == recipient or credits > held[sender])
            if not answer["failed"]:
                held[sender] -= credits
                held[recipient] += credits
        assert [client.credits for client in clients] == held
        assert sum(held) == 300
        assert violations_in(url) == []


@pytest.mark.on_postgresql_too
def test_concurrent_payments_in_a_ring_conserve_credits(new_wallet):
    names = "abcdefgh"
    # Each has what it pays in all, so none fails for want of credits if one client runs ahead of the others.
    with clients_on(new_wallet, names, 25) as (clients, url):

        def pay_neighbours(index: int) -> list[bool]:
            ahead, behind = names[(index + 1) % 8], names[index - 1]
            gifts = [pay(f"{ahead}@example.org", 3), transfer(f"{behind}@example.org", 2)] * 5
            return [clients[index].send(**gift)["failed"] for gift in gifts]

        with ThreadPoolExecutor(8) as threads:
            failed = [refused for answers in threads.map(pay_neighbours, range(8)) for refused in answers]
        assert not any(failed)
        assert [client.credits for client in clients] == [25] * 8
        assert violations_in(url) == []


@pytest.mark.on_postgresql_too
def test_concurrent_payments_do_not_overdraw_a_wallet(new_wallet):
    with clients_on(new_wallet, "ab", 20) as (clients, url):
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: clients[0].send(**pay("b@example.org", 6)), range(8)))
        assert [answer["failed"] for answer in answers].count(False) == 3
        assert [client.credits for client in clients] == [2, 38]
        assert violations_in(url) == []
