"""Whatever people do in whatever order: the engine comes to what plain numbers come to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from mutations import PLANTED
from wallet_machine import WalletMachine, people

SHARDS = 4
EXAMPLES = 200
STEPS = 50


@pytest.fixture
def machine(new_wallet_file) -> type[WalletMachine]:
    WalletMachine.new_file = new_wallet_file
    return WalletMachine


def run(machine: type[RuleBasedStateMachine], **choices: object) -> None:
    usual = {"deadline": None, "suppress_health_check": list(HealthCheck), "stateful_step_count": STEPS}
    run_state_machine_as_test(machine, settings=settings(**{**usual, **choices}))


# Each shard goes its own way, so that they can run side by side.
@pytest.mark.parametrize("shard", range(SHARDS))
def test_whatever_is_done_the_engine_comes_to_what_plain_numbers_come_to(machine, shard):
    way = type(f"WalletMachine{shard}", (machine,), {})
    run(way, max_examples=EXAMPLES // SHARDS, print_blob=True)


def test_the_machine_can_see_a_single_credit_amiss(machine):
    class MiscountingMachine(machine):
        """A canary: its plain numbers forget a credit, so it must fail."""

        @rule(name=people)
        def forgets_a_credit(self, name: str) -> None:
            self.model[name].wallet.credits -= 1

    with pytest.raises(AssertionError):
        run(MiscountingMachine, max_examples=20, database=None, phases=[Phase.generate])


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_the_machine_finds_a_bug_that_was_planted(machine, monkeypatch, plant):
    plant(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, PT011 - a wrong engine may be wrong in any way
        # What is drawn depends on the modules that are loaded, so enough for any run; it ends with the first.
        run(seed(1)(machine), max_examples=1_000, database=None, phases=[Phase.generate])
