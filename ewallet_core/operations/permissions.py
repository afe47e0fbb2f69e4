"""The permission sheet: which role may use which instruction."""

from __future__ import annotations

from collections.abc import Iterator

from ewallet_core.errors.accounts import NotPermittedError
from ewallet_core.instructions.registry import Access, Instruction, InstructionRegistry
from ewallet_core.operations.context import Context, SessionContext
from ewallet_core.storage.operators import PermissionLine, read_permission_line, refused_requests
from ewallet_core.types import Role

SUPPLY = "client action supply credits"
SUPPLIERS = (Role.OPERATOR,)
"""Who may supply credits; users may supply themselves if the engine lets them."""


def allows(context: Context, role: Role, instruction: Instruction) -> bool:
    """Whether accounts of that role may use it: by the sheet, or else by the registry."""
    line = _line_about(context, role, instruction.name)
    if line.allowed is not None:
        return line.allowed
    return role in instruction.roles or (instruction.name == SUPPLY and _supplies_itself(context, role))


def may_supply(context: Context, role: Role) -> bool:
    """Whether accounts of that role may supply credits."""
    line = _line_about(context, role, SUPPLY)
    if line.allowed is not None:
        return line.allowed
    return role in SUPPLIERS or _supplies_itself(context, role)


def _supplies_itself(context: Context, role: Role) -> bool:
    return role is Role.USER and context.supplies_itself


def _line_about(context: Context, role: Role, instruction: str) -> PermissionLine:
    if isinstance(context, SessionContext) and not context.has_changed_rows:
        found = context.permission
        if role is found.role and instruction == found.instruction:
            return found
    return read_permission_line(context.transaction, role, instruction)


def _role_of(context: Context) -> Role:
    """The caller's role; a caller that is not logged in counts as a user."""
    return Role.USER if context.logged_in is None else context.logged_in.role


def sheet_of(registry: InstructionRegistry) -> Iterator[Instruction]:
    return (instruction for instruction in registry if instruction.is_on_permission_sheet)


def authorize(context: Context, instruction: Instruction) -> None:
    """Raise `NotPermittedError`, and record that, if the sheet forbids the instruction to the caller."""
    is_own_engine = instruction.access is Access.SYSTEM and context.caller.is_in_process
    if is_own_engine or not instruction.is_on_permission_sheet:
        return
    role = _role_of(context)
    if allows(context, role, instruction):
        return
    context.transaction.must_write()
    refused_requests.add(
        context.transaction,
        account_id=None if context.logged_in is None else context.logged_in.id,
        role=role,
        instruction=instruction.name,
        address=context.caller.address,
        at=context.now,
    )
    raise NotPermittedError
