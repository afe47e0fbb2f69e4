"""Supplying another account: permissions, records, and the total costs of credits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from database_file import execute_sql, rows, set_account_state
from engine_client import EngineClient
from examples_payments import pay, supply_to
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from instructions import VIEW_WALLET, supply, to_clock

from ewallet_core.ledger.rates import MOST_CREDITS
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage.journal import entries, find_cost, read_costs_up_to, record_cost

ELSEWHERE = "192.0.2.7:4000"


@pytest.fixture
def config() -> EngineConfig:
    """Users may supply themselves over the network too."""
    return EngineConfig(self_supply=True)


BOB = "bob@example.org"


@pytest.fixture
def operator(ada, wallet_url) -> EngineClient:
    """Ada, an operator who is connected over the network."""
    execute_sql(wallet_url, "UPDATE accounts SET role = 'operator' WHERE name = 'ada'")
    ada.address = ELSEWHERE
    return ada


def client_supply_to(email: str, credits: int = 100, **more: object) -> dict[str, object]:
    return supply(credits, supply_to=email, **more)


each_form = pytest.mark.parametrize("form", [supply_to, client_supply_to], ids=["system", "client"])


@each_form
def test_an_operator_can_supply_another_account(operator, bob, form):
    bob.request(**supply(7))
    answer = operator.request(**form("BOB@example.org", 100, notes="a bonus"))
    assert (answer["supplied_credits"], answer["total_credits"], answer["ewallet_credits"]) == (100, 107, 107)
    transfer, invoice = bob.records("transfer")[0], bob.records("invoice")[0]
    assert (answer["transfer_record"], answer["invoice_record"]) == (transfer["id"], invoice["id"])
    assert (transfer["transfer_type"], transfer["transfer_to"], transfer["notes"]) == (
        "supply",
        BOB,
        "a bonus",
    )
    assert (invoice["seller"], invoice["currency"], invoice["cost"]) == (1, "EUR", "12.50")
    assert (bob.credits, operator.credits, operator.records("transfer")) == (107, 0, [])


def test_the_system_instruction_answers_the_supplied_account(operator, bob):
    assert operator.request(**supply_to("BOB@example.org"))["supplied_to"] == BOB


def test_the_host_program_can_supply_without_a_session(anonymous, bob):
    anonymous.request(**supply_to(BOB, 100))
    assert bob.credits == 100


def test_the_supplied_account_gets_an_event(operator, bob):
    operator.request(**supply_to(BOB))
    (event,) = bob.engine.events(**bob.credentials, since=0).events
    assert (event["event"], event["data"]["credits"]) == ("credits_arrived", 100)
    assert operator.engine.events(**operator.credentials, since=0).events == []


@each_form
@pytest.mark.parametrize("role", ["user", "auditor"])
def test_a_refused_supply_to_another_account_is_recorded(
    operator, bob, wallet_url, nothing_changes, form, role
):
    execute_sql(wallet_url, "UPDATE accounts SET role = ? WHERE name = 'ada'", role)
    nothing_changes()
    operator.expect_error("not_permitted", **form(BOB))
    (refused,) = rows(wallet_url, "SELECT role, instruction, address FROM refused_requests")
    assert (refused["role"], refused["address"]) == (role, ELSEWHERE)
    if role == "user":
        assert refused["instruction"] == "system action supply credits"


def test_a_refused_supply_to_another_account_does_not_use_its_request_id(operator, bob, wallet_url):
    asked = client_supply_to(BOB, 5)
    execute_sql(wallet_url, "UPDATE accounts SET role = 'user' WHERE name = 'ada'")
    operator.expect_error("not_permitted", **asked, request_id="request-0001")
    execute_sql(wallet_url, "UPDATE accounts SET role = 'operator' WHERE name = 'ada'")
    operator.request(**asked, request_id="request-0001")
    assert bob.credits == 5


def test_self_supply_does_not_permit_naming_the_own_account(bob):
    bob.address = ELSEWHERE
    bob.request(**supply(5))
    bob.expect_error("not_permitted", **client_supply_to(BOB, 5))


@each_form
@pytest.mark.parametrize("email", ["carol@example.org", "core@ewallet.local"])
def test_an_unknown_account_and_the_issuer_can_not_be_supplied(operator, nothing_changes, form, email):
    nothing_changes()
    answer = operator.expect_error("partner_unknown", **form(email))
    assert answer["details"] == {"field": "supply_to"}


@each_form
@pytest.mark.parametrize("state", ["frozen", "unlink_pending"])
def test_a_frozen_account_and_one_pending_deletion_can_not_be_supplied(
    operator, bob, wallet_url, nothing_changes, form, state
):
    set_account_state(wallet_url, "bob", state)
    nothing_changes()
    answer = operator.expect_error("partner_unavailable", **form(BOB))
    assert answer["details"] == {"field": "supply_to"}


@each_form
def test_a_supply_beyond_the_balance_limit_does_not_reveal_the_balance(operator, bob, nothing_changes, form):
    bob.request(**supply(MOST_CREDITS - 99))
    nothing_changes()
    answer = operator.expect_error("partner_balance_limit", **form(BOB, 100))
    assert answer["details"] == {"field": "credits", "most": MOST_CREDITS}


@each_form
def test_a_repeated_request_supplies_once(operator, bob, form):
    first = operator.request(**form(BOB), request_id="request-0001")
    assert operator.send(**form(BOB), request_id="request-0001") == first
    assert bob.credits == 100


def test_a_supply_changes_no_row_of_the_issuer(supplied, bob, wallet_url):
    def rows_of_the_issuer() -> list[object]:
        return [
            rows(wallet_url, f"SELECT * FROM {table} WHERE {column} = 1 ORDER BY id")
            for table, column in (
                ("accounts", "id"),
                ("balances", "issues"),
                ("ewallets", "account_id"),
                ("sheets", "account_id"),
                ("events", "account_id"),
            )
        ]

    before = rows_of_the_issuer()
    supplied.request(**supply(5))
    bob.request(**supply(5))
    assert rows_of_the_issuer() == before


# Costs


def balance_of(caller: EngineClient, wallet_url) -> int:
    wallet = caller.request(**VIEW_WALLET)["ewallet_data"]["id"]
    return rows(wallet_url, "SELECT balance_id FROM ewallets WHERE id = ?", wallet)[0]["balance_id"]


def supplies(wallet_url) -> list[int]:
    return [row["id"] for row in rows(wallet_url, "SELECT id FROM entries WHERE kind = 'supply' ORDER BY id")]


def test_costs_of_supplies_are_totalled_by_currency(ada, database, wallet_url):
    for currency, cost in (("EUR", "0.10"), ("USD", 3), ("EUR", "0.2"), ("EUR", 0)):
        ada.request(**supply(1, currency=currency, cost=cost))
    balance, written = balance_of(ada, wallet_url), supplies(wallet_url)
    totals = [
        database.read(lambda transaction, entry=entry: read_costs_up_to(transaction, balance, entry))
        for entry in written
    ]
    assert totals == [
        {"EUR": "0.10"},
        {"EUR": "0.10", "USD": "3"},
        {"EUR": "0.30", "USD": "3"},
        {"EUR": "0.30", "USD": "3"},
    ]
    costs = [
        database.read(lambda transaction, entry=entry: find_cost(transaction, balance, entry))
        for entry in written
    ]
    assert costs == [("EUR", "0.10", "0.10"), ("USD", "3", "3"), ("EUR", "0.2", "0.30"), ("EUR", "0", "0.30")]


def test_other_entries_have_no_cost(supplied, bob, database, wallet_url):
    supplied.request(**to_clock(5))
    supplied.request(**pay(BOB, 5))
    (last,) = rows(wallet_url, "SELECT max(id) AS id FROM entries")
    hers, his = balance_of(supplied, wallet_url), balance_of(bob, wallet_url)
    assert database.read(lambda transaction: find_cost(transaction, hers, last["id"])) is None
    assert database.read(lambda transaction: read_costs_up_to(transaction, hers, last["id"])) == {
        "EUR": "12.50"
    }
    assert database.read(lambda transaction: read_costs_up_to(transaction, his, last["id"])) == {}


def test_costs_before_the_first_supply_are_empty(supplied, database, wallet_url):
    balance = balance_of(supplied, wallet_url)
    assert database.read(lambda transaction: read_costs_up_to(transaction, balance, 0)) == {}


def test_costs_belong_to_the_supplied_account(operator, bob, database, wallet_url):
    operator.request(**supply_to(BOB, 5))
    assert [row["balance_id"] for row in rows(wallet_url, "SELECT balance_id FROM costs")] == [
        balance_of(bob, wallet_url)
    ]


prices = some.lists(
    some.tuples(
        some.sampled_from(["EUR", "JPY", "USD"]), some.decimals(0, 10**12, places=6, allow_nan=False)
    ),
    max_size=10,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prices=prices)
def test_total_costs_are_exact(database, prices):
    class RollbackError(Exception):
        """Raised to roll the work back."""

    def work(transaction):
        totals: dict[str, Decimal] = {}
        for currency, cost in prices:
            entry = entries.insert(transaction, kind="supply", at=0)
            record_cost(transaction, 1, entry, currency, cost)
            totals[currency] = totals.get(currency, Decimal(0)) + cost
            found = read_costs_up_to(transaction, 1, entry)
            assert {name: Decimal(total) for name, total in found.items()} == totals
        raise RollbackError

    with pytest.raises(RollbackError):
        database.write(work)
