"""What an action is given besides its arguments: the transaction, the time, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from ewallet_core.errors.accounts import NotLoggedInError, SessionUnknownError
from ewallet_core.instructions.envelope import Call
from ewallet_core.instructions.registry import InstructionRegistry
from ewallet_core.ledger.journal import Issuer
from ewallet_core.ledger.rates import DEFAULT_MILLISECONDS_PER_CREDIT
from ewallet_core.security.passwords import Passwords
from ewallet_core.security.tokens import RandomBytes
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.sessions import ClientId, Session
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Clock, Wallet, clocks, wallets

SYSTEM_CORE_ID = 1
IN_PROCESS = "in process"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What whoever runs the engine may choose.

    `self_supply` tells whether users supply themselves; None: only those in the engine's own process.
    """

    milliseconds_per_credit: int = DEFAULT_MILLISECONDS_PER_CREDIT
    session_lifetime_ms: int = 30 * 60_000
    session_limit: int = 100
    self_supply: bool | None = None

    def __post_init__(self) -> None:
        if min(self.milliseconds_per_credit, self.session_lifetime_ms, self.session_limit) < 1:
            raise ValueError("a rate, a lifetime and a limit are at least 1")


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one instruction, inside its transaction.

    `live_session_id` and `live_worker_id` are never read from a request: they are how the live object of a
    session or a worker speaks for itself.
    """

    transaction: Transaction
    now: int
    config: EngineConfig
    issuer: Issuer
    randomness: RandomBytes
    call: Call
    address: str
    registry: InstructionRegistry
    listener: Listener | None = None
    live_session_id: int | None = None
    live_worker_id: int | None = None
    client: ClientId | None = None
    open_session: Session | None = None
    logged_in: Account | None = None
    prepared: Any = None

    def within(self, session: Session) -> Context:
        """The same circumstances in that session."""
        return replace(self, open_session=session)

    @property
    def session(self) -> Session:
        """The session that asks; raises `SessionUnknownError` where there is none."""
        if self.open_session is None:
            raise SessionUnknownError
        return self.open_session

    @property
    def account(self) -> Account:
        """The account that asks; raises `NotLoggedInError` where nobody is logged in."""
        if self.logged_in is None:
            raise NotLoggedInError
        return self.logged_in

    @property
    def is_in_process(self) -> bool:
        """Whether it comes from the program that runs the engine, and not from a client of it."""
        return self.address == IN_PROCESS

    @property
    def supplies_itself(self) -> bool:
        """Whether a user who asks may be supplied without an operator (PROTOCOL section 5)."""
        chosen = self.config.self_supply
        return self.is_in_process if chosen is None else chosen

    @property
    def system_core(self) -> Account:
        """The issuer's account."""
        return accounts.require(self.transaction, id=SYSTEM_CORE_ID)

    @property
    def wallet(self) -> Wallet:
        """The active wallet of the account that asks."""
        return wallets.require(self.transaction, id=self.account.ewallet_id)

    @property
    def clock(self) -> Clock:
        """The active clock of the active wallet."""
        return clocks.require(self.transaction, id=self.wallet.clock_id)


class StalePreparationError(Exception):
    """What the slow work was done on has changed since; it is to be done again."""


class Listener(Protocol):
    """Where instructions come in from other machines; each call returns at once, or raises a `WalletError`."""

    @property
    def ports(self) -> tuple[int, int] | None:
        """The ports on which instructions come in and events go out; None while it listens on none."""
        ...

    def start(self) -> str:
        """Make it ready for its sockets; returns the state it is in, in a word."""
        ...

    def open(self, in_port: int, out_port: int) -> tuple[int, int]:
        """Listen on these ports, where 0 is any free one; returns the ports that it listens on."""
        ...

    def close(self) -> bool:
        """Listen no more; returns whether it is closed now."""
        ...


class Cleaners(Protocol):
    """What removes by itself, in this process, whatever has expired; calls return at once."""

    def start(self, name: str) -> list[str]:
        """Start that cleaner, or `all`; returns the names of those that run."""
        ...

    def stop(self, name: str) -> list[str]:
        """Stop that cleaner, or `all`; returns the names of those that run on."""
        ...


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is reached before the transaction: a look at what is kept, slow work, and the process itself."""

    look: Callable[[Callable[[Context], Any]], Any]
    passwords: Passwords
    cleaners: Cleaners
    listener: Listener | None = None
