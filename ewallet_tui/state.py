"""AccountState: what the app knows of the account that is logged in, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self

from msgspec import Struct

from ewallet_core.errors.credits import LastOneError
from ewallet_core.presentation.clock_state import ClockState, instant_in

Verb = Literal["new", "view", "switch", "edit", "unlink"]
Instruction = dict[str, Any]


class OwnedItemKind(Struct, frozen=True):
    """A kind of thing that an account has several of, and its names in the engine's instructions."""

    noun: str
    group: str
    member: str
    """An instruction about one is `action=<verb> <verb>=<group> <group>=<member>`."""
    id_name: str
    when_unlinked: str = ""
    """A sentence about what becomes of its records, of a sheet or list."""

    @property
    def answer_key(self) -> str:
        """The key of its id in the engine's answers."""
        return f"credit_{self.member}" if self.group == "credit" else self.noun.replace(" ", "_")

    def instruction(self, verb: Verb, id: int | None = None) -> Instruction:
        """The instruction with that verb; without an id it is about the active one, or a new one."""
        named = {} if id is None else {self.id_name: id}
        return {"action": verb, verb: self.group, self.group: self.member, **named}


_RECORDS_GO = "The journal keeps what its records say."

WALLET = OwnedItemKind("wallet", "credit", "ewallet", "ewallet_id")
CLOCK = OwnedItemKind("clock", "credit", "clock", "clock_id")
TRANSFER_SHEET = OwnedItemKind("transfer sheet", "transfer", "list", "sheet_id", _RECORDS_GO)
INVOICE_SHEET = OwnedItemKind("invoice sheet", "invoice", "list", "sheet_id", _RECORDS_GO)
CONVERSION_SHEET = OwnedItemKind("conversion sheet", "conversion", "list", "sheet_id", _RECORDS_GO)
TIME_SHEET = OwnedItemKind("time sheet", "time", "list", "sheet_id", _RECORDS_GO)
CONTACT_LIST = OwnedItemKind(
    "contact list", "contact", "list", "list_id", "They can still be paid by their email."
)


class OwnedItems(Struct, frozen=True):
    """All items of one kind by id, and the id of the active one."""

    active: int
    names: Mapping[int, str]

    @classmethod
    def read(cls, owner: Mapping[str, Any], key: str) -> Self:
        """The items under `key` and `<key>_archive` in the data of their owner."""
        names = {int(id): name for id, name in owner[f"{key}_archive"].items()}
        return cls(owner[key], dict(sorted(names.items())))

    def beside(self, id: int, steps: int) -> int:
        """The id `steps` further; after the last comes the first."""
        ids = list(self.names)
        at = ids.index(id) if id in ids else ids.index(self.active)
        return ids[(at + steps) % len(ids)]


def owned_items_of(
    account: Mapping[str, Any], wallet: Mapping[str, Any], clock: Mapping[str, Any]
) -> dict[OwnedItemKind, OwnedItems]:
    """The items of every kind, from the data of an account, its active wallet and its active clock."""
    return {
        WALLET: OwnedItems.read(account, "ewallet"),
        CONTACT_LIST: OwnedItems.read(account, "contact_list"),
        CLOCK: OwnedItems.read(wallet, "clock"),
        TRANSFER_SHEET: OwnedItems.read(wallet, "transfer_sheet"),
        INVOICE_SHEET: OwnedItems.read(wallet, "invoice_sheet"),
        CONVERSION_SHEET: OwnedItems.read(clock, "conversion_sheet"),
        TIME_SHEET: OwnedItems.read(clock, "time_sheet"),
    }


class Obstacle(NamedTuple):
    """Why an item can't be removed, and what to do about it."""

    reason: str
    remedy: str


def obstacle_to(kind_of_item: OwnedItemKind, state: AccountState) -> Obstacle | None:
    """What prevents removing any item of that kind."""
    if len(state.owned[kind_of_item].names) > 1:
        return None
    error = LastOneError(kind_of_item.noun, field="")
    return Obstacle(error.error, error.warning)


class AccountInfo(Struct, frozen=True):
    id: int
    name: str
    email: str
    phone: str
    alias: str
    state: str
    role: str
    created: datetime | None
    must_change_email: bool = False
    """Whether an older account has the same email in another spelling."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            id=data["id"],
            name=data["name"],
            email=data["email"],
            phone=data["phone"] or "",
            alias=data["alias"] or "",
            state=data["state"],
            role=data["role"],
            created=instant_in(data["create_date"]),
            must_change_email=bool(data.get("must_change_email")),
        )


class WalletState(Struct, frozen=True):
    id: int
    reference: str
    credits: int

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        return cls(id=data["id"], reference=data["reference"] or "", credits=data["credits"])


def clock_name(name: str, wallet: str, names: Iterable[str] | None) -> str:
    """A clock's name, with its wallet's if several of the account's clocks have it.

    `names` are those of all its clocks; `None` if not all are known.
    """
    is_unique = names is not None and [each.casefold() for each in names].count(name.casefold()) < 2
    return name if is_unique else f"{name} in {wallet}"


class AccountState(Struct, frozen=True):
    """The logged-in account with its active wallet and clock, and the accounts logged in beside it."""

    account: AccountInfo
    wallet: WalletState
    clock: ClockState
    accounts: Mapping[str, str]
    owned: Mapping[OwnedItemKind, OwnedItems]
    timers: tuple[ClockState, ...] = ()
    """The clocks besides the active one whose timers have begun."""
    activity: tuple[Mapping[str, Any], ...] = ()
    """The newest records of all kinds, newest first, each with its `kind` and `record_data`."""
    balance_history: tuple[int, ...] = ()
    """The credits of the active wallet at the end of each of the last days, and now."""
    may_supply: bool = True
    """Whether the user may supply credits; on a server the operator decides that."""

    @classmethod
    def read(
        cls,
        overview: Mapping[str, Any],
        session_data: Mapping[str, Any],
        read_at: float,
    ) -> Self:
        account, wallet, clock = (overview[key] for key in ("account_data", "ewallet_data", "clock_data"))
        return cls(
            account=AccountInfo.read(account),
            wallet=WalletState.read(wallet),
            clock=ClockState.read(clock, read_at),
            accounts=_accounts_now(session_data, account),
            owned=owned_items_of(account, wallet, clock),
            timers=tuple(
                ClockState.read(begun, read_at) for begun in overview["timers"] if begun["id"] != clock["id"]
            ),
            activity=tuple(overview["activity"]),
            balance_history=tuple(day["credits"] for day in overview["balance_history"]),
            may_supply=overview["may_supply"],
        )

    @property
    def with_begun_timer(self) -> tuple[ClockState, ...]:
        """Every clock whose timer has begun, also if it has run out meanwhile, the active one first."""
        return (self.clock, *self.timers) if self.clock.runs else self.timers

    def name_of(self, clock: ClockState) -> str:
        """The clock's name, with its wallet's if several clocks have it, or if that is another wallet.

        Of the clocks of other wallets, only those whose timers have begun are known.
        """
        here, wallets = (self.wallet.id, 0), self.owned[WALLET].names
        if clock.wallet_id not in here:
            return clock_name(clock.reference, wallets.get(clock.wallet_id, "another wallet"), None)
        elsewhere = (other.reference for other in self.timers if other.wallet_id not in here)
        names = (*self.owned[CLOCK].names.values(), *elsewhere)
        return clock_name(clock.reference, self.wallet.reference, names)

    @property
    def has_other_clocks(self) -> bool:
        """Whether there is a clock besides the active one: every wallet has one at least."""
        return len(self.owned[CLOCK].names) > 1 or len(self.owned[WALLET].names) > 1

    def begun(self, now: float) -> tuple[ClockState, ...]:
        """The clocks whose timers have begun and not run out at `now`, the active one first."""
        return (*([self.clock] if self.clock.runs else []), *self.others_begun(now))

    def others_begun(self, now: float) -> tuple[ClockState, ...]:
        """The clocks besides the active one whose timers have begun and not run out at `now`."""
        return tuple(clock for clock in self.timers if not clock.is_out_of_time(now))


def _accounts_now(session_data: Mapping[str, Any], active: Mapping[str, Any]) -> dict[str, str]:
    """Names by email of the session's accounts; those of the active one are its current ones."""
    edited = {session_data["session_user_account"]: (active["email"], active["name"])}
    archive = session_data["session_account_archive"]
    return dict(edited.get(email, (email, name)) for email, name in archive.items())
