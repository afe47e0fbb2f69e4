"""Logging in: names, throttling of failures, and accounts that can't be used."""

from __future__ import annotations

import pytest
from database_file import rows, set_account_state
from engine_client import EngineClient
from fakes import DAY, HOUR, MINUTE, SECOND
from instructions import (
    ANOTHER_PASSWORD,
    LOGOUT,
    PASSWORD,
    VIEW_ACCOUNT,
    VIEW_WALLET,
    edit_account,
    login,
    supply,
    switch_account,
)

from ewallet_core.security import throttle
from ewallet_core.storage.logins import MOST_ORIGINS

WRONG = login(password="wrong")


def fails(caller: EngineClient, times: int, name: str = "ada") -> None:
    for _ in range(times):
        caller.expect_error("login_refused", **login(name, "wrong"))


# Names


@pytest.mark.parametrize(
    "who",
    [
        {"user_name": "ada"},
        {"user_name": "ADA"},
        {"user_name": "\uff21da"},  # a full-width A
        {"user_email": "ada@example.org"},
        {"user_email": "Ada@EXAMPLE.org"},
    ],
    ids=str,
)
def test_names_and_emails_ignore_case(registered, who):
    assert registered.request(action="login", user_pass=PASSWORD, **who)["account"] == "ada@example.org"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(registered):
    answer = registered.expect_error("login_refused", **WRONG)
    assert answer == registered.expect_error("login_refused", **login("nobody"))


def test_the_system_core_account_can_not_be_logged_in_to(registered):
    for password in ("", "nobody's password", PASSWORD):
        registered.expect_error("login_refused", **login("System core", password))


# Failures


def test_a_login_is_throttled_after_three_failures(registered, wallclock):
    fails(registered, 3)
    answer = registered.expect_error("throttled", **login())
    assert answer["details"] == {"retry_after_ms": SECOND}
    assert answer["warning"] == "Try again in 1 second."
    wallclock.forward(SECOND - 1)
    assert registered.expect_error("throttled", **login())["details"] == {"retry_after_ms": 1}
    wallclock.forward(1)
    registered.request(**login())


def test_a_login_is_not_throttled_after_two_failures(registered):
    fails(registered, 2)
    registered.request(**login())


def test_each_further_failure_doubles_the_wait_up_to_15_minutes(registered, wallclock):
    fails(registered, 2)
    waits = []
    for _ in range(12):
        fails(registered, 1)
        waits.append(registered.expect_error("throttled", **login())["details"]["retry_after_ms"])
        wallclock.forward(waits[-1])
        registered.credentials = EngineClient(registered.engine).open_session().credentials
    assert waits == [SECOND * 2**doubled for doubled in range(10)] + [15 * MINUTE] * 2


def test_throttled_logins_are_not_counted(registered, wallclock):
    fails(registered, 3)
    for _ in range(10):
        registered.expect_error("throttled", **WRONG)
    wallclock.forward(SECOND)
    registered.request(**login())


def test_an_unknown_name_is_throttled_alike(registered):
    fails(registered, 3, "nobody")
    answer = registered.expect_error("throttled", **login("nobody"))
    fails(registered, 3)
    assert answer == registered.expect_error("throttled", **login())


def test_throttling_ignores_case(registered):
    fails(registered, 1, "ada")
    fails(registered, 1, "ADA")
    fails(registered, 1, "Ada")
    registered.expect_error("throttled", **login("aDA"))


def test_a_successful_login_resets_the_count(registered):
    fails(registered, 2)
    registered.request(**login())
    fails(registered, 2)
    registered.request(**login())


def test_each_name_is_throttled_separately(registered):
    fails(registered.register("bob"), 3)
    registered.request(**login("bob"))


def test_each_address_is_throttled_separately(registered):
    stranger = EngineClient(registered.engine, address="192.0.2.7").open_session()
    fails(stranger, 3)
    stranger.expect_error("throttled", **login())
    registered.request(**login())


def guesser(engine, address: str) -> EngineClient:
    return EngineClient(engine, address=address).open_session()


def codes_of_guesses(engine, addresses, name: str = "ada") -> list[str]:
    return [guesser(engine, address).send(**login(name, "wrong"))["code"] for address in addresses]


def test_the_addresses_of_one_ipv6_network_are_throttled_together(registered):
    addresses = [f"2001:db8:1:2:{number:x}::7" for number in range(1, 8)]
    codes = codes_of_guesses(registered.engine, addresses)
    assert codes == ["login_refused"] * 3 + ["throttled"] * 4
    guesser(registered.engine, "2001:db8:1:3::7").request(**login())


def test_an_ipv4_address_in_ipv6_form_is_throttled_as_the_same(registered):
    codes = codes_of_guesses(registered.engine, ["192.0.2.7", "::ffff:192.0.2.7"] * 2)
    assert codes == ["login_refused"] * 3 + ["throttled"]


def networks(count: int) -> list[str]:
    return [f"198.51.{number // 200}.{number % 200}" for number in range(count)]


def test_one_name_that_is_guessed_from_many_networks_is_slowed_down(registered, wallclock):
    codes = codes_of_guesses(registered.engine, networks(40))
    assert codes.count("login_refused") == throttle.HOURLY_OF_KEY
    wait = guesser(registered.engine, "203.0.113.1").expect_error("throttled", **WRONG)
    assert wait["details"] == {"retry_after_ms": HOUR // throttle.HOURLY_OF_KEY}
    wallclock.forward(HOUR // throttle.HOURLY_OF_KEY)
    # One more attempt is free by now, and no second one.
    assert codes_of_guesses(registered.engine, networks(2)) == ["login_refused", "throttled"]


def test_an_unknown_name_that_is_guessed_from_many_networks_waits_as_long(registered):
    for name in ("ada", "nobody"):
        codes_of_guesses(registered.engine, networks(throttle.HOURLY_OF_KEY), name)
    waits = [
        guesser(registered.engine, "203.0.113.1").expect_error("throttled", **login(name, "wrong"))
        for name in ("ada", "nobody")
    ]
    assert waits[0] == waits[1]


def test_guesses_from_elsewhere_do_not_lock_out_the_owner_at_a_known_network(registered):
    guesser(registered.engine, "2001:db8:1:2::7").request(**login())
    codes_of_guesses(registered.engine, networks(40))
    guesser(registered.engine, "203.0.113.1").expect_error("throttled", **login())
    guesser(registered.engine, "2001:db8:1:2::8").request(**login())


def test_guesses_at_the_same_address_do_not_lock_out_a_client_that_was_logged_in(registered):
    owner = guesser(registered.engine, "192.0.2.7").log_in()
    owner.request(**LOGOUT)
    codes = codes_of_guesses(registered.engine, ["192.0.2.7"] * 5)
    assert codes == ["login_refused"] * 3 + ["throttled"] * 2
    owner.request(**login())


def test_a_client_that_was_logged_in_is_throttled_for_its_own_failures(registered):
    owner = guesser(registered.engine, "192.0.2.7").log_in()
    fails(owner, 3)
    owner.expect_error("throttled", **login())


def test_guesses_with_the_tokens_of_a_client_do_not_lock_it_out_at_a_known_network(registered):
    owner = guesser(registered.engine, "192.0.2.7").log_in()
    thief = EngineClient(registered.engine, owner.credentials, "203.0.113.1")
    fails(thief, 3)
    thief.expect_error("throttled", **login())
    owner.request(**login())


def test_a_login_clears_the_failures_of_a_known_client_at_a_known_network(registered):
    owner = guesser(registered.engine, "192.0.2.7").log_in()
    for _ in range(3):
        fails(owner, 2)
        owner.request(**login())


def test_a_client_that_was_logged_in_to_another_account_is_throttled(registered):
    registered.register("bob")
    stranger = guesser(registered.engine, "192.0.2.7").log_in("bob")
    codes_of_guesses(registered.engine, networks(40))
    stranger.expect_error("throttled", **login())


def test_a_network_is_known_for_30_days(registered, wallclock):
    guesser(registered.engine, "192.0.2.7").request(**login())
    wallclock.forward(30 * DAY)
    codes_of_guesses(registered.engine, networks(40))
    guesser(registered.engine, "192.0.2.7").expect_error("throttled", **login())


def test_a_network_stays_known_if_a_program_logs_in_elsewhere_with_many_clients(registered, wallclock):
    guesser(registered.engine, "192.0.2.7").request(**login())
    for _ in range(MOST_ORIGINS + 1):
        wallclock.forward(MINUTE)
        guesser(registered.engine, "192.0.2.8").request(**login())
    codes_of_guesses(registered.engine, networks(40))
    guesser(registered.engine, "192.0.2.7").request(**login())


def test_one_password_that_is_tried_on_many_names_is_slowed_down(registered, wallclock):
    sprayer = guesser(registered.engine, "192.0.2.7")
    codes = [sprayer.send(**login(f"name{number}", "wrong"))["code"] for number in range(100)]
    assert codes == ["login_refused"] * throttle.HOURLY_OF_NETWORK + ["throttled"] * 40
    answer = sprayer.expect_error("throttled", **login())
    assert answer["details"] == {"retry_after_ms": HOUR // throttle.HOURLY_OF_NETWORK}
    guesser(registered.engine, "192.0.2.8").request(**login())
    wallclock.forward(HOUR)
    fails(guesser(registered.engine, "192.0.2.7"), 1)


def test_the_kept_failures_do_not_pile_up(registered, wallclock, wallet_url):
    sprayer = guesser(registered.engine, "192.0.2.7")
    for number in range(throttle.HOURLY_OF_NETWORK):
        fails(sprayer, 1, f"name{number}")
    wallclock.forward(HOUR)
    fails(guesser(registered.engine, "192.0.2.7"), 1)
    assert len(rows(wallet_url, "SELECT * FROM login_throttles")) == 3


def test_the_latest_20_networks_of_an_account_are_kept(registered, wallclock, wallet_url):
    for address in networks(30):
        wallclock.forward(SECOND)
        guesser(registered.engine, address).request(**login())
    kept = rows(wallet_url, "SELECT origin FROM login_origins WHERE origin NOT LIKE 'client %'")
    assert [origin["origin"] for origin in kept] == networks(30)[10:]


def test_a_failure_of_when_the_clock_was_wrong_throttles_no_one(registered, wallclock):
    wallclock.forward(365 * DAY)
    fails(guesser(registered.engine, "in process"), 3)
    wallclock.forward(-365 * DAY)
    guesser(registered.engine, "in process").request(**login())


def test_throttling_survives_a_restart(registered, open_engine):
    fails(registered, 3)
    registered.engine.close()
    registered.at(open_engine()).expect_error("throttled", **login())


def test_throttling_applies_to_new_sessions(registered):
    fails(registered, 3)
    EngineClient(registered.engine).open_session().expect_error("throttled", **login())


def test_failures_are_not_counted_after_an_hour(registered, wallclock):
    fails(registered, 2)
    wallclock.forward(HOUR)
    later = EngineClient(registered.engine).open_session()
    fails(later, 1)
    later.request(**login())


def test_failures_within_an_hour_are_counted_together(registered, wallclock):
    fails(registered, 2)
    wallclock.forward(HOUR - 1)
    later = EngineClient(registered.engine).open_session()
    fails(later, 1)
    later.expect_error("throttled", **login())


def test_a_failed_login_is_recorded(registered, wallet_url):
    fails(registered, 1)
    fails(registered, 1, "nobody")
    written = rows(wallet_url, "SELECT account_id, outcome FROM login_records")
    assert written == [{"account_id": 2, "outcome": "refused"}, {"account_id": None, "outcome": "refused"}]


def test_wrong_old_passwords_are_throttled(ada):
    guess = edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong")
    for _ in range(3):
        ada.expect_error("wrong_password", **guess)
    ada.expect_error("throttled", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))


# Accounts that may not be used


each_closed_state = pytest.mark.parametrize(
    ("state", "code"), [("frozen", "account_frozen"), ("unlink_pending", "account_leaving")]
)


@each_closed_state
def test_a_closed_account_can_not_be_logged_in_to(registered, wallet_url, state, code):
    set_account_state(wallet_url, "ada", state)
    registered.expect_error(code, **login())
    registered.expect_error("not_logged_in", **VIEW_ACCOUNT)


@each_closed_state
def test_a_wrong_password_does_not_reveal_the_accounts_state(registered, wallet_url, state, code):
    set_account_state(wallet_url, "ada", state)
    registered.expect_error("login_refused", **WRONG)


@each_closed_state
def test_a_logged_in_account_that_is_closed_can_do_nothing(ada, wallet_url, state, code):
    set_account_state(wallet_url, "ada", state)
    for instruction in (VIEW_ACCOUNT, VIEW_WALLET, supply(5), edit_account(user_phone="1")):
        ada.expect_error(code, **instruction)


@each_closed_state
def test_a_closed_account_can_log_out(ada, wallet_url, state, code):
    set_account_state(wallet_url, "ada", state)
    assert ada.request(**LOGOUT)["session_data"]["session_user_account"] is None


@each_closed_state
def test_a_closed_account_can_not_be_switched_to(ada, wallet_url, state, code):
    ada.register("bob").log_in("bob")
    set_account_state(wallet_url, "ada", state)
    ada.expect_error(code, **switch_account("ada@example.org"))
    assert ada.request(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_a_session_with_a_closed_account_can_switch_to_another(ada, wallet_url):
    ada.register("bob").log_in("bob")
    set_account_state(wallet_url, "bob", "frozen")
    ada.request(**switch_account("ada@example.org"))
    ada.request(**supply(5))
