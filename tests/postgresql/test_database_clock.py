"""Leaps of the clock of PostgreSQL's machine, as after the promotion of one whose clock is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from click.testing import CliRunner
from engine_client import EngineClient
from fakes import CHEAP
from instructions import VIEW_WALLET, supply
from new_database import NewDatabase

from ewallet_core import EWalletSessionManager
from ewallet_core.commands.diagnostics import Target, examine
from ewallet_core.operations.context import EngineConfig
from ewallet_tui.__main__ import main

# It is found before PostgreSQL's own function of that name.
CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.leap AS SELECT interval '0' AS by;
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT pg_catalog.clock_timestamp() + by FROM clock.leap'
"""
SET_LEAP = "UPDATE clock.leap SET by = %s::interval"
PATH = "-csearch_path=public,pg_catalog"
Leap = Callable[[str], None]


@pytest.fixture
def url(database: NewDatabase) -> str:
    database.execute(CLOCK)
    return database.url(options=PATH)


@pytest.fixture
def leap(database: NewDatabase, url: str) -> Leap:
    """Sets how far the clock has leapt from the right time."""
    return lambda by: database.execute(SET_LEAP, by) and None


@pytest.fixture
def engines(url: str) -> Iterator[list[EWalletSessionManager]]:
    choices = {"passwords": CHEAP, "config": EngineConfig(self_supply=True)}
    with (
        closing(EWalletSessionManager(url, **choices)) as first,
        closing(EWalletSessionManager(url, **choices)) as second,
    ):
        yield [first, second]


@pytest.fixture
def ada(engines: list[EWalletSessionManager]) -> EngineClient:
    return EngineClient(engines[0]).open_session().register().log_in()


def confirm(url: str) -> str:
    """What `ewallet doctor --confirm-clock` prints."""
    done = CliRunner().invoke(main, ["doctor", "--confirm-clock", "--database", url])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def agrees(url: str) -> bool:
    """Whether `ewallet doctor` finds that the clock agrees with what is stored."""
    (section,) = [found for found in examine(Target(None, url)) if found.title == "database"]
    agrees = section.facts["agrees_with_wallet"]
    assert any("--confirm-clock" in problem.advice for problem in section.problems) is not agrees
    return bool(agrees)


@pytest.mark.parametrize("by", ["31 days", "-31 days"])
def test_nothing_is_changed_or_expires_while_the_clock_is_in_doubt(engines, ada, leap, by):
    leap(by)
    for engine in engines:
        there = ada.at(engine)
        there.expect_error("clock_in_doubt", **supply(5))
        assert there.request(**VIEW_WALLET)["ewallet_data"]["credits"] == 0
        EngineClient(engine).open_session().log_in()
    EngineClient(engines[1]).expect_error(
        "clock_in_doubt", controller="system", action="cleanup", cleanup="sessions"
    )
    leap("0")
    for engine in engines:
        ada.at(engine).request(**supply(5))
    assert ada.credits == 10


def test_a_step_of_less_than_a_day_is_taken_as_true(engines, ada, leap):
    leap("20 hours")
    EngineClient(engines[0]).open_session().log_in().request(**supply(5))


def test_a_confirmed_clock_is_right_for_all_engines_until_it_leaps_again(engines, ada, leap, url):
    leap("31 days")
    for engine in engines:
        ada.at(engine).expect_error("clock_in_doubt", **supply(5))
    assert confirm(url).startswith("The clock of PostgreSQL is taken as right: it is 2")
    for engine in engines:
        later = EngineClient(engine).open_session().log_in()
        later.request(**supply(5))
    for by in ("62 days", "0"):
        leap(by)
        later.expect_error("clock_in_doubt", **supply(5))


def test_a_clock_before_what_is_stored_is_in_doubt_until_it_is_confirmed(engines, ada, leap, url):
    ada.request(**supply(5))
    assert agrees(url)
    for engine in engines:
        engine.close()
    leap("-31 days")
    assert not agrees(url)
    with closing(
        EWalletSessionManager(url, passwords=CHEAP, config=EngineConfig(self_supply=True))
    ) as engine:
        ada.at(engine).expect_error("clock_in_doubt", **supply(5))
        confirm(url)
        assert agrees(url)
        ada.at(engine).request(**supply(5))
