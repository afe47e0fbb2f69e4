"""Whatever two people do in whatever order: the engine comes to what plain numbers come to."""

from __future__ import annotations

import pytest
from asking import PAUSE, RESUME, START, STOP, supply, to_clock, to_credits, view_list
from driven_wallets import NAMES, Done, DrivenWallets, ToWhereAClockIsEmpty, Wait, run_on
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from kept_rows import faults_in, rows
from wallclock import HOUR, MINUTE, SECOND
from wallet_model import RATE

people = st.sampled_from(NAMES)
amounts = st.integers(1, 30)
# Time goes on before an instruction, so that each of them is the first that comes after a run-out.
waits = st.one_of(
    st.just(0),
    st.integers(1, SECOND),
    st.integers(1, 5 * MINUTE),
    st.sampled_from([MINUTE, HOUR]),
    st.integers(-1, 1).map(ToWhereAClockIsEmpty),
)


def any_of(state: str):
    """Only while somebody's timer is so."""
    return precondition(lambda self: any(account.state == state for account in self.model.values()))


class WalletMachine(DrivenWallets, RuleBasedStateMachine):
    """Accounts start funded, and a rule does what can be done: what it asks is refused only on purpose."""

    done = Bundle("done")

    @initialize(target=done)
    def are_funded(self) -> Done:
        for name in NAMES:
            self.does(name, supply(100))
            self.model[name].supply(100)
            self.does(name, to_clock(20))
            self.model[name].to_clock(20)
        return self.does("ada", START, self.model["ada"].start)

    @rule(target=done, name=people, wait=waits, credits=amounts)
    def supplies(self, name: str, wait: Wait, credits: int) -> Done:
        self.passes(wait)
        self.model[name].supply(credits)
        return self.does(name, supply(credits))

    @rule(target=done, name=people, wait=waits, credits=amounts)
    def converts_credits(self, name: str, wait: Wait, credits: int) -> Done:
        self.passes(wait)
        account = self.model[name]
        if credits > account.credits:
            return self.is_refused(name, "not_enough_credits", to_clock(credits))
        account.to_clock(credits)
        return self.does(name, to_clock(credits))

    @rule(target=done, name=people, wait=waits, credits=amounts)
    def converts_time(self, name: str, wait: Wait, credits: int) -> Done:
        self.passes(wait)
        account = self.model[name]
        if credits * RATE > account.left(self.clock.now):
            return self.is_refused(name, "not_enough_time", to_credits(credits=credits))
        account.to_credits(credits, self.clock.now)
        return self.does(name, to_credits(credits=credits))

    @rule(target=done, name=people, wait=waits)
    def converts_all_time(self, name: str, wait: Wait) -> Done:
        self.passes(wait)
        account = self.model[name]
        left = account.left(self.clock.now)
        if left < RATE:
            return self.is_refused(name, None, to_credits(minutes=1))
        account.to_credits(left // RATE, self.clock.now)
        return self.does(name, to_credits(minutes=f"{left * 1_000_000 // MINUTE / 1_000_000:.6f}"))

    @rule(target=done, name=people, wait=waits)
    def starts(self, name: str, wait: Wait) -> Done:
        self.passes(wait)
        account = self.model[name]
        if account.run is not None or account.time == 0:
            return self.is_refused(name, None, START)
        return self.does(name, START, account.start)

    @any_of("active")
    @rule(target=done, name=people, wait=waits)
    def pauses(self, name: str, wait: Wait) -> Done:
        self.passes(wait)
        account = self.model[name]
        if not account.is_running:
            return self.is_refused(name, "timer_state", PAUSE)
        return self.does(name, PAUSE, account.pause)

    @any_of("paused")
    @rule(target=done, name=people, wait=waits)
    def resumes(self, name: str, wait: Wait) -> Done:
        self.passes(wait)
        account = self.model[name]
        if not account.is_paused or account.left(self.clock.now) == 0:
            return self.is_refused(name, None, RESUME)
        return self.does(name, RESUME, account.resume)

    @rule(target=done, name=people, wait=waits)
    def stops(self, name: str, wait: Wait) -> Done:
        self.passes(wait)
        account = self.model[name]
        if account.run is None:
            return self.is_refused(name, "timer_state", STOP)
        return self.does(name, STOP, account.stop)

    @rule(wait=waits)
    def time_goes_on(self, wait: Wait) -> None:
        self.passes(wait)

    @rule(did=done)
    def asks_again(self, did: Done) -> None:
        name, instruction, request_id, answer = did
        assert self.callers[name].ask(**instruction, request_id=request_id) == answer

    @rule(did=done, credits=st.integers(31, 40))
    def asks_something_else_under_the_same_id(self, did: Done, credits: int) -> None:
        name, _, request_id, _ = did
        self.callers[name].is_refused("request_id_reused", **supply(credits), request_id=request_id)

    @rule(did=consumes(done), name=people)
    def somebody_else_uses_the_same_id(self, did: Done, name: str) -> None:
        owner, _, request_id, _ = did
        if name != owner:
            self.callers[name].asks_ok(**supply(1), request_id=request_id)
            self.model[name].supply(1)

    @rule()
    def the_engine_restarts(self) -> None:
        self.engine.close()
        self.open()
        self.callers = {name: caller.at(self.engine) for name, caller in self.callers.items()}

    @rule(name=people)
    def logs_in_elsewhere(self, name: str) -> None:
        self.callers[name] = self.enter(name)

    # What always holds

    @invariant()
    def the_ledger_is_in_order(self) -> None:
        assert faults_in(self.file) == []

    @invariant()
    def every_figure_is_what_plain_numbers_come_to(self) -> None:
        for name, account in self.model.items():
            clock = self.callers[name].clock
            assert self.callers[name].credits == account.credits
            assert clock["credit_clock_ms"] == account.left(self.clock.now)
            assert clock["minutes_spent_ms"] == account.used(self.clock.now)
            assert clock["clock_state"] == account.state

    @invariant()
    def every_run_is_on_record_once(self) -> None:
        for name, account in self.model.items():
            sheet = self.callers[name].asks_ok(**view_list("time", limit=1000))["sheet_data"]
            assert [run_on(row) for row in reversed(sheet["rows"])] == account.records
            assert sheet["record_count"] == len(account.records)

    @invariant()
    def nothing_is_written_twice(self) -> None:
        (kept,) = rows(self.file, "SELECT count(*) AS entries FROM entries")
        assert kept["entries"] == sum(account.entries for account in self.model.values())


@pytest.fixture
def machine(new_wallet_file) -> type[WalletMachine]:
    WalletMachine.new_file = new_wallet_file
    return WalletMachine


def test_whatever_is_done_the_engine_comes_to_what_plain_numbers_come_to(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=40,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


class MiscountingMachine(WalletMachine):
    """A canary: its plain numbers forget a credit, so it must fail."""

    @rule(name=people)
    def forgets_a_credit(self, name: str) -> None:
        self.model[name].credits -= 1


def test_the_machine_can_see_a_single_credit_amiss(machine):
    MiscountingMachine.new_file = machine.new_file
    without_shrinking = settings(
        max_examples=20,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(MiscountingMachine, settings=without_shrinking)
