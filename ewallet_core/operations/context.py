"""What a handler gets besides its arguments: transaction, time, caller, and slow work done before."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import msgspec

from ewallet_core.errors.accounts import NotLoggedInError
from ewallet_core.instructions.envelope import Answer, Credentials
from ewallet_core.instructions.registry import Instruction, InstructionRegistry, Request, WorkClass
from ewallet_core.ledger.journal import Issuer
from ewallet_core.ledger.rates import DEFAULT_MILLISECONDS_PER_CREDIT
from ewallet_core.metrics import Metrics
from ewallet_core.security.passwords import Passwords
from ewallet_core.security.tokens import RandomBytes
from ewallet_core.storage.accounts import Account, CallersAccount, accounts
from ewallet_core.storage.database import LEAST_CONNECTIONS, USUAL_CONNECTIONS
from ewallet_core.storage.operators import PermissionLine
from ewallet_core.storage.retention import DAY_MS, Retention
from ewallet_core.storage.sessions import CallersSession, ClientId, SeenRequest
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Clock, Wallet, clocks, wallets
from ewallet_core.types import SYSTEM_CORE_ID, Durability

IN_PROCESS = "in process"
LONGEST_SESSION_MS = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What the operator of the engine chooses.

    A session lives `session_lifetime_ms` from its last use, or as long as its client asks for, up to
    `longest_session_ms`. `self_supply` says whether users supply themselves, and `stop_in_the_past` whether
    they stop timers at an earlier moment; None means only in the engine's own process.
    """

    milliseconds_per_credit: int = DEFAULT_MILLISECONDS_PER_CREDIT
    session_lifetime_ms: int = 30 * 60_000
    longest_session_ms: int = LONGEST_SESSION_MS
    session_limit: int = 100
    self_supply: bool | None = None
    stop_in_the_past: bool | None = None
    durability: Durability = Durability.FULL
    database_connections: int = USUAL_CONNECTIONS
    retention: Retention = field(default_factory=Retention)

    def __post_init__(self) -> None:
        if min(self.milliseconds_per_credit, self.session_lifetime_ms, self.session_limit) < 1:
            raise ValueError("a rate, a lifetime and a limit are at least 1")
        if self.database_connections < LEAST_CONNECTIONS:
            raise ValueError(f"at least {LEAST_CONNECTIONS} connections to the database")
        if not 0 <= self.longest_session_ms <= LONGEST_SESSION_MS:
            raise ValueError("the longest session is at most 30 days")

    @property
    def longest_lifetime_ms(self) -> int:
        """The longest lifetime that a client may ask for."""
        return max(self.session_lifetime_ms, self.longest_session_ms)

    def lifetime_ms(self, asked_for: int | None) -> int:
        """How long a session lives from its last use if its client asked for that, None for the usual."""
        return self.session_lifetime_ms if asked_for is None else min(asked_for, self.longest_lifetime_ms)

    @classmethod
    def for_owner(cls) -> EngineConfig:
        """The choices if the engine's users need no operator: they own it."""
        return cls(self_supply=True, stop_in_the_past=True)


@dataclass(frozen=True, slots=True)
class Caller:
    """The origin of a request: its address and connection, or the live session or worker that sends it.

    `live_session_id` and `live_worker_id` are never read from a request: only the live objects set them.
    """

    address: str = IN_PROCESS
    connection: Hashable = None
    live_session_id: int | None = None
    live_worker_id: int | None = None

    @property
    def is_in_process(self) -> bool:
        """Whether it is the program that runs the engine, and not a client of it."""
        return self.address == IN_PROCESS


class Trace(msgspec.Struct):
    """What the log says about a request beside its answer, noted while it is carried out.

    `begun_at` is when it was begun, by `time.perf_counter`, and `group_size` how many changes were committed
    together with it, itself included.
    """

    begun_at: float | None = None
    group_size: int | None = None
    account_id: int | None = None
    session_id: int | None = None


class Call(msgspec.Struct, frozen=True):
    """A request after parsing: its instruction with typed arguments, its credentials and its caller.

    `order_key` is the same for calls that must run one after another; None if the order does not matter.
    `request_id` makes it safe to repeat, and the answer carries it. A `trace` is filled in if there is one.
    """

    instruction: Instruction
    request: Request
    credentials: Credentials
    request_id: str | None
    caller: Caller
    order_key: Hashable
    trace: Trace | None = None

    @property
    def name(self) -> str:
        return self.instruction.name

    @property
    def reply_id(self) -> str | None:
        return self.request_id

    @property
    def work_class(self) -> WorkClass:
        found = self.instruction.work_class
        return WorkClass.LONG if found is WorkClass.VIEW and self.request.takes_long() else found


INVALID = "invalid"


class InvalidCall(msgspec.Struct, frozen=True):
    """A request that can't be carried out; `answer` makes its answer, which may be slow."""

    answer: Callable[[], Answer]
    reply_id: str | None
    order_key: Hashable = None
    name: str = INVALID
    """The instruction's name if only its arguments are invalid; never words of the request itself."""
    trace: Trace | None = None
    work_class: ClassVar[WorkClass] = WorkClass.LONG


class ClockDoubt(msgspec.Struct, frozen=True):
    """What the wall clock showed when the doubt began, and what was expected, in milliseconds UTC."""

    shown: int
    expected: int


class Environment(msgspec.Struct, frozen=True):
    """What is the same for all instructions of an engine."""

    config: EngineConfig
    issuer: Issuer
    randomness: RandomBytes
    registry: InstructionRegistry
    metrics: Metrics
    listener: InstructionListener | None = None


class Context(msgspec.Struct, frozen=True):
    """The transaction, time and environment of one instruction, for a caller who need not be authenticated.

    While there is a `clock_doubt`, `now` is an instant that has certainly passed.

    The subclasses say what was authenticated: a client id, a session, or a session with its active account.
    """

    transaction: Transaction
    now: int
    clock_doubt: ClockDoubt | None
    environment: Environment
    caller: Caller
    credentials: Credentials
    request_id: str | None
    prepared: Any
    changed_rows_before: int

    @property
    def config(self) -> EngineConfig:
        return self.environment.config

    @property
    def issuer(self) -> Issuer:
        return self.environment.issuer

    @property
    def randomness(self) -> RandomBytes:
        return self.environment.randomness

    @property
    def has_changed_rows(self) -> bool:
        """Whether the instruction has changed anything, so that what was read before may no longer hold."""
        return self.transaction.writes and self.transaction.changed_rows != self.changed_rows_before

    @property
    def logged_in(self) -> CallersAccount | None:
        return None

    @property
    def supplies_itself(self) -> bool:
        """Whether users may supply themselves without an operator."""
        return self._is_chosen(self.config.self_supply)

    @property
    def may_stop_in_the_past(self) -> bool:
        """Whether users may stop a timer at an earlier moment, so that the time after it is not taken."""
        return self._is_chosen(self.config.stop_in_the_past)

    def _is_chosen(self, chosen: bool | None) -> bool:
        return self.caller.is_in_process if chosen is None else chosen

    @property
    def system_core(self) -> Account:
        return accounts.require(self.transaction, id=SYSTEM_CORE_ID)


class ClientContext(Context, frozen=True):
    client: ClientId


class SessionContext(Context, frozen=True):
    """The context of a caller with a session; `client` is None if the session belongs to no client.

    `permission` is what the permission sheet says about the instruction, and `seen` how the request was
    answered before.
    """

    session: CallersSession
    client: ClientId | None
    permission: PermissionLine
    seen: SeenRequest | None


class AccountContext(SessionContext, frozen=True):
    """The context of a caller with an account, as the account and its active wallet were found."""

    account: CallersAccount
    wallet_found: Wallet | None
    has_due_timer: bool

    @property
    def logged_in(self) -> CallersAccount:
        return self.account

    @property
    def full_account(self) -> Account:
        """The account with all that is stored of it, as it is now."""
        return accounts.require(self.transaction, id=self.account.id)

    @property
    def wallet(self) -> Wallet:
        """The active wallet with its credits as they are now."""
        if self.wallet_found is not None and not self.has_changed_rows:
            return self.wallet_found
        return wallets.require(self.transaction, id=self.account.ewallet_id)

    @property
    def clock(self) -> Clock:
        return clocks.require(self.transaction, id=self.wallet.clock_id)


def require_account(context: Context) -> AccountContext:
    """The same context, if an account is logged in; raises `NotLoggedInError` if none is."""
    if not isinstance(context, AccountContext):
        raise NotLoggedInError
    return context


class StalePreparationError(Exception):
    """The rows that the preparation was based on have changed since; it must be done again."""


class InstructionListener(Protocol):
    """The sockets on which instructions come in; each call returns at once, or raises a `WalletError`."""

    @property
    def ports(self) -> tuple[int, int] | None:
        """The ports of instructions and of events; None while it does not listen."""

    def start(self) -> str:
        """Get ready to open sockets; returns the state in one word."""

    def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        """Listen on these ports, 0 for any free one; returns the ports that it listens on."""

    def close(self) -> bool:
        """Stop listening; returns whether it is closed now."""


class Cleaners(Protocol):
    """The cleaners of this process, which remove what has expired; calls return at once."""

    def start(self, name: str) -> list[str]:
        """Start that cleaner, or `all`; returns the names of those that run."""

    def stop(self, name: str) -> list[str]:
        """Stop that cleaner, or `all`; returns the names of those still running."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is available before the transaction: reading, slow work, and the process itself."""

    look: Callable[[Callable[[Context], Any]], Any]
    passwords: Passwords
    cleaners: Cleaners
    listener: InstructionListener | None = None
