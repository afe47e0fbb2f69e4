"""One instruction in its transaction: authenticate, authorize, settle timers, run the handler, remember."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import msgspec

from ewallet_core.engine.authentication import authenticate, note_use
from ewallet_core.errors.accounts import NotPermittedError
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import RequestIdReusedError
from ewallet_core.errors.server import ClockInDoubtError
from ewallet_core.instructions.envelope import Answer, Credentials, error_answer, timestamp
from ewallet_core.instructions.registry import Access, Instruction
from ewallet_core.operations.context import AccountContext, Call, Caller, Context, SessionContext, Trace
from ewallet_core.operations.permissions import authorize
from ewallet_core.operations.settlement import settle_run_outs
from ewallet_core.security.tokens import hash_token
from ewallet_core.spelling import email_key
from ewallet_core.storage.events import session_event_sequence
from ewallet_core.storage.sessions import SeenRequest, confirm_seen, seen_requests
from ewallet_core.storage.transaction import Parties, Transaction
from ewallet_core.types import user_key

OpenContext = Callable[[Transaction, Caller, Credentials, str | None, Any], Context]
SeenKey = dict[str, str]
"""The request id of a remembered answer, and where it is unique."""


class Execution(msgspec.Struct, frozen=True):
    """A call and how to open its context. It may run more than once: it affects only its transaction."""

    call: Call
    open_context: OpenContext

    def context(self, transaction: Transaction, prepared: Any = None) -> Context:
        """The context of the authenticated caller; raises the error of what the caller lacks."""
        call = self.call
        if call.trace is not None and call.trace.begun_at is None:
            call.trace.begun_at = perf_counter()
        if transaction.locks_rows:
            transaction.lock_parties(self._parties)
        context = self.open_context(transaction, call.caller, call.credentials, call.request_id, prepared)
        context = authenticate(
            context,
            call.instruction.access,
            self._permitted_as.name,
            remembered_id=self._remembered_id,
            renews_token=call.request.renews_token(),
        )
        if call.trace is not None:
            _note(call.trace, context)
        return context

    def first_answer(self, transaction: Transaction) -> Answer | None:
        """The answer that this request got before, or that it is not permitted; None if it must be run."""
        context = self.context(transaction)
        answer = self._not_permitted(context) or self._seen(context, self._key(context))
        return None if answer is None else self._with_event_sequence(context, answer)

    def refuse(self, error: WalletError, transaction: Transaction) -> Answer:
        return self._with_event_sequence(self.context(transaction), error_answer(error))

    def run(self, transaction: Transaction, prepared: Any = None) -> Answer:
        """Carry the instruction out; if it fails, undo it and keep what a failure leaves behind."""
        context = self.context(transaction, prepared)
        return self._with_event_sequence(context, self._answer(context))

    def _answer(self, context: Context) -> Answer:
        if (answer := self._not_permitted(context)) is not None:
            return answer
        self._note_use_and_settle(context)
        key = self._key(context)
        try:
            if key is not None and (answer := self._seen(context, key)) is not None:
                return answer
            self._require_time(context)
        except (RequestIdReusedError, ClockInDoubtError) as error:
            return error_answer(error)
        try:
            answer = self.call.instruction(self.call.request, context)
        except WalletError as error:
            if self.call.instruction.changes:
                context.transaction.undo()
                self._note_use_and_settle(context)
            if error.after_rollback is not None:
                error.after_rollback()
            answer = error_answer(error)
            if error.transient:
                return answer
        if key is not None:
            self._remember(context, key, answer)
        return answer

    def _require_time(self, context: Context) -> None:
        doubt = context.clock_doubt
        if doubt is not None and self.call.instruction.needs_time:
            raise ClockInDoubtError(timestamp(doubt.shown), timestamp(doubt.expected))

    def _note_use_and_settle(self, context: Context) -> None:
        if context.clock_doubt is not None:
            return
        if self.call.request.counts_as_use():
            note_use(context)
        if isinstance(context, AccountContext) and context.has_due_timer:
            settle_run_outs(context, context.account.id)

    def _with_event_sequence(self, context: Context, answer: Answer) -> Answer:
        """Add the sequence of the newest event of the session's account, as it is after the instruction."""
        if not isinstance(context, SessionContext):
            return answer
        account = context.logged_in
        keeps_account = not context.has_changed_rows or self.call.instruction.access is Access.ACCOUNT
        if not keeps_account:
            sequence = session_event_sequence(context.transaction, context.session.id)
        elif account is not None:
            sequence = account.event_sequence + context.transaction.events_written.get(account.id, 0)
        else:
            sequence = None
        return answer if sequence is None else {**answer, "event_sequence": sequence}

    @property
    def _parties(self) -> Parties:
        call = self.call
        token = call.credentials.session_token
        return Parties(
            token_hash=None if token is None else hash_token(token),
            session_id=call.caller.live_session_id,
            email_keys=tuple(map(email_key, call.request.other_emails())),
            name_keys=tuple(map(user_key, call.request.other_names())),
            changes_session=call.instruction.access is Access.SESSION,
        )

    @property
    def _permitted_as(self) -> Instruction:
        return self.call.instruction.permitted_as or self.call.instruction

    def _not_permitted(self, context: Context) -> Answer | None:
        try:
            authorize(context, self._permitted_as)
            if (other := self.call.request.needs()) is not None:
                authorize(context, other)
        except NotPermittedError as error:
            return error_answer(error)
        return None

    def _seen(self, context: Context, key: SeenKey | None) -> Answer | None:
        """The remembered answer; raises `RequestIdReusedError` if the id belongs to another instruction."""
        seen = self._seen_request(context, key)
        if key is None or seen is None or context.now - seen.seen_at >= context.config.retention.requests_ms:
            return None
        if seen.fingerprint != self.call.instruction.fingerprint(self.call.request):
            raise RequestIdReusedError
        # It may have been stored by a COMMIT that was given up, whose outcome is not known yet.
        confirm_seen(context.transaction, **key)
        answer: Answer = msgspec.json.decode(seen.answer)
        return answer

    def _seen_request(self, context: Context, key: SeenKey | None) -> SeenRequest | None:
        """The same request as it was seen before, which may be too long ago."""
        if key is None:
            return None
        if isinstance(context, SessionContext):
            return context.seen
        return seen_requests.find(context.transaction, **key)

    def _remember(self, context: Context, key: SeenKey, answer: Answer) -> None:
        if self._seen_request(context, key) is not None:
            # It was too long ago, or the instruction would not have been carried out again.
            seen_requests.delete(context.transaction, **key)
        seen_requests.add(
            context.transaction,
            **key,
            fingerprint=self.call.instruction.fingerprint(self.call.request),
            answer=msgspec.json.encode(answer).decode(),
            seen_at=context.now,
        )

    @property
    def _remembered_id(self) -> str | None:
        return self.call.request_id if self.call.instruction.remembered else None

    def _key(self, context: Context) -> SeenKey | None:
        """The request id and where it is unique: in the account, or the session if the account may change.

        None if the answer is not remembered.
        """
        if (request_id := self._remembered_id) is None:
            return None
        scope = "system"
        if isinstance(context, AccountContext) and self.call.instruction.access is not Access.SESSION:
            scope = f"account {context.account.id}"
        elif isinstance(context, SessionContext):
            scope = f"session {context.session.id}"
        elif context.caller.live_worker_id is not None:
            scope = f"worker {context.caller.live_worker_id}"
        return {"scope": scope, "request_id": request_id}


def _note(trace: Trace, context: Context) -> None:
    """Note who asks, and with how many other changes it is committed."""
    if context.transaction.writes:
        trace.group_size = context.transaction.group_size
    if isinstance(context, SessionContext):
        trace.session_id = context.session.id
    if context.logged_in is not None:
        trace.account_id = context.logged_in.id
