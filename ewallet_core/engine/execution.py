"""One instruction on its way through its transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ewallet_core.engine.authentication import authenticate, note_use
from ewallet_core.errors.accounts import NotPermittedError
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import RequestIdReusedError
from ewallet_core.instructions.envelope import Answer, Call, error_answer
from ewallet_core.instructions.registry import Access, Instruction, Request
from ewallet_core.operations.context import Context
from ewallet_core.operations.permissions import authorize, record_refused_request
from ewallet_core.operations.settlement import settle_run_outs
from ewallet_core.storage.events import session_event_sequence
from ewallet_core.storage.seen_requests import KEPT_MILLISECONDS, seen_requests
from ewallet_core.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Execution:
    """An instruction with its arguments and its caller; it may be run more than once (decision 5)."""

    instruction: Instruction
    request: Request
    call: Call
    circumstances: Callable[[Transaction, Call], Context]
    prepared: Any = None

    def prepared_with(self, prepared: Any) -> Execution:
        """The same errand, with its slow work done."""
        return replace(self, prepared=prepared)

    def context(self, transaction: Transaction) -> Context:
        """Who asks, and when; raises when that is not enough for this instruction."""
        return authenticate(self.circumstances(transaction, self.call), self.instruction.access)

    def first_answer(self, transaction: Transaction) -> Answer | None:
        """The answer that this request got before, if it was decided before; or that it is not permitted."""
        context = self.context(transaction)
        answer = self._not_permitted(context) or self._seen(context)
        return None if answer is None else self._with_event_sequence(context, answer)

    def refuse(self, error: WalletError, transaction: Transaction) -> Answer:
        """The answer to an error of the instruction's slow work."""
        return self._with_event_sequence(self.context(transaction), error_answer(error))

    def run(self, transaction: Transaction) -> Answer:
        """Carry the instruction out, or refuse it and write down what a refusal leaves behind."""
        context = replace(self.context(transaction), prepared=self.prepared)
        return self._with_event_sequence(context, self._answer(context))

    def _answer(self, context: Context) -> Answer:
        refused = self._not_permitted(context)
        if refused is not None:
            return refused
        note_use(context)
        if context.logged_in is not None:
            settle_run_outs(context, context.logged_in.id)
        try:
            seen = self._seen(context)
        except RequestIdReusedError as error:
            return error_answer(error)
        if seen is not None:
            return seen
        try:
            answer = self._decide(context)
        except WalletError as error:
            return error_answer(error)
        self._remember(context, answer)
        return answer

    def _with_event_sequence(self, context: Context, answer: Answer) -> Answer:
        """The answer with the newest event's sequence of the account that is now active in the session."""
        if context.open_session is None:
            return answer
        if context.logged_in is not None and not context.transaction.writes:
            # Nothing can have happened since the account was read.
            return {**answer, "event_sequence": context.logged_in.event_sequence}
        sequence = session_event_sequence(context.transaction, context.open_session.id)
        return answer if sequence is None else {**answer, "event_sequence": sequence}

    def _not_permitted(self, context: Context) -> Answer | None:
        for needed in self._on_sheet:
            try:
                authorize(context, needed)
            except NotPermittedError as error:
                record_refused_request(context, needed)
                return error_answer(error)
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
        except WalletError as error:
            if error.after_rollback is not None:
                error.after_rollback()
            if error.transient:
                raise
            return error_answer(error)

    def _seen(self, context: Context) -> Answer | None:
        """Raises `RequestIdReusedError` when the id belongs to another instruction."""
        if not self._is_remembered:
            return None
        seen = seen_requests.find(
            context.transaction, scope=self._scope(context), request_id=self.call.request_id
        )
        if seen is None or context.now - seen.seen_at >= KEPT_MILLISECONDS:
            return None
        if seen.fingerprint != self.instruction.fingerprint(self.request):
            raise RequestIdReusedError
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
        if self.instruction.access is Access.SYSTEM and context.is_in_process:
            return "system"
        if self.instruction.access is Access.SESSION:
            return f"session {context.session.id}"
        return f"account {context.account.id}"
