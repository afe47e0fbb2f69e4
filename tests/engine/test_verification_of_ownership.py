"""The verification of the ledger finds wrong owners and wrong active items."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from database_file import erasure_of, violations_after, violations_in
from engine_client import EngineClient
from examples_payments import pay, refund, transfer
from fakes import CHEAP, IN_MEMORY, MINUTE, Wallclock
from instructions import START, STOP, supply, to_clock, to_credits
from new_wallets import copy_of_file
from owned_items import choose, create_holder, create_sheet, unlink_list, unlink_record

from ewallet_core import EWalletSessionManager

BOB = "bob@example.org"
ADAS, BOBS = "account_id = 2", "account_id = 3"


@pytest.fixture(scope="module")
def traded_once(new_wallet_file, tmp_path_factory) -> Path:
    """A file with every kind of movement between ada and bob, some of it unlinked."""
    file = Path(shutil.copy(new_wallet_file, tmp_path_factory.mktemp("traded")))
    wallclock = Wallclock()
    with EWalletSessionManager(f"sqlite:///{file}", clock=wallclock, passwords=CHEAP) as engine:
        ada, bob = (
            EngineClient(engine).open_session().register(name).log_in(name) for name in ("ada", "bob")
        )
        ada.request(**supply(100))
        ada.request(**supply(7, cost="5"))
        ada.request(**pay(BOB, 30))
        bob.request(**refund(bob.records("transfer")[0]["id"], credits=10))
        ada.request(**transfer(BOB, 7))
        ada.request(**to_clock(20))
        # A run of zero length moves nothing.
        for instruction in (START, STOP, START):
            ada.request(**instruction)
        wallclock.forward(MINUTE)
        for instruction in (STOP, to_credits(credits=5)):
            ada.request(**instruction)
        for word in ("ewallet", "clock"):
            ada.request(**choose("unlink", word, create_holder(ada, word)))
        ada.request(**unlink_list("transfer", create_sheet(ada, "transfer")))
        create_sheet(ada, "transfer")
        ada.request(**unlink_record("transfer", ada.records("transfer")[0]["id"]))
    return file


@pytest.fixture
def traded(traded_once) -> Iterator[str]:
    """The URL of a copy of it, which the test may change."""
    with copy_of_file(traded_once, IN_MEMORY) as url:
        yield url


def test_an_unchanged_ledger_verifies(traded):
    assert violations_in(traded) == []


def balance_of(account: str, table: str = "ewallets") -> str:
    """The balance of the account's first wallet or clock."""
    return f"(SELECT balance_id FROM {table} WHERE {account} ORDER BY id LIMIT 1)"


HOLDERS = [
    (f"UPDATE ewallets SET balance_id = {balance_of(ADAS)} WHERE {BOBS}", "is held by 2 wallets and clocks"),
    (f"UPDATE ewallets SET balance_id = {balance_of(ADAS)} WHERE {BOBS}", "is held by 0 wallets and clocks"),
    (f"UPDATE clocks SET balance_id = {balance_of(ADAS, 'clocks')} WHERE {BOBS}", "is held by 2 wallets"),
    (
        f"UPDATE ewallets SET balance_id = {balance_of(BOBS)} + {balance_of(ADAS)} - balance_id"
        f" WHERE balance_id IN ({balance_of(BOBS)}, {balance_of(ADAS)})",
        "the balance that it holds is of account",
    ),
    (f"UPDATE clocks SET balance_id = {balance_of(BOBS)} WHERE {BOBS}", "counts milliseconds, the balance"),
    (f"UPDATE balances SET account_id = 2 WHERE {BOBS}", "the balance that it holds is of account 2"),
    ("UPDATE ewallets SET account_id = 2 WHERE account_id = 3", "is of account 2, the balance that it holds"),
    ("UPDATE ewallets SET balance_id = 99 WHERE account_id = 3", "holds a balance that doesn't exist"),
    ("UPDATE clocks SET balance_id = 99 WHERE account_id = 3", "holds a balance that doesn't exist"),
    (f"DELETE FROM clocks WHERE {BOBS}", "is held by 0 wallets and clocks"),
    (f"UPDATE balances SET issues = 1 WHERE {BOBS}", "should issue if and only if it is the issuer's"),
    ("UPDATE balances SET issues = 0 WHERE account_id = 1", "should issue if and only if it is the issuer's"),
]

ENTRY_OF = "(SELECT id FROM entries WHERE kind = '{}' ORDER BY id LIMIT 1)"
SECOND_SUPPLY = "(SELECT max(id) FROM entries WHERE kind = 'supply')"
FROM_AND_TO = "is not from and to the accounts"
OF_ITS_TYPE = "is not of the type that its entry is"
OTHER_LINK = "has a transfer record that is not of its entry and account"
PARTIES = [
    # The supply and the transfer are of 7 credits both.
    (
        f"UPDATE transfer_records SET entry_id = {SECOND_SUPPLY} WHERE transfer_type = 'transfer'",
        FROM_AND_TO,
    ),
    (
        f"UPDATE transfer_records SET entry_id = {SECOND_SUPPLY} WHERE credits = 7 AND {BOBS}",
        "in which its entry moved nothing",
    ),
    (
        f"UPDATE transfer_records SET entry_id = {ENTRY_OF.format('time_spent')}"
        " WHERE transfer_type = 'refund'",
        "transferred nothing",
    ),
    (
        "UPDATE transfer_records SET from_account_id = to_account_id, to_account_id = from_account_id",
        FROM_AND_TO,
    ),
    ("UPDATE transfer_records SET from_account_id = 1 WHERE transfer_type = 'payment'", FROM_AND_TO),
    ("UPDATE transfer_records SET to_account_id = 1 WHERE transfer_type = 'refund'", FROM_AND_TO),
    # Only the issuer reads these records.
    (
        "UPDATE transfer_records SET from_account_id = to_account_id, to_account_id = 1 WHERE account_id = 1",
        FROM_AND_TO,
    ),
    ("UPDATE transfer_records SET to_account_id = 1 WHERE unlinked_at IS NOT NULL", FROM_AND_TO),
    (
        "UPDATE transfer_records SET transfer_type = 'incoming' WHERE transfer_type = 'payment'",
        OF_ITS_TYPE,
    ),
    (
        "UPDATE transfer_records SET transfer_type = 'incoming' WHERE transfer_type = 'supply'",
        OF_ITS_TYPE,
    ),
    (
        "UPDATE transfer_records SET transfer_type = 'refund' WHERE transfer_type = 'incoming'",
        OF_ITS_TYPE,
    ),
    (
        "UPDATE transfer_records SET transfer_type = 'payment' WHERE transfer_type = 'transfer'",
        OF_ITS_TYPE,
    ),
    ("UPDATE conversion_records SET conversion_type = 'clock2credits'", OF_ITS_TYPE),
    ("UPDATE conversion_records SET entry_id = 1", "converted nothing"),
    (
        "UPDATE sheets SET owner_id = (SELECT id FROM clocks WHERE account_id = 3)"
        " WHERE kind = 'conversion' AND account_id = 2",
        "on which its entry moved nothing",
    ),
    ("UPDATE time_records SET entry_id = 1", "spent no time"),
    (
        "UPDATE sheets SET owner_id = (SELECT id FROM clocks WHERE account_id = 3)"
        " WHERE kind = 'time' AND account_id = 2",
        "on which its entry moved nothing",
    ),
    (
        f"UPDATE invoice_records SET entry_id = {ENTRY_OF.format('transfer')} WHERE credits = 7",
        "sold nothing",
    ),
    ("UPDATE invoice_records SET transfer_record_id = 1", OTHER_LINK),
    ("UPDATE invoice_records SET transfer_record_id = 99", OTHER_LINK),
    (
        "UPDATE invoice_records SET transfer_record_id = (SELECT other.id FROM transfer_records AS other"
        " WHERE other.entry_id = invoice_records.entry_id"
        " AND other.account_id <> invoice_records.account_id)",
        OTHER_LINK,
    ),
    ("UPDATE invoice_records SET seller_account_id = 2 WHERE cost = ''", "has a seller who didn't sell"),
    ("UPDATE invoice_records SET seller_account_id = 3 WHERE cost <> ''", "has a seller who didn't sell"),
]

OTHER_COST = "has another cost than what was noted"
COSTS = [
    ("DELETE FROM costs", "has no cost"),
    ("DELETE FROM costs WHERE entry_id = (SELECT max(entry_id) FROM costs)", "has no cost"),
    (f"UPDATE costs SET balance_id = {balance_of(BOBS)}", "is of a balance that got no credits by it"),
    (f"UPDATE costs SET balance_id = {balance_of(BOBS)}", "has no cost"),
    ("UPDATE costs SET currency = 'USD'", OTHER_COST),
    (f"UPDATE invoice_records SET cost = '999' WHERE cost = '5' AND {ADAS}", OTHER_COST),
    ("UPDATE invoice_records SET cost = '999' WHERE cost = '5' AND account_id = 1", OTHER_COST),
    ("UPDATE invoice_records SET currency = 'USD' WHERE cost = '5'", OTHER_COST),
    ("UPDATE invoice_records SET currency = '', cost = '' WHERE cost = '5'", OTHER_COST),
    ("UPDATE invoice_records SET currency = 'EUR' WHERE cost = ''", OTHER_COST),
    ("UPDATE invoice_records SET cost = '1' WHERE cost = ''", OTHER_COST),
]

ACTIVE_ITEMS = [
    ("accounts", "id = 3", "ewallet_id", "wallet"),
    ("accounts", "id = 3", "contact_list_id", "contact list"),
    ("ewallets", BOBS, "clock_id", "clock"),
    ("ewallets", BOBS, "transfer_sheet_id", "transfer sheet"),
    ("ewallets", BOBS, "invoice_sheet_id", "invoice sheet"),
    ("clocks", BOBS, "time_sheet_id", "time sheet"),
    ("clocks", BOBS, "conversion_sheet_id", "conversion sheet"),
]
SHEETS = [active for active in ACTIVE_ITEMS if " " in active[3]]


@pytest.mark.parametrize(("statement", "message"), HOLDERS + PARTIES + COSTS)
def test_a_wrong_owner_of_credits_is_found(traded, statement, message):
    assert any(message in sentence for sentence in violations_after(traded, statement))


@pytest.mark.parametrize(("table", "owner", "column", "what"), ACTIVE_ITEMS)
@pytest.mark.parametrize("value", ["NULL", "99"])
def test_a_missing_active_item_is_found(traded, table, owner, column, what, value):
    found = violations_after(traded, f"UPDATE {table} SET {column} = {value} WHERE {owner}")
    assert len(found) == 1
    assert f"has a {what} active that doesn't exist" in found[0]


@pytest.mark.parametrize(("table", "owner", "column", "what"), ACTIVE_ITEMS)
def test_an_active_item_of_another_account_is_found(traded, table, owner, column, what):
    adas = f"SELECT {column} FROM {table} WHERE {owner.replace('3', '2')} ORDER BY id LIMIT 1"
    found = violations_after(traded, f"UPDATE {table} SET {column} = ({adas}) WHERE {owner}")
    assert len(found) == 1
    assert f"has a {what} active that is another's" in found[0]


@pytest.mark.parametrize(("table", "owner", "column", "what"), ACTIVE_ITEMS)
def test_an_unlinked_active_item_is_found(traded, table, owner, column, what):
    owned = {"wallet": "ewallets", "clock": "clocks"}.get(what, "sheets")
    active = f"(SELECT {column} FROM {table} WHERE {owner})"
    found = violations_after(traded, f"UPDATE {owned} SET unlinked_at = 1 WHERE id = {active}")
    assert any(f"has a {what} active that is unlinked" in sentence for sentence in found)


@pytest.mark.parametrize(("table", "owner", "column", "what"), SHEETS)
def test_an_active_sheet_of_another_kind_is_found(traded, table, owner, column, what):
    other = f"SELECT id FROM sheets WHERE {BOBS} AND kind || ' sheet' <> '{what}' AND kind <> 'contact'"
    if what == "contact list":
        other = f"SELECT id FROM sheets WHERE {BOBS} AND kind = 'time'"
    found = violations_after(traded, f"UPDATE {table} SET {column} = ({other} LIMIT 1) WHERE {owner}")
    assert len(found) == 1
    assert f"has no {what} active, but another kind" in found[0]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE clocks SET ewallet_id = 2 WHERE account_id = 3", "belongs to no wallet of its account"),
        ("UPDATE clocks SET ewallet_id = 99 WHERE account_id = 3", "belongs to no wallet of its account"),
        *(
            (
                f"UPDATE sheets SET owner_id = 99 WHERE kind = '{kind}'",
                f"belongs to no {owner} of its account",
            )
            for kind, owner in (("transfer", "wallet"), ("time", "clock"), ("contact", "account"))
        ),
        ("UPDATE sheets SET owner_id = 2 WHERE account_id = 3", "belongs to no account of its account"),
    ],
)
def test_a_clock_or_sheet_with_a_wrong_owner_is_found(traded, statement, message):
    assert any(message in sentence for sentence in violations_after(traded, statement))


def test_unlinked_active_items_of_an_erased_account_are_valid(traded):
    erased = [
        *erasure_of(3),
        *(f"UPDATE {table} SET unlinked_at = 1 WHERE {BOBS}" for table in ("ewallets", "clocks", "sheets")),
    ]
    assert violations_after(traded, *erased) == []
