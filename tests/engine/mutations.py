"""Mutations of the timer and the journal that the wallet machine must detect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ewallet_core.handlers import conversions
from ewallet_core.ledger.journal import BalanceId, Entry, EntryKind, Issuer, move_credits, time_spent
from ewallet_core.ledger.timer import State, Timer, TimeSpent
from ewallet_core.operations import movements, settlement
from ewallet_core.storage import journal, wallets


def a_pause_takes_a_millisecond_more(monkeypatch: pytest.MonkeyPatch) -> None:
    pause = Timer.pause

    def wrong(self: Timer, at: int) -> Timer:
        paused = pause(self, at)
        return replace(paused, spent=paused.spent + 1)

    monkeypatch.setattr(Timer, "pause", wrong)


def paused_time_is_taken_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: Timer, now: int) -> int:
        return self.spent + (0 if self.state is State.INACTIVE else max(0, now - (self.since or now)))

    monkeypatch.setattr(Timer, "spent_at", wrong)


def a_resume_forgets_what_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    resume = Timer.resume
    monkeypatch.setattr(
        Timer, "resume", lambda self, at, balance: replace(resume(self, at, balance), spent=0)
    )


def a_run_out_is_dated_when_it_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    run_out = Timer.run_out

    def wrong(self: Timer, now: int, balance: int) -> TimeSpent | None:
        ended = run_out(self, now, balance)
        return None if ended is None else replace(ended, stopped_at=now)

    monkeypatch.setattr(Timer, "run_out", wrong)


def a_run_out_is_noticed_a_millisecond_late(monkeypatch: pytest.MonkeyPatch) -> None:
    found = wallets.find_run_out_clocks
    monkeypatch.setattr(
        settlement,
        "find_run_out_clocks",
        lambda transaction, account, now: found(transaction, account, now - 1),
    )


def a_stop_takes_a_millisecond_less(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(issuer: Issuer, clock: BalanceId, milliseconds: int, at: int) -> Entry:
        return time_spent(issuer, clock, max(0, milliseconds - 1), at)

    monkeypatch.setattr(settlement, "time_spent", wrong)


def a_payment_moves_a_credit_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(
        kind: EntryKind, sender: BalanceId, recipient: BalanceId, credits: int, *more, **named
    ) -> Entry:
        return move_credits(kind, sender, recipient, credits + (kind is EntryKind.PAYMENT), *more, **named)

    monkeypatch.setattr(movements, "move_credits", wrong)


def a_conversion_is_made_at_another_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        conversions, "credits_to_milliseconds", lambda amount, rate: amount * rate + (amount > 25)
    )


def a_balance_is_not_moved_with_its_posting(monkeypatch: pytest.MonkeyPatch) -> None:
    post = journal.post

    def wrong(transaction, entry: Entry, issuing: Issuer) -> int:
        entry_id = post(transaction, entry, issuing).entry_id
        if entry.kind is EntryKind.TRANSFER:
            moved = entry.postings[0]
            transaction.run(journal._MOVE, balance_id=moved.balance, by=-moved.amount, at=entry.at)
        return entry_id

    monkeypatch.setattr(movements, "post", wrong)


def an_entry_is_not_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    seal = journal.seal
    monkeypatch.setattr(
        journal, "seal", lambda previous, entry_id, entry: seal(previous, entry_id + (entry_id == 12), entry)
    )


MUTATIONS: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    a_pause_takes_a_millisecond_more,
    paused_time_is_taken_too,
    a_resume_forgets_what_was_used,
    a_run_out_is_dated_when_it_is_noticed,
    a_run_out_is_noticed_a_millisecond_late,
    a_stop_takes_a_millisecond_less,
    a_payment_moves_a_credit_more,
    a_conversion_is_made_at_another_rate,
    a_balance_is_not_moved_with_its_posting,
    an_entry_is_not_sealed,
)
