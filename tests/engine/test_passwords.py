"""Passwords: how they are kept, when their hashes are renewed, and what a new one changes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest
from database_file import rows
from engine_client import EngineClient
from instructions import (
    ANOTHER_PASSWORD,
    KEEP_SESSION_TOKEN,
    PASSWORD,
    VIEW_ACCOUNT,
    edit_account,
    login,
    new_account,
)

from ewallet_core.security import throttle
from ewallet_core.security.passwords import Passwords

WRONG = login(password="wrong")


def test_a_password_is_taken_to_the_letter(registered):
    registered.is_refused("login_refused", **login(password=PASSWORD.upper()))
    registered.is_refused("login_refused", **login(password=f"{PASSWORD} "))


def test_a_password_is_kept_only_hashed(registered, wallet_file):
    beside = [wallet_file, *wallet_file.parent.glob(f"{wallet_file.name}-*")]
    kept = b"".join(file.read_bytes() for file in beside)
    assert b"$argon2id$" in kept
    assert PASSWORD.encode() not in kept


# New passwords


def test_a_new_password_takes_the_place_of_the_old_one(ada):
    ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    ada.is_refused("login_refused", **login())
    ada.asks_ok(**login(password=ANOTHER_PASSWORD))


def test_a_new_password_ends_the_accounts_other_sessions(ada):
    elsewhere = EngineClient(ada.engine).opens_a_session().logs_in()
    ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    elsewhere.is_refused("session_unknown", **KEEP_SESSION_TOKEN)
    ada.asks_ok(**VIEW_ACCOUNT)


def test_a_new_password_ends_no_session_of_another_account(ada, bob):
    ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    bob.asks_ok(**VIEW_ACCOUNT)


def test_an_edit_without_a_password_ends_no_session(ada):
    elsewhere = EngineClient(ada.engine).opens_a_session().logs_in()
    ada.asks_ok(**edit_account(user_phone="1"))
    elsewhere.asks_ok(**VIEW_ACCOUNT)


def test_a_wrong_old_password_changes_none(ada):
    answer = ada.is_refused("wrong_password", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong"))
    assert answer["details"] == {"field": "old_pass"}
    ada.asks_ok(**login())


@pytest.mark.parametrize("common", ["password", "Password", "12345678", "iloveyou", "trustno1"])
def test_a_password_that_everybody_tries_first_is_refused(visitor, common):
    answer = visitor.is_refused("common_password", **new_account(user_pass=common))
    assert answer["details"] == {"field": "user_pass"}


# Hashes


@pytest.fixture
def dearer(open_engine):
    """An engine of a later day, when hashes cost twice as much."""
    return open_engine(passwords=Passwords(argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)))


def hash_of_ada(file) -> str:
    return rows(file, "SELECT password_hash FROM accounts WHERE name = 'ada'")[0]["password_hash"]


def test_a_hash_of_old_parameters_is_renewed_at_the_next_login(ada, dearer, wallet_file):
    assert "t=1" in hash_of_ada(wallet_file)
    ada.at(dearer).asks_ok(**login())
    assert "t=2" in hash_of_ada(wallet_file)
    ada.asks_ok(**login())


def test_a_hash_of_todays_parameters_stays(ada, wallet_file):
    before = hash_of_ada(wallet_file)
    ada.asks_ok(**login())
    assert hash_of_ada(wallet_file) == before


def test_a_wrong_password_renews_no_hash(ada, dearer, wallet_file):
    before = hash_of_ada(wallet_file)
    ada.at(dearer).is_refused("login_refused", **WRONG)
    assert hash_of_ada(wallet_file) == before


class Interrupted(argon2.PasswordHasher):
    """A hasher so slow that something else happens while it works, once."""

    meanwhile = None

    def verify(self, hashed, password):
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        return super().verify(hashed, password)


@pytest.fixture
def slow() -> Interrupted:
    return Interrupted(time_cost=2, memory_cost=8, parallelism=1)


def test_who_has_to_wait_is_refused_before_any_hashing(registered, open_engine, slow):
    hasty = registered.at(open_engine(passwords=Passwords(slow)))
    for _ in range(3):
        hasty.is_refused("login_refused", **WRONG)
    slow.meanwhile = lambda: pytest.fail("a password was checked")
    hasty.is_refused("throttled", **login())


def test_who_guesses_many_times_at_once_is_not_spared_the_wait(registered, open_engine, slow):
    def guess() -> None:
        other = EngineClient(registered.engine).opens_a_session()
        for _ in range(3):
            other.is_refused("login_refused", **WRONG)

    slow.meanwhile = guess
    registered.at(open_engine(passwords=Passwords(slow))).is_refused("throttled", **login())


def test_what_a_client_sends_waits_for_what_it_sent_before(registered, open_engine, slow):
    hasty = registered.at(open_engine(passwords=Passwords(slow)))
    with ThreadPoolExecutor(1) as thread:
        sent = []

        def look_at_the_account() -> None:
            sent.append(thread.submit(hasty.ask, **VIEW_ACCOUNT))
            with pytest.raises(TimeoutError):
                sent[0].result(timeout=0.2)

        slow.meanwhile = look_at_the_account
        hasty.asks_ok(**login())
    assert sent[0].result()["account"] == "ada@example.org"


def test_two_logins_that_renew_the_hash_at_once_are_both_accepted(ada, dearer, open_engine, slow):
    other = EngineClient(open_engine(passwords=Passwords(slow))).opens_a_session()
    slow.meanwhile = lambda: ada.at(dearer).asks_ok(**login())
    other.asks_ok(**login())


def test_a_login_with_a_password_that_is_changed_meanwhile_is_refused(ada, open_engine, slow):
    other = EngineClient(open_engine(passwords=Passwords(slow))).opens_a_session()
    slow.meanwhile = lambda: ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    other.is_refused("login_refused", **login())
    other.asks_ok(**login(password=ANOTHER_PASSWORD))


def test_a_password_that_is_changed_meanwhile_is_not_changed_with_the_old_one(ada, open_engine, slow):
    other = ada.at(open_engine(passwords=Passwords(slow)))
    slow.meanwhile = lambda: ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    other.is_refused("wrong_password", **edit_account(user_pass="a third password", old_pass=PASSWORD))


def test_a_name_that_is_taken_meanwhile_is_not_taken_twice(visitor, open_engine, slow):
    class SlowToHash(Interrupted):
        def hash(self, password, **more):
            happens, self.meanwhile = self.meanwhile, None
            if happens is not None:
                happens()
            return super().hash(password, **more)

    hasher = SlowToHash(time_cost=1, memory_cost=8, parallelism=1)
    other = visitor.at(open_engine(passwords=Passwords(hasher)))
    third = EngineClient(visitor.engine).opens_a_session()
    hasher.meanwhile = lambda: third.asks_ok(**new_account())
    other.is_refused("name_taken", **new_account(user_email="other@example.org"))


def test_guessing_the_old_password_from_many_sessions_has_to_wait_too(ada, engine):
    others = [EngineClient(engine).opens_a_session().logs_in() for _ in range(6)]
    guess = {"action": "edit", "edit": "account", "user_pass": "another four words", "old_pass": "a guess"}
    together = threading.Barrier(len(others))

    def guessed(other):
        together.wait()
        return other.ask(**guess)["code"]

    with ThreadPoolExecutor(len(others)) as pool:
        codes = list(pool.map(guessed, others))
    assert codes.count("wrong_password") == throttle.FREE_FAILURES


@pytest.mark.parametrize("user_pass", [PASSWORD, "another one altogether"], ids=["right", "wrong"])
def test_a_common_new_password_does_not_tell_whether_the_old_one_is_right(ada, nothing_changes, user_pass):
    nothing_changes()
    weak = {"user_pass": user_pass, "new_pass": "password1"}
    ada.is_refused("common_password", action="login", user_name="ada", **weak)
    ada.is_refused("common_password", **edit_account(old_pass=user_pass, user_pass="password1"))


def test_a_password_is_the_same_from_whatever_keyboard_it_comes(registered):
    registered.asks_ok(**new_account("zoe", user_pass="un caf\u00e9 noir"))
    registered.asks_ok(**login("zoe", "un cafe\u0301 noir"))


def test_an_old_password_without_a_new_one_is_not_passed_over(ada, nothing_changes):
    nothing_changes()
    answer = ada.is_refused("missing_argument", **edit_account(old_pass=PASSWORD, user_alias="countess"))
    assert answer["details"] == {"field": "user_pass"}


def test_a_new_password_is_another_one(ada, nothing_changes):
    nothing_changes()
    ada.is_refused("bad_value", **edit_account(old_pass=PASSWORD, user_pass=PASSWORD))
