"""One instruction on its way through its transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ewallet_core.actions.context import Context
from ewallet_core.actions.credits.clock_timer import settle_run_outs
from ewallet_core.actions.permissions.permission_sheet import must_be_permitted, note_refusal
from ewallet_core.instructions.catalogue import Access, Instruction, Request
from ewallet_core.instructions.envelope import Answer, Call, nok
from ewallet_core.refusals.askers import NotPermitted
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.refusals.requests import RequestIdReused
from ewallet_core.sessions.recognition import note_use, recognise
from ewallet_core.storage.requests import KEPT_MILLISECONDS, seen_requests
from ewallet_core.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Errand:
    """An instruction with its arguments and its caller; it may be run more than once (decision 5)."""

    instruction: Instruction
    request: Request
    call: Call
    circumstances: Callable[[Transaction, Call], Context]
    prepared: Any = None

    def prepared_with(self, prepared: Any) -> Errand:
        """The same errand, with its slow work done."""
        return replace(self, prepared=prepared)

    def context(self, transaction: Transaction) -> Context:
        """Who asks, and when; raises when that is not enough for this instruction."""
        return recognise(self.circumstances(transaction, self.call), self.instruction.access)

    def first_answer(self, transaction: Transaction) -> Answer | None:
        """The answer that this request got before, if it was decided before; or that it is not permitted."""
        context = self.context(transaction)
        return self._not_permitted(context) or self._seen(context)

    def run(self, transaction: Transaction) -> Answer:
        """Carry the instruction out, or refuse it and write down what a refusal leaves behind."""
        context = replace(self.context(transaction), prepared=self.prepared)
        refused = self._not_permitted(context)
        if refused is not None:
            return refused
        note_use(context)
        if context.logged_in is not None:
            settle_run_outs(context, context.logged_in.id)
        try:
            seen = self._seen(context)
        except RequestIdReused as refusal:
            return nok(refusal)
        if seen is not None:
            return seen
        try:
            answer = self._decide(context)
        except Refusal as refusal:
            return nok(refusal)
        self._remember(context, answer)
        return answer

    def _not_permitted(self, context: Context) -> Answer | None:
        for needed in self._on_sheet:
            try:
                must_be_permitted(context, needed)
            except NotPermitted as refusal:
                note_refusal(context, needed)
                return nok(refusal)
        return None

    @property
    def _on_sheet(self) -> Iterator[Instruction]:
        """The instructions whose lines of the sheet count: its own, and the one its arguments need."""
        yield self.instruction.permitted_as or self.instruction
        if (besides := self.request.needs()) is not None:
            yield besides

    def _decide(self, context: Context) -> Answer:
        """What the instruction comes to; raises a refusal that passes, which is not to be remembered."""
        try:
            if not self.instruction.changes:
                return self.instruction(self.request, context)
            with context.transaction.attempt():
                return self.instruction(self.request, context)
        except Refusal as refusal:
            if refusal.bookkeeping is not None:
                refusal.bookkeeping()
            if refusal.passes:
                raise
            return nok(refusal)

    def _seen(self, context: Context) -> Answer | None:
        """Raises `RequestIdReused` when the id belongs to another instruction."""
        if not self._is_remembered:
            return None
        seen = seen_requests.find(
            context.transaction, scope=self._scope(context), request_id=self.call.request_id
        )
        if seen is None or context.now - seen.seen_at >= KEPT_MILLISECONDS:
            return None
        if seen.fingerprint != self.instruction.fingerprint(self.request):
            raise RequestIdReused
        answer: Answer = msgspec.json.decode(seen.answer)
        return answer

    def _remember(self, context: Context, answer: Answer) -> None:
        if not self._is_remembered:
            return
        key = {"scope": self._scope(context), "request_id": self.call.request_id}
        seen_requests.delete(context.transaction, **key)
        seen_requests.insert(
            context.transaction,
            **key,
            fingerprint=self.instruction.fingerprint(self.request),
            answer=msgspec.json.encode(answer).decode(),
            seen_at=context.now,
        )

    @property
    def _is_remembered(self) -> bool:
        return self.instruction.remembered and self.call.request_id is not None

    def _scope(self, context: Context) -> str:
        """Whose request ids these are: the account's, or the session's where the account may change."""
        if context.live_worker_id is not None:
            return f"worker {context.live_worker_id}"
        if self.instruction.access is Access.SYSTEM and context.is_the_programs_own:
            return "system"
        if self.instruction.access is Access.SESSION:
            return f"session {context.session.id}"
        return f"account {context.account.id}"
