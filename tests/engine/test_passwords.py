"""Passwords: storage, rehashing, concurrent changes and the effects of a new one."""

from __future__ import annotations

import itertools
import sys
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
from ewallet_core.security.common_passwords import is_common_password
from ewallet_core.security.passwords import Passwords

WRONG = login(password="wrong")


def test_a_password_must_match_exactly(registered):
    registered.expect_error("login_refused", **login(password=PASSWORD.upper()))
    registered.expect_error("login_refused", **login(password=f"{PASSWORD} "))


def test_only_the_hash_of_a_password_is_stored(registered, wallet_file):
    beside = [wallet_file, *wallet_file.parent.glob(f"{wallet_file.name}-*")]
    kept = b"".join(file.read_bytes() for file in beside)
    assert b"$argon2id$" in kept
    assert PASSWORD.encode() not in kept


# New passwords


def test_a_new_password_replaces_the_old_one(ada):
    ada.request(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    ada.expect_error("login_refused", **login())
    ada.request(**login(password=ANOTHER_PASSWORD))


def test_a_new_password_ends_the_accounts_other_sessions(ada):
    elsewhere = EngineClient(ada.engine).open_session().log_in()
    ada.request(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    elsewhere.expect_error("session_unknown", **KEEP_SESSION_TOKEN)
    ada.request(**VIEW_ACCOUNT)


def test_a_new_password_ends_no_session_of_another_account(ada, bob):
    ada.request(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    bob.request(**VIEW_ACCOUNT)


def test_an_edit_without_a_password_ends_no_session(ada):
    elsewhere = EngineClient(ada.engine).open_session().log_in()
    ada.request(**edit_account(user_phone="1"))
    elsewhere.request(**VIEW_ACCOUNT)


def test_a_wrong_old_password_changes_nothing(ada):
    answer = ada.expect_error("wrong_password", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong"))
    assert answer["details"] == {"field": "old_pass"}
    ada.request(**login())


@pytest.mark.parametrize("common", ["password", "Password", "12345678", "iloveyou", "trustno1"])
def test_a_common_password_is_refused(visitor, common):
    answer = visitor.expect_error("common_password", **new_account(user_pass=common))
    assert answer["details"] == {"field": "user_pass"}


@pytest.mark.parametrize(
    "guessable",
    [
        "p@$$w0rd",
        "m0nk3ym0nk3y",
        "drowssap",
        "PASSWORD" * 9,
        "abcdefghij",
        "zyxwvuts",
        "acegikmo",
        "mnopqrstu",
        "a" * 1_024,
        "ab" * 100,
        "147147147",
        "19841984",
    ],
    ids=lambda guessable: guessable[:12],
)
def test_a_password_that_is_guessed_in_a_few_tries_is_common(guessable):
    assert is_common_password(guessable)


@pytest.mark.parametrize(
    "password",
    [PASSWORD, ANOTHER_PASSWORD, "passwordpassword and more", "x7Kq9-mzPw", "\U0001f511 tür schlüssel"],
)
def test_another_password_is_not_common(password):
    assert not is_common_password(password)


def steps_to_judge(password: str) -> int:
    """How many lines of Python are carried out to judge the password."""
    steps = itertools.count()

    def count_lines(_frame, event, _argument):
        if event == "line":
            next(steps)
        return count_lines

    before = sys.gettrace()
    sys.settrace(count_lines)
    try:
        is_common_password(password)
    finally:
        sys.settrace(before)
    return next(steps)


@pytest.mark.parametrize(
    "crafted", ["4@8({[<369!1|70$5+7%2", "qwertyuiop", "1.1.11", "aabaab", "12345678901"]
)
def test_a_crafted_password_is_judged_in_steps_in_proportion_to_its_length(crafted):
    is_common_password(crafted)  # the lists are read once
    assert steps_to_judge((crafted * 1_024)[:1_023]) < 8 * 1_024


# Hashes


@pytest.fixture
def costlier(open_engine):
    """An engine whose hashes cost twice as much."""
    return open_engine(passwords=Passwords(argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)))


def hash_of_ada(file) -> str:
    return rows(file, "SELECT password_hash FROM accounts WHERE name = 'ada'")[0]["password_hash"]


def test_a_hash_with_old_parameters_is_renewed_at_the_next_login(ada, costlier, wallet_url):
    assert "t=1" in hash_of_ada(wallet_url)
    ada.at(costlier).request(**login())
    assert "t=2" in hash_of_ada(wallet_url)
    ada.request(**login())


def test_a_hash_with_current_parameters_is_not_renewed(ada, wallet_url):
    before = hash_of_ada(wallet_url)
    ada.request(**login())
    assert hash_of_ada(wallet_url) == before


def test_a_wrong_password_renews_no_hash(ada, costlier, wallet_url):
    before = hash_of_ada(wallet_url)
    ada.at(costlier).expect_error("login_refused", **WRONG)
    assert hash_of_ada(wallet_url) == before


class Interrupted(argon2.PasswordHasher):
    """A hasher that calls `meanwhile` once, before it verifies."""

    meanwhile = None

    def verify(self, hashed, password):
        callback, self.meanwhile = self.meanwhile, None
        if callback is not None:
            callback()
        return super().verify(hashed, password)


@pytest.fixture
def slow() -> Interrupted:
    return Interrupted(time_cost=2, memory_cost=8, parallelism=1)


class Noting(argon2.PasswordHasher):
    """A hasher that keeps the hashes that it verified, and makes none."""

    def __init__(self) -> None:
        super().__init__(time_cost=2, memory_cost=8, parallelism=1)
        self.verified = []

    def hash(self, password):
        pytest.fail("a password was hashed")

    def verify(self, hashed, password):
        self.verified.append(argon2.extract_parameters(hashed))
        return super().verify(hashed, password)


def test_the_password_of_no_account_costs_one_check_at_the_usual_cost(registered, open_engine):
    hasher = Noting()
    client = registered.at(open_engine(passwords=Passwords(hasher)))
    client.expect_error("login_refused", **login("of-no-account"))
    assert [(each.time_cost, each.memory_cost, each.parallelism) for each in hasher.verified] == [(2, 8, 1)]


def test_a_throttled_login_is_refused_before_hashing(registered, open_engine, slow):
    client = registered.at(open_engine(passwords=Passwords(slow)))
    for _ in range(3):
        client.expect_error("login_refused", **WRONG)
    slow.meanwhile = lambda: pytest.fail("a password was checked")
    client.expect_error("throttled", **login())


def test_concurrent_wrong_passwords_are_throttled(registered, open_engine, slow):
    def guess() -> None:
        other = EngineClient(registered.engine).open_session()
        for _ in range(3):
            other.expect_error("login_refused", **WRONG)

    slow.meanwhile = guess
    registered.at(open_engine(passwords=Passwords(slow))).expect_error("throttled", **login())


def test_requests_of_one_client_are_answered_in_order(registered, open_engine, slow):
    client = registered.at(open_engine(passwords=Passwords(slow)))
    with ThreadPoolExecutor(1) as thread:
        sent = []

        def view_account() -> None:
            sent.append(thread.submit(client.send, **VIEW_ACCOUNT))
            with pytest.raises(TimeoutError):
                sent[0].result(timeout=0.2)

        slow.meanwhile = view_account
        client.request(**login())
    assert sent[0].result()["account"] == "ada@example.org"


def test_two_concurrent_logins_that_renew_the_hash_are_both_accepted(ada, costlier, open_engine, slow):
    other = EngineClient(open_engine(passwords=Passwords(slow))).open_session()
    slow.meanwhile = lambda: ada.at(costlier).request(**login())
    other.request(**login())


def test_a_login_with_a_concurrently_changed_password_is_refused(ada, open_engine, slow):
    other = EngineClient(open_engine(passwords=Passwords(slow))).open_session()
    slow.meanwhile = lambda: ada.request(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    other.expect_error("login_refused", **login())
    other.request(**login(password=ANOTHER_PASSWORD))


def test_a_concurrently_changed_password_can_not_be_changed_with_the_old_one(ada, open_engine, slow):
    other = ada.at(open_engine(passwords=Passwords(slow)))
    slow.meanwhile = lambda: ada.request(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))
    other.expect_error("wrong_password", **edit_account(user_pass="a third password", old_pass=PASSWORD))


def test_a_name_that_is_taken_concurrently_is_refused(visitor, open_engine, slow):
    class SlowToHash(Interrupted):
        def hash(self, password, **more):
            callback, self.meanwhile = self.meanwhile, None
            if callback is not None:
                callback()
            return super().hash(password, **more)

    hasher = SlowToHash(time_cost=1, memory_cost=8, parallelism=1)
    other = visitor.at(open_engine(passwords=Passwords(hasher)))
    third = EngineClient(visitor.engine).open_session()
    hasher.meanwhile = lambda: third.request(**new_account())
    other.expect_error("name_taken", **new_account(user_email="other@example.org"))


def test_wrong_old_passwords_from_many_sessions_are_throttled(ada, engine):
    others = [EngineClient(engine).open_session().log_in() for _ in range(6)]
    guess = {"action": "edit", "edit": "account", "user_pass": "another four words", "old_pass": "a guess"}
    together = threading.Barrier(len(others))

    def guessed(other):
        together.wait()
        return other.send(**guess)["code"]

    with ThreadPoolExecutor(len(others)) as pool:
        codes = list(pool.map(guessed, others))
    assert codes.count("wrong_password") == throttle.FREE_FAILURES


@pytest.mark.parametrize("user_pass", [PASSWORD, "another one altogether"], ids=["right", "wrong"])
def test_a_common_new_password_does_not_reveal_whether_the_old_one_is_right(ada, nothing_changes, user_pass):
    nothing_changes()
    weak = {"user_pass": user_pass, "new_pass": "password1"}
    ada.expect_error("common_password", action="login", user_name="ada", **weak)
    ada.expect_error("common_password", **edit_account(old_pass=user_pass, user_pass="password1"))


def test_a_password_is_compared_in_normalized_form(registered):
    registered.request(**new_account("zoe", user_pass="un caf\u00e9 noir"))
    registered.request(**login("zoe", "un cafe\u0301 noir"))


def test_an_old_password_without_a_new_one_is_refused(ada, nothing_changes):
    nothing_changes()
    answer = ada.expect_error("missing_argument", **edit_account(old_pass=PASSWORD, user_alias="countess"))
    assert answer["details"] == {"field": "user_pass"}


def test_a_new_password_must_differ_from_the_old_one(ada, nothing_changes):
    nothing_changes()
    ada.expect_error("bad_value", **edit_account(old_pass=PASSWORD, user_pass=PASSWORD))
