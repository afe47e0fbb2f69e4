"""The check of the whole ledger finds lies about whose money it is, and about what is active."""

from __future__ import annotations

import shutil

import pytest
from database_file import faults_in, tampered
from examples_payments import pay, refund, transfer
from fakes import MINUTE
from instructions import START, STOP, supply, to_clock, to_credits
from owned_items import choose, held, made, unlink_list, unlink_record

BOB = "bob@example.org"
ADAS, BOBS = "account_id = 2", "account_id = 3"


@pytest.fixture
def traded(supplied, bob, wallclock, wallet_file):
    """A file in which ada and bob have done with each other what can be done, and unlinked some of it."""
    supplied.asks_ok(**supply(7, cost="5"))
    supplied.asks_ok(**pay(BOB, 30))
    bob.asks_ok(**refund(bob.records("transfer")[0]["id"], credits=10))
    supplied.asks_ok(**transfer(BOB, 7))
    supplied.asks_ok(**to_clock(20))
    # A run of no time at all moves nothing.
    for instruction in (START, STOP, START):
        supplied.asks_ok(**instruction)
    wallclock.forward(MINUTE)
    for instruction in (STOP, to_credits(credits=5)):
        supplied.asks_ok(**instruction)
    for word in ("ewallet", "clock"):
        supplied.asks_ok(**choose("unlink", word, held(supplied, word)))
    supplied.asks_ok(**unlink_list("transfer", made(supplied, "transfer")))
    made(supplied, "transfer")
    supplied.asks_ok(**unlink_record("transfer", supplied.records("transfer")[0]["id"]))
    supplied.engine.close()
    return shutil.copy(wallet_file, wallet_file.with_name("traded.sqlite3"))


def test_what_nobody_touched_is_in_order(traded):
    assert faults_in(traded) == []


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
    (f"UPDATE balances SET issues = 1 WHERE {BOBS}", "should issue exactly where it is the issuer's"),
    ("UPDATE balances SET issues = 0 WHERE account_id = 1", "should issue exactly where it is the issuer's"),
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
    # Nobody but the issuer reads those.
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

ACTIVES = [
    ("accounts", "id = 3", "ewallet_id", "wallet"),
    ("accounts", "id = 3", "contact_list_id", "contact list"),
    ("ewallets", BOBS, "clock_id", "clock"),
    ("ewallets", BOBS, "transfer_sheet_id", "transfer sheet"),
    ("ewallets", BOBS, "invoice_sheet_id", "invoice sheet"),
    ("clocks", BOBS, "time_sheet_id", "time sheet"),
    ("clocks", BOBS, "conversion_sheet_id", "conversion sheet"),
]
SHEETS = [active for active in ACTIVES if " " in active[3]]


@pytest.mark.parametrize(("statement", "said"), HOLDERS + PARTIES + COSTS)
def test_a_lie_about_whose_money_it_is_is_found(traded, statement, said):
    assert any(said in sentence for sentence in tampered(traded, statement))


@pytest.mark.parametrize(("table", "his", "column", "what"), ACTIVES)
@pytest.mark.parametrize("value", ["NULL", "99"])
def test_what_is_active_is_there(traded, table, his, column, what, value):
    found = tampered(traded, f"UPDATE {table} SET {column} = {value} WHERE {his}")
    assert len(found) == 1
    assert f"has a {what} active that doesn't exist" in found[0]


@pytest.mark.parametrize(("table", "his", "column", "what"), ACTIVES)
def test_what_is_active_is_its_owners(traded, table, his, column, what):
    adas = f"SELECT {column} FROM {table} WHERE {his.replace('3', '2')} ORDER BY id LIMIT 1"
    found = tampered(traded, f"UPDATE {table} SET {column} = ({adas}) WHERE {his}")
    assert len(found) == 1
    assert f"has a {what} active that is another's" in found[0]


@pytest.mark.parametrize(("table", "his", "column", "what"), ACTIVES)
def test_what_is_active_is_not_unlinked(traded, table, his, column, what):
    kept = {"wallet": "ewallets", "clock": "clocks"}.get(what, "sheets")
    active = f"(SELECT {column} FROM {table} WHERE {his})"
    found = tampered(traded, f"UPDATE {kept} SET unlinked_at = 1 WHERE id = {active}")
    assert any(f"has a {what} active that is unlinked" in sentence for sentence in found)


@pytest.mark.parametrize(("table", "his", "column", "what"), SHEETS)
def test_what_is_active_is_of_its_kind(traded, table, his, column, what):
    other = f"SELECT id FROM sheets WHERE {BOBS} AND kind || ' sheet' <> '{what}' AND kind <> 'contact'"
    if what == "contact list":
        other = f"SELECT id FROM sheets WHERE {BOBS} AND kind = 'time'"
    found = tampered(traded, f"UPDATE {table} SET {column} = ({other} LIMIT 1) WHERE {his}")
    assert len(found) == 1
    assert f"has no {what} active, but another kind" in found[0]


@pytest.mark.parametrize(
    ("statement", "said"),
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
def test_clocks_and_sheets_are_at_home(traded, statement, said):
    assert any(said in sentence for sentence in tampered(traded, statement))


def test_what_an_erased_account_had_active_may_be_unlinked(traded):
    erased = [
        "UPDATE accounts SET state = 'erased' WHERE id = 3",
        *(f"UPDATE {table} SET unlinked_at = 1 WHERE {BOBS}" for table in ("ewallets", "clocks", "sheets")),
    ]
    assert tampered(traded, *erased) == []
