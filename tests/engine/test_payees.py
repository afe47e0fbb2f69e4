"""Who is paid: contacts keep their account, given-up emails stay reserved, and look-alikes are marked."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from database_file import execute_sql, rows, violations_after, violations_in
from engine_client import EngineClient
from examples_operators import freeze, unfreeze, view_accounts
from examples_payments import pay, transfer, view_payee
from examples_sheets import new_contact, record_verb
from examples_system import cleanup
from fakes import DAY
from instructions import PASSWORD, VIEW_ACCOUNT, edit_account, login, new_account, supply, switch_account

from ewallet_core.instructions import fields
from ewallet_core.instructions.validation import accepts
from ewallet_core.lookalikes import mixes_scripts, skeleton
from ewallet_core.spelling import email_key
from ewallet_core.storage.payees import RESERVED_MS

BOB = "bob@example.org"
ID = {"request_id": "request-0001"}

each_way = pytest.mark.parametrize("give", [pay, transfer], ids=["pay", "transfer"])
named = {pay: "pay", transfer: "transfer_to"}


def contact(caller: EngineClient, record_id: int) -> dict:
    return caller.request(**record_verb("view", "contact", record=record_id))["record_data"]


def payee_of(caller: EngineClient, record_id: int) -> tuple[int | None, bool]:
    found = contact(caller, record_id)
    return found["payee_account"], found["payee_changed"]


@pytest.fixture
def stranger(supplied, bob, wallclock) -> EngineClient:
    """Someone who has registered bob's former address, 90 days after he changed it."""
    bob.request(**edit_account(user_email="robert@example.org"))
    wallclock.forward(RESERVED_MS)
    for caller, name in ((supplied, "ada"), (bob, "bob")):
        caller.credentials = {}
        caller.open_session().log_in(name)
    newcomer = EngineClient(bob.engine).open_session()
    newcomer.request(**new_account("mallory", user_email=BOB))
    newcomer.request(**login("mallory"))
    return newcomer


# Contacts


@each_way
def test_a_payment_to_a_contact_whose_address_has_a_new_owner_is_refused(
    supplied, bob, request, nothing_changes, give
):
    bobs = supplied.request(**new_contact("Bob"))["contact_record"]
    assert payee_of(supplied, bobs) == (3, False)
    supplied.request(**give(BOB, 1, payee_account=3, request_id="request-0000"))
    stranger = request.getfixturevalue("stranger")
    assert payee_of(supplied, bobs) == (3, True)
    nothing_changes()
    answer = supplied.expect_error("payee_changed", **give(BOB, 5, payee_account=3, **ID))
    assert answer["details"] == {
        "field": named[give],
        "payee_account": 4,
        "payee_name": "mallory",
        "payee_caution": None,
    }
    assert stranger.credits == 0


def test_an_own_wallet_has_no_payee(supplied, nothing_changes):
    nothing_changes()
    own = {"action": "transfer", "transfer": "credits", "to_ewallet": 2, "credits": 1}
    supplied.expect_error("arguments_clash", **own, payee_account=2)


def test_a_changed_payee_is_not_remembered_and_can_be_confirmed(supplied, stranger, wallet_url):
    bobs = supplied.request(**new_contact("Bob"))["contact_record"]
    execute_sql(wallet_url, "UPDATE contact_records SET payee_account_id = 3")
    supplied.expect_error("payee_changed", **pay(BOB, 5, payee_account=3, **ID))
    supplied.request(**pay(BOB, 5, payee_account=4, **ID))
    assert stranger.credits == 5
    # A payment by number changes no contact; saving the email again does.
    assert payee_of(supplied, bobs) == (3, True)
    supplied.request(**record_verb("edit", "contact", record_id=bobs, notes="met in May"))
    assert payee_of(supplied, bobs) == (3, True)
    supplied.request(**record_verb("edit", "contact", record_id=bobs, user_email=BOB))
    assert payee_of(supplied, bobs) == (4, False)
    # Not even the name is told of an account that can't be paid.
    EngineClient(supplied.engine).request(**freeze(BOB))
    frozen = supplied.expect_error("partner_unavailable", **pay(BOB, 5, payee_account=3))
    assert "mallory" not in str(frozen)


def test_a_contact_without_an_account_is_of_the_first_that_is_paid(supplied):
    first = supplied.request(**new_contact("Cleo", user_email="cleo@bücher.example"))["contact_record"]
    other = supplied.request(**new_contact("Dan"))["contact_record"]
    assert payee_of(supplied, first) == (None, False)
    supplied.request(**new_account("cleo", user_email="cleo@XN--BCHER-KVA.example"))
    supplied.expect_error("not_enough_credits", **pay("Cleo@BÜCHER.example", 1_000))
    assert payee_of(supplied, first) == (None, False)
    supplied.request(**record_verb("unlink", "contact", record_id=first))
    supplied.request(**pay("Cleo@BÜCHER.example", 1))
    # Also if it was removed meanwhile.
    supplied.request(**record_verb("recover", "contact", record_id=first))
    assert (payee_of(supplied, first), payee_of(supplied, other)) == ((3, False), (None, False))


def test_an_erased_payee_is_none_and_a_new_owner_of_the_address_is_noticed(
    supplied, bob, wallclock, wallet_file
):
    bobs = supplied.request(**new_contact("Bob"))["contact_record"]
    bob.request(action="unlink", unlink="account", user_pass="rubber duck tune")
    for days in (31, 90):
        wallclock.forward(days * DAY)
        EngineClient(bob.engine).request(**cleanup("accounts"))
        supplied.credentials = {}
        supplied.open_session().log_in()
        assert payee_of(supplied, bobs) == (None, False)
    supplied.request(**new_account("mallory", user_email=BOB))
    assert payee_of(supplied, bobs) == (None, True)
    # An account that can't be paid: the answer says who has the address.
    answer = supplied.expect_error("payee_changed", **pay(BOB, 1, payee_account=1))
    assert answer["details"]["payee_name"] == "mallory"
    supplied.request(**pay(BOB, 1))
    assert payee_of(supplied, bobs) == (None, True)
    supplied.engine.close()
    copy = shutil.copy(wallet_file, wallet_file.with_name("copy.sqlite3"))
    assert violations_in(copy) == []
    for statement, message in (
        ("UPDATE contact_records SET payee_account_id = 99", "of an account that doesn't exist"),
        ("UPDATE contact_records SET payee_account_id = 3", "of an account that was erased"),
        ("UPDATE accounts SET email_key = 'eve' WHERE id = 2", "found by another email than its own"),
        ("UPDATE accounts SET name_key = 'eve' WHERE id = 2", "not found by its name"),
        ("UPDATE accounts SET name_key = 'mallory 2' WHERE id = 3", "erased account 3 is found"),
    ):
        assert any(message in found for found in violations_after(copy, statement))


# Given-up emails


def test_only_its_last_account_may_take_an_email_again_within_90_days(bob, wallclock):
    wallclock.forward(DAY)
    bob.credentials = {}
    bob.open_session().log_in("bob")
    bob.request(**edit_account(user_email="robert@example.org"))
    for spelling in (BOB, "BOB@EXAMPLE.ORG"):
        bob.expect_error("email_taken", **new_account("eve", user_email=spelling))
    # Taken back, it is as if it had not been given up.
    bob.request(**edit_account(user_email="Bob@Example.org"))
    bob.request(**edit_account(user_email="robert@example.org"))
    bob.expect_error("email_taken", **new_account("eve", user_email=BOB))
    wallclock.forward(RESERVED_MS)
    bob.credentials = {}
    bob.open_session().request(**new_account("eve", user_email=BOB))


def test_only_an_email_that_others_can_know_is_reserved(supplied, bob):
    def give_up(email: str) -> bool:
        """Whether it is then reserved for bob."""
        bob.request(**edit_account(user_email=BOB))
        answer = supplied.send(**new_account(f"eve {email[:4]}", user_email=email))
        assert answer.get("code", "email_taken") == "email_taken"
        return answer["failed"]

    emails = iter(f"bob{number}@example.org" for number in count())
    bob.request(**edit_account(user_email=next(emails)))
    for email in ("victim@example.org", "other@example.org"):
        bob.request(**edit_account(user_email=email))
        # What bob does himself makes it no better known.
        bob.request(**new_contact("Me", user_email=email))
        if email.startswith("victim"):
            bob.request(**supply(5))
            bob.request(action="new", new="credit", credit="ewallet")
            bob.request(action="transfer", transfer="credits", to_ewallet=4, credits=1)
        assert not give_up(email)
        bob.request(**edit_account(user_email=next(emails)))
    bob.request(**edit_account(user_email="paid@example.org"))
    supplied.request(**pay("paid@example.org", 1))
    assert give_up("paid@example.org")
    bob.request(**edit_account(user_email="saved@example.org"))
    supplied.request(**new_contact("Bob", user_email="saved@example.org"))
    assert give_up("saved@example.org")


# One spelling


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Ada@Example.ORG", "ada@example.org", True),
        ("ada@bücher.example", "ADA@XN--BCHER-KVA.EXAMPLE", True),
        ("zoe\u0308@example.org", "zo\u00eb@example.org", True),
        ("ada@b\u00fc_cher.B\u00dcCHER.example", "ada@bu\u0308_cher.xn--bcher-kva.example", True),
        ("ada@straße.example", "ada@strasse.example", False),
        ("ada@☕.example", "ada@XN--53H.example", True),
        ("ada@i❤\N{VARIATION SELECTOR-16}.ws", "ada@xn--i-7iq.ws", True),
        ("ada@abc.example", "ada@xn--abc-.example", False),
        ("ada@xn--\u00fc.example", "ada@\u00fc.example", False),
        ("ada@example.org", "аda@example.org", False),
    ],
)
def test_an_address_has_one_spelling(one, other, is_same):
    assert (email_key(one) == email_key(other)) is is_same


def test_an_address_in_another_spelling_is_the_same_everywhere(supplied, wallclock):
    spelled, other = "zoë@bücher.example", "ZOE\u0308@XN--BCHER-KVA.example"
    supplied.request(**new_account("zoe", user_email=spelled))
    supplied.expect_error("email_taken", **new_account("eve", user_email=other))
    assert supplied.request(**view_payee(other))["payee"] == spelled
    supplied.request(**pay(other, 5))
    supplied.request(action="login", user_email=other, user_pass="rubber duck tune")
    supplied.expect_error("own_account", **pay(other, 1))
    supplied.request(**switch_account("ada@example.org"))
    assert supplied.request(**switch_account(other))["account"] == spelled
    found = supplied.request(action="search", search="records", text="bücher", kind="transfer")
    assert found["rows"] == []
    supplied.request(**switch_account("ada@example.org"))
    for text in ("@Bücher", "bücher", "@xn--bcher-kva.example", "BU\u0308CHER.example"):
        found = supplied.request(action="search", search="records", text=text, kind="transfer")
        assert len(found["rows"]) == 1, text
    sharp = "stra\N{LATIN SMALL LETTER SHARP S}e"
    supplied.request(**new_account("sam", user_email=f"sam@{sharp}.example"))
    supplied.request(**new_account("tom", user_email="tom@XN--BCHER-KVA.org"))
    supplied.request(**pay(f"sam@{sharp}.example", 1))
    supplied.request(**pay("tom@bücher.org", 1))
    operator = EngineClient(supplied.engine)
    for text in (f"sam@{sharp}", sharp, "tom@xn--bcher", "Tom@XN--BCHER-KVA.org", "tom@bücher"):
        found = supplied.request(action="search", search="records", text=text, kind="transfer")
        assert len(found["rows"]) == 1, text
        assert len(operator.request(**view_accounts(text=text))["accounts"]) == 1, text
    for _ in range(3):
        supplied.expect_error("login_refused", action="login", user_email=spelled, user_pass="wrong")
    supplied.expect_error("throttled", action="login", user_email=other, user_pass="wrong")


@pytest.fixture
def two_spellings(tmp_path) -> Path:
    """A wallet file of the third release, in which emails were compared letter by letter."""
    file = tmp_path / "kept.sqlite3"
    dump = Path(__file__).parents[1] / "released_schemas" / "schema-0003.sql"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(dump.read_text())
        for id, email, key in (
            (2, "ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
            (3, "ada@bücher.example", "ada@bücher.example"),
        ):
            connection.execute("UPDATE accounts SET email = ?, email_key = ? WHERE id = ?", (email, key, id))
        connection.execute("UPDATE accounts SET name = 'аda', name_key = 'аda' WHERE id = 3")
        for position, email in enumerate(
            ("Ada@Bücher.example", "ADA@xn--bcher-kva.example", "ada@bücher\N{IDEOGRAPHIC FULL STOP}example"),
            start=1,
        ):
            connection.execute(
                "INSERT INTO contact_records (sheet_id, account_id, position, reference, name, email, phone,"
                " notes, created_at, written_at)"
                " SELECT id, 1, ?, 'Ada', 'Ada', ?, '', '', 1, 1"
                " FROM sheets WHERE kind = 'contact' AND account_id = 1",
                (position, email),
            )
    return file


def test_where_two_accounts_had_one_email_the_older_keeps_it(two_spellings, open_engine):
    file = two_spellings
    engine = open_engine(database_url=f"sqlite:///{file}")
    assert violations_in(file) == []
    columns = "id, email_key, name_skeleton, name_looks_like_id, email_looks_like_id"
    assert [tuple(row.values()) for row in rows(file, f"SELECT {columns} FROM accounts WHERE id > 1")] == [
        (2, "ada@bücher.example", "ada", None, None),
        (3, None, "ada", 2, None),
    ]
    # A contact is of the account that had exactly its address.
    assert [row["payee_account_id"] for row in rows(file, "SELECT * FROM contact_records")] == [3, 2, 2]
    newer = EngineClient(engine).open_session().log_in("аda")
    assert newer.request(**VIEW_ACCOUNT)["account_data"]["must_change_email"] is True
    assert newer.request(action="view", view="overview")["account_data"]["must_change_email"] is True
    # Its address is the older account's, for payments and for logins.
    assert newer.request(**view_payee("ada@bücher.example"))["payee_account"] == 2
    newer.expect_error("login_refused", action="login", user_email="ada@bücher.example", user_pass="wrong")
    newer.expect_error("email_taken", **edit_account(user_email="ada@bücher.example"))
    # An operator who names it by its own spelling means it, not the older account.
    operator = EngineClient(engine)
    assert operator.request(**freeze("ada@bücher.example"))["account"] == "ada@bücher.example"
    assert rows(file, "SELECT state FROM accounts WHERE id = 2") == [{"state": "active"}]
    operator.request(**unfreeze("ada@bücher.example"))
    changed = newer.request(**edit_account(user_email="ada2@example.org"))
    assert (changed["edit"]["user_email"], changed["account_data"]["must_change_email"]) == (True, False)
    assert rows(file, "SELECT * FROM reserved_emails") == []


@pytest.mark.parametrize("is_known", [True, False])
def test_an_email_that_the_older_account_gave_up_becomes_the_newers(
    two_spellings, open_engine, wallclock, is_known
):
    engine = open_engine(database_url=f"sqlite:///{two_spellings}")
    newers_key = "SELECT email_key FROM accounts WHERE id = 3"
    if not is_known:
        execute_sql(two_spellings, "DELETE FROM contact_records")
        execute_sql(two_spellings, f"UPDATE accounts SET email_since = {wallclock.now} WHERE id = 2")
    older = EngineClient(engine).open_session().log_in("ada")
    older.request(**edit_account(user_email="ada3@example.org"))
    if is_known:
        # It is kept for the older account.
        assert rows(two_spellings, newers_key) == [{"email_key": None}]
        assert violations_in(two_spellings) == []
        wallclock.forward(90 * DAY)
        EngineClient(engine).request(**cleanup("accounts"))
    assert rows(two_spellings, newers_key) == [{"email_key": "ada@bücher.example"}]
    assert violations_in(two_spellings) == []
    newer = EngineClient(engine).open_session()
    newer.request(action="login", user_email="ada@bücher.example", user_pass=PASSWORD)
    assert newer.request(**VIEW_ACCOUNT)["account_data"]["must_change_email"] is False


# Look-alikes


@pytest.mark.parametrize(
    ("text", "is_mixed"),
    [
        ("ada", False),
        ("аda", True),
        ("Иван", False),
        ("иван@example.org", False),
        ("ada@exаmple.org", True),
        ("東京タワー Tower", False),
        ("서울 Seoul", False),
        ("Ζoë", True),
        ("ʻokina", False),
    ],
)
def test_scripts_that_nobody_mixes_are_found(text, is_mixed):
    assert mixes_scripts(text) is is_mixed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("аdа", "ada"),
        ("сосо", "coco"),
        ("bo0", "boO"),
        ("Ilya", "llya"),
        ("corn", "com"),
        ("VVilma", "Wilma"),
    ],
)
def test_names_that_look_alike_have_one_skeleton(one, other):
    assert skeleton(one) == skeleton(other)


def test_an_account_that_can_be_mistaken_for_another_is_marked(supplied):
    for name, caution in (("сосо", None), ("coco", "lookalike"), ("cocо", "mixed_scripts"), ("dan", None)):
        email = f"{len(name)}{caution}@example.org"
        supplied.request(**new_account(name, user_email=email))
        assert supplied.request(**view_payee(email))["payee_caution"] == caution
    supplied.request(**new_account("eve", user_email="ada@exarnple.org"))
    assert supplied.request(**view_payee("ada@exarnple.org"))["payee_caution"] == "lookalike"
    record = supplied.request(**new_contact("Eve", user_email="ada@exarnple.org"))["contact_record"]
    assert contact(supplied, record)["payee_caution"] == "lookalike"
    # The mark goes with the likeness, of either.
    supplied.request(**edit_account(user_email="countess@example.org"))
    assert contact(supplied, record)["payee_caution"] is None
    supplied.request(**login("eve"))
    supplied.request(**edit_account(user_name="соuntess", user_email="cоuntess@example.org"))
    assert supplied.request(**view_payee("cоuntess@example.org"))["payee_caution"] == "mixed_scripts"


def test_a_likeness_is_marked_on_those_who_took_it_later_and_as_long_as_one_before_has_it(supplied):
    def mark(name: str) -> str | None:
        return supplied.request(**view_payee(emails[name]))["payee_caution"]

    def change(name: str, **names: str) -> None:
        supplied.request(**login(name))
        supplied.request(**edit_account(**names))
        emails[name] = names.get("user_email", emails[name])
        supplied.request(**switch_account(emails["ada"]))

    emails = {"ada": "ada@example.org"}
    for name, email in (
        ("Mallory", "ma11ory@x.example"),
        ("Moonland", "moonland@x.example"),
        ("Mo0nland", "mallory@x.example"),
        ("M00nland", "moon@x.example"),
        ("ad\N{CYRILLIC SMALL LETTER A}", "other@x.example"),
    ):
        supplied.request(**new_account(name, user_email=email))
        emails[name] = email
    assert [mark(name) for name in ("Moonland", "Mo0nland", "M00nland")] == [
        None,
        "lookalike",
        "lookalike",
    ]
    # The name is a likeness of its own, whatever becomes of the email's.
    change("Mallory", user_email="else@x.example")
    assert mark("Mo0nland") == "lookalike"
    # Who was first stays it, also after a change of something else or of no looks.
    change("ada", user_email="countess@x.example")
    change("Moonland", user_email="mo0nland@x.example", user_name="MOONLAND")
    assert [mark(name) for name in ("ada", "Moonland", "M00nland")] == [None, None, "lookalike"]
    # Of several, each is marked until none before it is left.
    change("Mo0nland", user_name="Eve")
    assert (mark("M00nland"), mark("Mo0nland")) == ("lookalike", None)
    emails["MOONLAND"] = emails["Moonland"]
    change("MOONLAND", user_name="Vera")
    assert mark("M00nland") is None


ZWJ, ZWNJ = "\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"


@pytest.mark.parametrize(
    ("name", "is_accepted"),
    [
        (f"\u0dc1\u0dca{ZWJ}\u0dbb\u0dd3", True),  # Sri, in Sinhala
        (f"\u0645\u06cc{ZWNJ}\u062e\u0648\u0627\u0647\u0645", True),  # Persian
        (f"\u0915\u094d{ZWNJ}\u0937", True),  # Devanagari
        (f"ad{ZWNJ}a", False),
        (f"ad{ZWJ}a", False),
        (f"{ZWNJ}ada", False),
        (f"\u0645{ZWNJ}", False),
    ],
)
def test_joiners_are_accepted_where_a_name_needs_them(name, is_accepted):
    for kind in (fields.UserName, fields.ContactName, fields.Reference, fields.NameOrEmail):
        assert accepts(kind, name) is is_accepted
    assert accepts(fields.Email, f"{name}@example.org") is is_accepted


def test_a_name_with_a_joiner_can_be_registered_and_paid(supplied):
    name = f"\u0dc1\u0dca{ZWJ}\u0dbb\u0dd3"
    supplied.request(**new_account(name, user_email="sri@example.org"))
    assert supplied.request(**view_payee("sri@example.org"))["payee_name"] == name
    supplied.request(**login(name))
    supplied.request(**supply(5))
