"""What an account has several of, one of them active: wallets, clocks, sheets, contact lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

Verb = Literal["new", "view", "switch", "edit", "unlink"]
Instruction = dict[str, Any]


@dataclass(frozen=True)
class Belonging:
    """One kind of them, and how the engine's instructions name it."""

    noun: str
    """What people call one."""
    group: str
    member: str
    """An instruction about one is `action=<verb> <verb>=<group> <group>=<member>`."""
    id_name: str
    """The argument that says which one."""
    when_unlinked: str
    """What becomes of what is in it, in a sentence."""

    @property
    def nouns(self) -> str:
        """What people call several."""
        return f"{self.noun}s"

    @property
    def answer_key(self) -> str:
        """The key under which the engine's answers have the number of one."""
        return f"credit_{self.member}" if self.group == "credit" else self.noun.replace(" ", "_")

    def instruction(self, verb: Verb, id: int | None = None) -> Instruction:
        """What `verb` is called for one of them; for the active one, or a new one, without an id."""
        named = {} if id is None else {self.id_name: id}
        return {"action": verb, verb: self.group, self.group: self.member, **named}


_RECORDS_GO = "Its records go with it; what they say stays in the journal."

WALLET = Belonging(
    "wallet",
    "credit",
    "ewallet",
    "ewallet_id",
    "Its clocks and sheets go with it. It must be empty.",
)
CLOCK = Belonging("clock", "credit", "clock", "clock_id", "Its sheets go with it. It must be empty.")
TRANSFER_SHEET = Belonging("transfer sheet", "transfer", "list", "sheet_id", _RECORDS_GO)
INVOICE_SHEET = Belonging("invoice sheet", "invoice", "list", "sheet_id", _RECORDS_GO)
CONVERSION_SHEET = Belonging("conversion sheet", "conversion", "list", "sheet_id", _RECORDS_GO)
TIME_SHEET = Belonging("time sheet", "time", "list", "sheet_id", _RECORDS_GO)
CONTACT_LIST = Belonging("contact list", "contact", "list", "list_id", "Its contacts go with it.")


@dataclass(frozen=True)
class Owned:
    """All that an account has of one kind, by number, and which of them is the active one."""

    active: int
    names: Mapping[int, str]

    @classmethod
    def read(cls, owner: Mapping[str, Any], key: str) -> Self:
        """What the data of their owner says of them under `key` and `<key>_archive`."""
        names = {int(id): name for id, name in owner[f"{key}_archive"].items()}
        return cls(owner[key], dict(sorted(names.items())))

    def beside(self, id: int, steps: int) -> int:
        """The one that is so many steps from that one, round and round."""
        ids = list(self.names)
        at = ids.index(id) if id in ids else ids.index(self.active)
        return ids[(at + steps) % len(ids)]


def owned_by(
    account: Mapping[str, Any], wallet: Mapping[str, Any], clock: Mapping[str, Any]
) -> dict[Belonging, Owned]:
    """What the data of an account, its active wallet and its active clock say that there is."""
    return {
        WALLET: Owned.read(account, "ewallet"),
        CONTACT_LIST: Owned.read(account, "contact_list"),
        CLOCK: Owned.read(wallet, "clock"),
        TRANSFER_SHEET: Owned.read(wallet, "transfer_sheet"),
        INVOICE_SHEET: Owned.read(wallet, "invoice_sheet"),
        CONVERSION_SHEET: Owned.read(clock, "conversion_sheet"),
        TIME_SHEET: Owned.read(clock, "time_sheet"),
    }
