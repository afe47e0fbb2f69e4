"""The permission sheet: which role may use which instruction."""

from __future__ import annotations

from collections.abc import Iterator

from ewallet_core.errors.accounts import NotPermittedError
from ewallet_core.instructions.registry import Access, Instruction, InstructionRegistry
from ewallet_core.operations.context import Context
from ewallet_core.storage.operators import permissions, refused_requests
from ewallet_core.types import Role

SUPPLY = "client action supply credits"
SUPPLIERS = (Role.OPERATOR,)
"""Who may supply credits; users may supply themselves if the engine lets them."""


def allows(context: Context, role: Role, instruction: Instruction) -> bool:
    """Whether accounts of that role may use it: by the sheet, or else by the registry."""
    if instruction.name == SUPPLY:
        return may_supply(context, role)
    line = permissions.find(context.transaction, role=role, instruction=instruction.name)
    return role in instruction.roles if line is None else bool(line.allowed)


def may_supply(context: Context, role: Role) -> bool:
    """Whether accounts of that role may supply credits."""
    line = permissions.find(context.transaction, role=role, instruction=SUPPLY)
    if line is not None:
        return bool(line.allowed)
    return role in SUPPLIERS or (role is Role.USER and context.supplies_itself)


def sheet_of(registry: InstructionRegistry) -> Iterator[Instruction]:
    return (instruction for instruction in registry if instruction.is_on_permission_sheet)


def authorize(context: Context, instruction: Instruction) -> None:
    """Raise `NotPermittedError`, and record that, if the sheet forbids the instruction to the caller."""
    is_own_engine = instruction.access is Access.SYSTEM and context.caller.is_in_process
    if is_own_engine or not instruction.is_on_permission_sheet:
        return
    # A caller that is not logged in counts as a user.
    role = Role.USER if context.logged_in is None else context.logged_in.role
    if allows(context, role, instruction):
        return
    context.transaction.must_write()
    refused_requests.insert(
        context.transaction,
        account_id=None if context.logged_in is None else context.logged_in.id,
        role=role,
        instruction=instruction.name,
        address=context.caller.address,
        at=context.now,
    )
    raise NotPermittedError
