"""Every instruction, sent by every kind of caller about things of another account: nothing leaks or changes.

The instructions and their arguments are read from the registry, so a new one is covered as it is added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import pytest
from database_file import execute_sql, open_rows
from engine_client import EngineClient
from instructions import PAUSE, START, STOP, Instruction, login, supply, to_clock

from ewallet_core import EWalletSessionManager
from ewallet_core.engine import authentication, execution
from ewallet_core.errors.base import WalletError
from ewallet_core.handlers import REGISTRY, SECTIONS
from ewallet_core.instructions.reference import entry_of, everything
from ewallet_core.instructions.registry import Access, read_request
from ewallet_core.instructions.registry import Instruction as RegisteredInstruction
from ewallet_core.instructions.validation import is_whole_number, meta_of
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage.rows import Rows
from ewallet_core.types import Role

MARK = "privatemark"
"""A word in every text of the victim's."""
VICTIM = f"{MARK}@example.org"
VICTIMS_CREDITS = 7_654_321
# Those of the examples in the reference.
BYSTANDER, PASSWORD = "ada", "correct horse battery"
LARGEST_ID = 2**63 - 1
REMOTE = "192.0.2.7"

ENTRIES = {
    documented.found.name: entry_of(documented)
    for documented in everything(SECTIONS)
    if documented.section.registry is REGISTRY
}
NAMES = tuple(ENTRIES)


class Kind(StrEnum):
    """Who sends the instruction."""

    VISITOR = "visitor"
    USER = "user"
    FROZEN = "frozen"
    OPERATOR = "operator"
    AUDITOR = "auditor"

    @property
    def role(self) -> Role:
        return Role(self.value) if self in (Kind.OPERATOR, Kind.AUDITOR) else Role.USER


each_kind = pytest.mark.parametrize("kind", Kind)


def new_account(name: str) -> Instruction:
    email = f"{name.replace(' ', '')}@example.org"
    return {"action": "new", "new": "account", "user_name": name, "user_pass": PASSWORD, "user_email": email}


@dataclass
class World:
    """An engine with a victim, who has something of everything, and a bystander with the examples' email."""

    engine: EWalletSessionManager
    url: str
    callers: int = 0

    def __post_init__(self) -> None:
        self._database = open_rows(self.url)
        victim = EngineClient(self.engine).open_session()
        victim.request(**new_account(BYSTANDER))
        victim.request(**{**new_account(MARK), "user_phone": MARK, "user_alias": MARK})
        victim.request(**login(MARK, PASSWORD))
        fill(victim)
        self.victim = victim

    def close(self) -> None:
        self._database.close()

    def version(self) -> object:
        """Another value once anything was changed, whatever it is."""
        return self._database.version()

    def caller(self, kind: Kind) -> EngineClient:
        """A new caller of that kind, with an account that has credits and minutes of its own."""
        self.callers += 1
        caller = EngineClient(self.engine).open_session()
        if kind is not Kind.VISITOR:
            name = f"caller {self.callers}"
            caller.request(**new_account(name))
            caller.request(**login(name, PASSWORD))
            for instruction in (supply(100), to_clock(20), START, PAUSE):
                caller.request(**instruction)
            state = "frozen" if kind is Kind.FROZEN else "active"
            execute_sql(
                self.url, "UPDATE accounts SET role = ?, state = ? WHERE name = ?", kind.role, state, name
            )
        caller.address = REMOTE
        return caller

    @cached_property
    def victims_ids(self) -> list[int]:
        """The ids of all that is the victim's, in any table."""
        ids = {row["id"] for rows in self.victims_rows().values() for row in rows if "id" in row}
        return sorted(ids)

    def victims_rows(self) -> dict[str, list[dict[str, Any]]]:
        """The victim's rows of every table, and the permission sheet, which concerns everyone."""
        (account,) = self._database.rows("SELECT id FROM accounts WHERE name = ?", MARK)
        found = {"permissions": self._database.rows("SELECT * FROM permissions")}
        for name, rows in self._database.significant_rows().items():
            owner = "id" if name == "accounts" else "account_id"
            found[name] = [row for row in rows if row.get(owner) == account["id"]]
        return found


def fill(victim: EngineClient) -> None:
    victim.request(**supply(VICTIMS_CREDITS, notes=MARK))
    pay = {"action": "pay", "pay": f"{BYSTANDER}@example.org", "credits": 5, "notes": MARK}
    for instruction in (pay, to_clock(20, notes=MARK), START, STOP, {**START, "notes": MARK, "tags": MARK}):
        victim.request(**instruction)
    for holder in ("ewallet", "clock"):
        victim.request(action="new", new="credit", credit=holder, reference=MARK)
    for kind in ("transfer", "invoice", "conversion", "time", "contact"):
        victim.request(action="new", new=kind, **{kind: "list"}, reference=MARK)
    contact = {"user_name": MARK, "user_email": VICTIM.replace("@", "-friend@"), "notes": MARK}
    for _ in range(2):
        added = victim.request(action="new", new="contact", contact="record", **contact)
    removed = {"unlink": "contact", "contact": "record", "record_id": added["contact_record"]}
    victim.request(action="unlink", **removed)
    victim.request(action="report", report="issue", issue={"name": MARK, "details": MARK})


def is_id(field_type: Any) -> bool:
    """Whether the argument is the number of a thing, or a cursor, which contains one."""
    meta = meta_of(field_type)
    return is_whole_number(field_type) and (meta.ge, meta.le) == (1, LARGEST_ID)


def requests_about(found: RegisteredInstruction, ids: Iterable[int]) -> Iterator[Instruction]:
    """The example of the instruction, and those with each of these ids in each of its arguments for ids."""
    example, selectors = ENTRIES[found.name].example, found.forms[0]
    arguments = {name: value for name, value in example.items() if name not in selectors}
    yield example
    names = [name for name, argument in found.arguments.items() if is_id(argument.type)]
    for number in ids:
        for chosen in (*([name] for name in names), *([names] if len(names) > 1 else ())):
            if (with_ids := combined(found, arguments, dict.fromkeys(chosen, number))) is not None:
                yield {**selectors, **with_ids}


def combined(found: RegisteredInstruction, arguments: Instruction, ids: Instruction) -> Instruction | None:
    """The arguments with the ids, without one that excludes them; None if the ids exclude each other."""
    for left_out in ((), *([name] for name in arguments if name not in ids)):
        kept = {name: value for name, value in arguments.items() if name not in left_out} | ids
        try:
            read_request(found, kept)
        except WalletError:
            continue
        return kept
    return None


def expected_refusal(kind: Kind, found: RegisteredInstruction) -> str | None:
    """The code by which the caller must be refused, whatever the arguments; None if it may be answered."""
    if found.access in (Access.ACCOUNT, Access.SYSTEM):
        if kind is Kind.VISITOR:
            return "not_logged_in"
        if kind is Kind.FROZEN:
            return "account_frozen"
    return "not_permitted" if found.is_on_permission_sheet and kind.role not in found.roles else None


def problems(world: World, kind: Kind, names: Iterable[str] = NAMES) -> list[str]:
    """What the instructions tell or change of the victim's, and which are not refused as they should be."""
    caller, found = world.caller(kind), []
    version, before = world.version(), world.victims_rows()
    for name in names:
        instruction = REGISTRY.find(ENTRIES[name].example)[0]
        refusal = expected_refusal(kind, instruction)
        is_for_operators = instruction.access is Access.SYSTEM and refusal is None
        if is_for_operators and instruction.changes:
            # The sheet lets operators change what is others'.
            continue
        for request in requests_about(instruction, world.victims_ids if refusal is None else ()):
            answer = caller.send(**request)
            told = json.dumps({key: value for key, value in answer.items() if key != "warning"}).casefold()
            if not is_for_operators and (MARK in told or str(VICTIMS_CREDITS) in told):
                found.append(f"{request} tells {told}")
            if refusal is not None and answer.get("code") != refusal:
                found.append(f"{request} is not {refusal}: {answer}")
            is_owners = refusal is None and instruction.access is Access.ACCOUNT
            if is_owners and answer.get("code") in ("not_logged_in", "account_frozen", "not_permitted"):
                found.append(f"{request} is {answer['code']}")
            if instruction.changes and not answer["failed"]:
                caller = world.caller(kind)
        if (now := world.version()) == version:
            continue
        version = now
        if (after := world.victims_rows()) != before:
            found.append(f"{name} has changed something")
            before = after
    return found


@pytest.fixture
def world(open_engine, wallet_url) -> Iterator[World]:
    world = World(open_engine(config=EngineConfig(stop_in_the_past=True)), wallet_url)
    yield world
    world.close()


@each_kind
def test_no_instruction_tells_or_changes_anything_of_another_account(world, kind):
    assert problems(world, kind) == []


# Holes that these checks must find


def found_by_anyone(rows: Rows[Any], transaction: Any, **equal: Any) -> Any:
    """As `Rows.find`, whichever account the row belongs to."""
    columns = {name: value for name, value in equal.items() if name != "account_id" or len(equal) == 1}
    return transaction.one(rows._select(*columns), rows.row_type, **columns)


def test_a_lookup_without_the_owner_is_found(world, monkeypatch):
    monkeypatch.setattr(Rows, "find", found_by_anyone)
    about_wallets = [name for name in NAMES if "credit ewallet" in name]
    found = problems(world, Kind.USER, about_wallets)
    assert any("tells" in problem for problem in found)
    assert any("changed" in problem for problem in found)


def test_a_missing_check_of_the_role_is_found(world, monkeypatch):
    monkeypatch.setattr(execution, "authorize", lambda *_: None)
    for kind in (Kind.USER, Kind.AUDITOR):
        assert any("is not not_permitted" in problem for problem in problems(world, kind, NAMES[-20:]))


def test_a_missing_check_of_the_state_is_found(world, monkeypatch):
    monkeypatch.setattr(authentication, "why_not_active", lambda _: None)
    found = problems(world, Kind.FROZEN, NAMES[:20])
    assert any("is not account_frozen" in problem for problem in found)


def test_a_session_opens_with_both_of_its_tokens_only(world):
    stranger = EngineClient(world.engine).open_session()
    own, victims = stranger.credentials, world.victim.credentials
    for client, token in ((own, victims), (victims, own)):
        stranger.credentials = {"client_id": client["client_id"], "session_token": token["session_token"]}
        for name, entry in ENTRIES.items():
            found = REGISTRY.find(entry.example)[0]
            if found.access not in (Access.ANYBODY, Access.CLIENT):
                stranger.address = REMOTE
                assert stranger.send(**entry.example)["code"] == "session_unknown", name
