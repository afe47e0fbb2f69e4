"""The permission sheet: which role may use which instruction."""

from __future__ import annotations

from collections.abc import Iterator

from ewallet_core.errors.accounts import NotPermittedError
from ewallet_core.instructions.registry import Access, Instruction, InstructionRegistry
from ewallet_core.operations.context import Context
from ewallet_core.storage.operators import permissions, refused_requests
from ewallet_core.types import Role

SUPPLY = "client action supply credits"


def allows(context: Context, role: Role, asked: Instruction) -> bool:
    """Whether accounts of that role may use it: by the sheet, or else by the registry."""
    said = permissions.find(context.transaction, role=role, instruction=asked.name)
    if said is not None:
        return bool(said.allowed)
    return role in asked.roles or (asked.name == SUPPLY and role is Role.USER and context.supplies_itself)


def sheet_of(registry: InstructionRegistry) -> Iterator[Instruction]:
    """The instructions on the sheet, in the order of the registry."""
    return (asked for asked in registry if asked.is_on_permission_sheet)


def change(context: Context, role: Role, name: str, *, allowed: bool) -> None:
    """Set on the sheet whether that role may use the instruction of that name."""
    line = {"role": role, "instruction": name}
    permissions.delete(context.transaction, **line)
    permissions.insert(context.transaction, **line, allowed=int(allowed), written_at=context.now)


def authorize(context: Context, asked: Instruction) -> None:
    """Raise `NotPermittedError` if the sheet does not allow the instruction to the caller."""
    if not asked.is_on_permission_sheet:
        return
    if asked.access is Access.SYSTEM and context.is_in_process:
        return
    if not allows(context, _role(context), asked):
        raise NotPermittedError


def record_refused_request(context: Context, asked: Instruction) -> None:
    """Record that the sheet refused a request."""
    context.transaction.must_write()
    refused_requests.insert(
        context.transaction,
        account_id=None if context.logged_in is None else context.logged_in.id,
        role=_role(context),
        instruction=asked.name,
        address=context.address,
        at=context.now,
    )


def _role(context: Context) -> Role:
    """The caller's role; a caller that is not logged in counts as a user."""
    return Role.USER if context.logged_in is None else context.logged_in.role
