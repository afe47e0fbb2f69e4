"""A random test of the whole engine against a model of plain numbers."""

from __future__ import annotations

import pytest
from effort import IS_SOAKED, SEED, count
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from mutations import MUTATIONS
from new_wallets import SQLITE
from wallet_machine import WalletMachine, people

SHARDS = 4
EXAMPLES = 32
SOAKED_EXAMPLES, SOAKED_EXAMPLES_AT_POSTGRESQL = 10, 2
STEPS = 50
# All shards together; each step takes longer at PostgreSQL, so there are few of them in the usual run.
STEPS_AT_POSTGRESQL, FEW_STEPS_AT_POSTGRESQL = 10_000, 120


@pytest.fixture
def machine(new_wallet) -> type[WalletMachine]:
    WalletMachine.new_wallet = staticmethod(new_wallet)
    return WalletMachine


def run(machine: type[RuleBasedStateMachine], **choices: object) -> None:
    usual = {"deadline": None, "suppress_health_check": list(HealthCheck), "stateful_step_count": STEPS}
    run_state_machine_as_test(machine, settings=settings(**{**usual, **choices}))


def run_for(machine: type[WalletMachine], steps: int) -> None:
    """Run examples until there were that many steps."""
    while machine.steps < steps:
        run(machine, max_examples=-(-(steps - machine.steps) // STEPS), print_blob=True)


@pytest.fixture
def steps_at_postgresql(is_usual_run: bool) -> int:
    """How many steps all shards make together there."""
    return FEW_STEPS_AT_POSTGRESQL if is_usual_run else STEPS_AT_POSTGRESQL


# Each shard draws its own examples, so that they can run in parallel.
@pytest.mark.on_postgresql_too
@pytest.mark.parametrize("shard", range(SHARDS), ids=lambda shard: f"EWALLET_SEED={SEED}-{shard}")
def test_the_engine_agrees_with_the_model(machine, shard, database_kind, steps_at_postgresql):
    shard_machine = type(f"WalletMachine{shard}", (machine,), {"steps": 0})
    soaked_examples = SOAKED_EXAMPLES if database_kind == SQLITE else SOAKED_EXAMPLES_AT_POSTGRESQL
    if IS_SOAKED:
        run(seed(SEED * SHARDS + shard)(shard_machine), max_examples=soaked_examples, database=None)
    elif database_kind == SQLITE:
        run(shard_machine, max_examples=EXAMPLES // SHARDS, print_blob=True)
    else:
        run_for(shard_machine, steps_at_postgresql // SHARDS)
    count(wallet_machines=soaked_examples)


@pytest.mark.sqlite_only("the machine is the same on all databases")
def test_the_machine_detects_a_wrong_model(machine):
    class MiscountingMachine(machine):
        """A machine whose model loses a credit, so it must fail."""

        @rule(name=people)
        def lose_a_credit(self, name: str) -> None:
            self.model[name].wallet.credits -= 1

    with pytest.raises(AssertionError):
        run(MiscountingMachine, max_examples=20, database=None, phases=[Phase.generate])


@pytest.mark.sqlite_only("the machine is the same on all databases")
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_the_machine_detects_each_mutation(machine, monkeypatch, mutation):
    mutation(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, PT011 - a wrong engine may be wrong in any way
        # What is drawn depends on the modules that are loaded, so enough for any run; it ends with the first.
        run(seed(1)(machine), max_examples=1_000, database=None, phases=[Phase.generate])
