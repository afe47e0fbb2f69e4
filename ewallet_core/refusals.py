"""Every way an instruction can be refused: one type, one stable code and one pair of sentences each.

A refusal is raised where the rule stands and turned into an answer once, at the top. `error` says what
is wrong and `warning` what to do about it, both to a person; `details` says it to a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self


class Refusal(Exception):
    """An instruction that is not carried out; it has changed nothing."""

    code: ClassVar[str]

    def __init__(self, error: str, warning: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.warning = warning
        self.details = details
        self.bookkeeping: Callable[[], None] | None = None

    def keeping(self, bookkeeping: Callable[[], None]) -> Self:
        """The same refusal, which writes this down once what was begun has been undone."""
        self.bookkeeping = bookkeeping
        return self


class Malformed(Refusal):
    """The request has neither of the two forms of PROTOCOL section 1."""

    code = "malformed"


class UnknownInstruction(Refusal):
    """The selectors pick no instruction."""

    code = "unknown_instruction"

    def __init__(self, asked: str, nearest: Iterable[str]) -> None:
        known = list(nearest)
        super().__init__(
            f"There is no instruction {asked}.",
            f"The nearest known: {'; '.join(known)}.",
            nearest=known,
        )


class UnknownArgument(Refusal):
    """The instruction, or the envelope it comes in, has no place for that name."""

    code = "unknown_argument"

    def __init__(self, field: str, known: Iterable[str], place: str = "instruction") -> None:
        names = sorted(known)
        super().__init__(
            f"This {place} takes no argument `{field}`.",
            f"It takes {', '.join(f'`{name}`' for name in names)}." if names else "It takes none.",
            field=field,
            known=names,
        )


class MissingArgument(Refusal):
    """An argument that the instruction can't do without is absent."""

    code = "missing_argument"

    def __init__(self, field: str, must_be: str) -> None:
        super().__init__(f"`{field}` is missing.", f"Send `{field}`: {must_be}.", field=field)


class BadValue(Refusal):
    """An argument is outside its limits; its value is not repeated, it may be a secret."""

    code = "bad_value"

    def __init__(self, field: str, must_be: str) -> None:
        super().__init__(
            f"`{field}` must be {must_be}.", f"Correct `{field}` and send it again.", field=field
        )


class ArgumentsClash(Refusal):
    """Arguments that exclude each other, or none of which was sent."""

    code = "arguments_clash"

    def __init__(self, *fields: str) -> None:
        names = " and ".join(f"`{field}`" for field in fields)
        super().__init__(
            f"Exactly one of {names} says what is meant.", "Send one of them.", fields=list(fields)
        )


class RequestIdReused(Refusal):
    """The request id belongs to another instruction of this account."""

    code = "request_id_reused"

    def __init__(self) -> None:
        super().__init__(
            "This request id was used before for another instruction.",
            "Send each new instruction with a new one.",
        )


class ClientUnknown(Refusal):
    """The client id was never given out, or has expired."""

    code = "client_unknown"

    def __init__(self) -> None:
        super().__init__("This client id is not known here, or has expired.", "Request a new client id.")


class SessionTokenExists(Refusal):
    """The client id has a live session; it alone opens nothing."""

    code = "session_token_exists"

    def __init__(self) -> None:
        super().__init__(
            "This client id has a session token already.",
            "Send that token to renew it, or request a new client id.",
        )


class SessionUnknown(Refusal):
    """The session token is absent, or does not belong to the client id."""

    code = "session_unknown"

    def __init__(self) -> None:
        super().__init__("This session is not known here.", "Request a session token, then log in.")


class SessionExpired(Refusal):
    """The session was left unused for longer than it lives."""

    code = "session_expired"

    def __init__(self) -> None:
        super().__init__(
            "This session has ended, it was unused for too long.", "Request a session token, then log in."
        )


class NotLoggedIn(Refusal):
    """The instruction is an account's, and nobody is logged in to this session."""

    code = "not_logged_in"

    def __init__(self) -> None:
        super().__init__("Nobody is logged in to this session.", "Log in first.")


class NotPermitted(Refusal):
    """The permission rules keep this instruction from the asking account."""

    code = "not_permitted"

    def __init__(self) -> None:
        super().__init__("This account may not do that.", "Ask an operator.")


class NameTaken(Refusal):
    """Another account has that name, in whatever case."""

    code = "name_taken"

    def __init__(self) -> None:
        super().__init__("This name is taken.", "Choose another.", field="user_name")


class EmailTaken(Refusal):
    """Another account has that email, in whatever case."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__(
            "This email has an account already.", "Log in with it, or use another.", field="user_email"
        )


class CommonPassword(Refusal):
    """The password is among those that are tried first."""

    code = "common_password"

    def __init__(self) -> None:
        super().__init__(
            "This password is one that many people use, so it is guessed first.",
            "Choose another, such as four words that have nothing to do with each other.",
            field="user_pass",
        )


class LoginRefused(Refusal):
    """No account has that name and password; which of the two is wrong is not told."""

    code = "login_refused"

    def __init__(self) -> None:
        super().__init__(
            "The name or the password is not right.", "Check both and try again.", field="user_pass"
        )


class WrongPassword(Refusal):
    """The old password given with a change is not the account's."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("That is not this account's password.", "Try again.", field="old_pass")


class Throttled(Refusal):
    """Too many failed logins of that name from that address just now."""

    code = "throttled"

    def __init__(self, retry_after_ms: int) -> None:
        seconds = -(-retry_after_ms // 1000)
        super().__init__(
            "Too many failed logins.",
            f"Try again in {seconds} second{'' if seconds == 1 else 's'}.",
            retry_after_ms=retry_after_ms,
        )


class AccountFrozen(Refusal):
    """An operator has frozen the account."""

    code = "account_frozen"

    def __init__(self) -> None:
        super().__init__("This account is frozen.", "Ask an operator.")


class AccountLeaving(Refusal):
    """The account is to be erased and can only be recovered."""

    code = "account_leaving"

    def __init__(self) -> None:
        super().__init__("This account is about to be deleted.", "Recover it to use it again.")


class AccountNotHere(Refusal):
    """The account is not among those logged in to this session."""

    code = "account_not_logged_in"

    def __init__(self) -> None:
        super().__init__("That account is not logged in to this session.", "Log in to it.", field="account")


class NotFound(Refusal):
    """There is no such thing of the asking user's own."""

    code = "not_found"

    def __init__(self, what: str, field: str) -> None:
        super().__init__(f"You have no {what} of that number.", "View the list for the numbers.", field=field)


class NotEnoughCredits(Refusal):
    """A wallet would go below zero."""

    code = "not_enough_credits"

    def __init__(self, needed: int, there: int) -> None:
        super().__init__(
            f"Not enough credits: {needed:,} needed, {there:,} there.",
            "Choose a smaller amount, or supply credits first.",
            field="credits",
            needed=needed,
            there=there,
        )


class NotEnoughTime(Refusal):
    """A clock would go below zero."""

    code = "not_enough_time"

    def __init__(self, needed_ms: int, there_ms: int, field: str) -> None:
        super().__init__(
            "There is less time left on the clock than that.",
            "Choose a smaller amount.",
            field=field,
            needed_ms=needed_ms,
            there_ms=there_ms,
        )


class TooMuch(Refusal):
    """A balance would pass its limit."""

    code = "balance_limit"

    def __init__(self, most: int, there: int) -> None:
        super().__init__(
            "The balance would pass its limit.",
            "Choose a smaller amount, or spend some first.",
            most=most,
            there=there,
        )


class LessThanOneCredit(Refusal):
    """The minutes to be converted don't make one whole credit."""

    code = "less_than_one_credit"

    def __init__(self, milliseconds_per_credit: int) -> None:
        super().__init__(
            "That is less time than one credit gives.",
            "Convert more minutes; what makes no whole credit stays on the clock.",
            field="minutes",
            milliseconds_per_credit=milliseconds_per_credit,
        )


class NoTimeLeft(Refusal):
    """A timer can't run on an empty clock."""

    code = "no_time_left"

    def __init__(self, state: str) -> None:
        super().__init__(
            "There is no time left on the clock.", "Convert credits to time first.", clock_state=state
        )


class WrongTimerState(Refusal):
    """The timer's state does not allow that."""

    code = "timer_state"

    def __init__(self, error: str, warning: str, state: str) -> None:
        super().__init__(error, warning, clock_state=state)


class OutcomeUnknown(Refusal):
    """The storage failed while it made a change durable: it may have happened."""

    code = "outcome_unknown"

    def __init__(self) -> None:
        super().__init__(
            "The storage failed at the last moment, so it is not known whether this was done.",
            "Send it again with the same request id: it is then done once.",
        )


class StorageFailed(Refusal):
    """The storage could not carry the change out; nothing has changed."""

    code = "storage_failed"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The storage could not keep this ({reason}), so nothing was changed.",
            "Check the room on the disk and the rights on the data folder, then send it again.",
        )


class StorageUnavailable(Refusal):
    """The database can't be opened at all."""

    code = "storage_unavailable"

    def __init__(
        self, reason: str, remedy: str = "Check the folder and its rights, or choose another."
    ) -> None:
        super().__init__(f"The database can't be opened: {reason}.", remedy)


class EngineFailed(Refusal):
    """A fault of the engine's own; nothing has changed."""

    code = "engine_failed"

    def __init__(self) -> None:
        super().__init__(
            "The engine failed at this, nothing was changed.", "Try again; if it stays so, report it."
        )


class EngineClosed(Refusal):
    """The session manager was closed."""

    code = "engine_closed"

    def __init__(self) -> None:
        super().__init__("This session manager is closed.", "Open a new one.")
