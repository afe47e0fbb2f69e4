"""The base class of all errors that an answer can carry, and the tree of them.

WalletError
├── requests   the request itself: its frame, form, selectors or arguments
│   ├── MalformedError, FrameTooLongError, NotJsonError, NotUtf8Error, TooDeepError
│   ├── UnknownInstructionError, UnknownArgumentError, MissingArgumentError, BadValueError
│   └── ArgumentsClashError, RequestIdReusedError, PeriodReversedError, TooManyPeriodsError
├── accounts   the caller: not authenticated, not permitted, or an account in the wrong state
│   ├── NameTakenError, EmailTakenError, CommonPasswordError, PasswordIsNameError
│   ├── LoginRefusedError, WrongPasswordError, NewPasswordNeededError, ThrottledError
│   ├── ClientUnknownError, SessionUnknownError, SessionExpiredError, SessionTokenExistsError
│   ├── LifetimeTooLongError
│   ├── NotLoggedInError, AccountNotInSessionError, NotPermittedError, OwnPermissionError
│   ├── AccountFrozenError, AccountUnlinkPendingError, AccountNotUnlinkedError, WrongAccountStateError
│   └── LastOperatorError, TooManyIssuesError
├── credits    credits and time, and the wallets, clocks and sheets that hold them
│   ├── NotFoundError, WrongOwnerError, LastOneError, StillActiveError, NotRemovedError, SheetRemovedError
│   ├── NotEnoughCreditsError, NotEnoughTimeError, BalanceLimitError, DailyLimitReachedError
│   ├── PartnerUnknownError, PayeeChangedError, PartnerUnavailableError, PartnerBalanceLimitError
│   ├── OwnAccountError, SameHolderError
│   ├── NotAPaymentError, RefundExceedsPaymentError, AlreadyRefundedError
│   ├── LessThanOneCreditError, NoTimeLeftError, WrongTimerStateError
│   ├── MomentOutOfRangeError, RunEndedError
│   └── WalletNotEmptyError, ClockNotEmptyError, TimerUnderWayError
├── http       requests over HTTP that name no instruction
│   ├── NotHttpError, HeadTooLongError, RequestUnfinishedError, PathUnknownError, MethodNotAllowedError
│   └── NotAcceptableError, NotJsonTypeError, TokenMissingError
└── server     the engine, its storage and the server around it
    ├── OutcomeUnknownError, StorageFailedError
    ├── StorageUnavailableError: StorageDamagedError, StorageReplacedError
    ├── ClockInDoubtError, EngineFailedError, EngineClosedError
    ├── TooManyConnectionsError, TooManyFromAddressError, TooManyRequestsError, ServerBusyError
    ├── IdleTooLongError, LineUnfinishedError, ProxyHeaderError, ReaderTooSlowError, ServerStoppingError
    ├── NoListenerError, PortUnavailableError, TlsNeededError
    └── WorkerBusyError, WorkerFullError, OnlyCoreSuppliesError

An error is declared as data: its docstring says what it means, `error_text` and `warning_text` are its two
sentences, and every annotated name is an argument of the class, usable in the sentences and part of
`details` unless it is `InSentence`. Type checkers know the arguments by `dataclass_transform`; `dataclasses`
itself would take a third of a millisecond for each class at import.
"""

# No `from __future__ import annotations` in this package: the annotations are read when a class is made.

from collections.abc import Callable
from enum import StrEnum
from inspect import get_annotations
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeVar, dataclass_transform

T = TypeVar("T")
_IN_SENTENCE = object()
InSentence = Annotated[T, _IN_SENTENCE]
"""An argument that only completes a sentence, and is not part of `details`."""


class ErrorCategory(StrEnum):
    """What kind of problem an error is, with its meaning; over HTTP it gives the status."""

    meaning: str

    INVALID = "invalid", "The request itself is wrong: sent again as it is, it fails again."
    UNAUTHENTICATED = "unauthenticated", "There is no valid session, or no account is logged in to it."
    FORBIDDEN = "forbidden", "The caller is known, and may not do that."
    MISSING = "missing", "The caller has nothing with that id."
    CONFLICT = "conflict", "What is there now stands in the way, such as a name that is taken."
    REFUSED = "refused", "A rule about amounts, passwords or partners refuses these values."
    TOO_MANY = "too_many", "There were too many requests; a later one may be accepted."
    UNAVAILABLE = "unavailable", "The engine, its storage or its server can't do it now."

    def __new__(cls, value: str, meaning: str) -> Self:
        """A category, which is its name as text."""
        category = str.__new__(cls, value)
        category._value_ = value
        category.meaning = meaning
        return category


@dataclass_transform(eq_default=False)
class WalletError(Exception):
    """An instruction was not carried out, and nothing was changed.

    A subclass names its `code` and its `category`. A `transient` error depends on the caller or the moment;
    it is not remembered for its request id. A `logged` error is about the engine or its machine, so it is in
    the log too.
    """

    code: ClassVar[str]
    category: ClassVar[ErrorCategory]
    error_text: ClassVar[str] = ""
    warning_text: ClassVar[str] = ""
    transient: ClassVar[bool]
    logged: ClassVar[bool]

    _arguments: ClassVar[tuple[str, ...]] = ()
    _details: ClassVar[tuple[str, ...]] = ()

    after_rollback: Callable[[], None] | None = None

    def __init_subclass__(
        cls, *, code: str, category: ErrorCategory, transient: bool = False, logged: bool = False
    ) -> None:
        cls.code, cls.category, cls.transient, cls.logged = code, category, transient, logged
        declared = get_annotations(cls)
        cls._arguments = tuple(declared)
        cls._details = tuple(
            name for name, kind in declared.items() if _IN_SENTENCE not in getattr(kind, "__metadata__", ())
        )

    if TYPE_CHECKING:  # a class without arguments takes none

        def __init__(self) -> None: ...

    else:

        def __init__(self, *values, **named) -> None:
            super().__init__(*values)
            given = dict(zip(self._arguments, values, strict=False)) | named
            for name in self._arguments:
                setattr(self, name, given[name] if name in given else getattr(type(self), name))

    def __str__(self) -> str:
        return self.error

    @property
    def error(self) -> str:
        """One sentence that says what is wrong."""
        return self.error_text.format_map(vars(self))

    @property
    def warning(self) -> str:
        """One sentence that says what the user can do."""
        return self.warning_text.format_map(vars(self))

    @property
    def details(self) -> dict[str, Any]:
        """Facts for programs, such as the `field` at fault, a limit or a state."""
        values = {name: getattr(self, name) for name in self._details}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def with_after_rollback(self, after_rollback: Callable[[], None]) -> Self:
        """Have this called in the same transaction after the instruction's changes are undone."""
        self.after_rollback = after_rollback
        return self
