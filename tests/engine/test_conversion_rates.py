"""At every rate, conversions in both directions are exact to the millisecond."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from database_file import violations_in
from engine_client import EngineClient
from fakes import CHEAP, Wallclock
from hypothesis import example, given, settings
from hypothesis import strategies as some
from instructions import supply, to_clock, to_credits

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig

ODD_RATES = [1, 7, 59_999, 60_000, 61_001, 3_600_000]
rates = some.one_of(some.sampled_from(ODD_RATES), some.integers(1, 10**8))
thousandths = some.integers(1, 10**9).map(lambda number: str(Decimal(number) / 1000))
steps = some.lists(
    some.one_of(
        some.integers(1, 1_000).map(to_clock),
        some.integers(1, 1_000).map(lambda whole: to_credits(credits=whole)),
        thousandths.map(lambda minutes: to_credits(minutes=minutes)),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(rate=rates, steps=steps)
@example(rate=7, steps=[to_clock(9), to_credits(minutes="0.001"), to_credits(credits=8)])
@example(rate=61_001, steps=[to_clock(3), to_credits(minutes="2.999")])
def test_conversions_lose_nothing_at_any_rate(new_wallet_file, rate, steps):
    with TemporaryDirectory() as folder:
        file = Path(shutil.copy(new_wallet_file, folder))
        config = EngineConfig(milliseconds_per_credit=rate)
        with EWalletSessionManager(
            f"sqlite:///{file}", clock=Wallclock(), passwords=CHEAP, config=config
        ) as engine:
            ada = EngineClient(engine).open_session().register().log_in()
            ada.request(**supply(1_000))
            for step in steps:
                credits, left = ada.credits, ada.milliseconds_left
                answer = ada.send(**step)
                moved = 0 if answer["failed"] else answer["converted_credits"]
                into_clock = moved if step["convert"] == "credits2clock" else -moved
                assert ada.credits == credits - into_clock
                assert ada.milliseconds_left == left + into_clock * rate
                assert ada.credits * rate + ada.milliseconds_left == 1_000 * rate
        assert violations_in(file) == []


@pytest.mark.parametrize(("first", "then"), [(61_001, 7), (7, 61_001), (60_000, 59_999)])
def test_time_below_one_credit_at_another_rate_stays_on_the_clock(ada, open_engine, first, then):
    ada.request(**supply(100_000))
    ada.at(open_engine(config=EngineConfig(milliseconds_per_credit=first))).request(**to_clock(100_000))
    later = ada.at(open_engine(config=EngineConfig(milliseconds_per_credit=then)))
    credits, rest = divmod(100_000 * first, then)
    later.request(**to_credits(credits=credits))
    assert (later.credits, later.milliseconds_left) == (credits, rest)
    later.expect_error("not_enough_time", **to_credits(credits=1))
