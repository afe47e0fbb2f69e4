"""Viewing and editing the permission sheet, and viewing the requests that it refused."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.errors.accounts import OwnPermissionError
from ewallet_core.errors.requests import UnknownInstructionError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import NoArguments, Request, instruction
from ewallet_core.operations.answer_data import Timestamp
from ewallet_core.operations.context import Context
from ewallet_core.operations.permissions import allows, sheet_of
from ewallet_core.operations.requests import PageRequest
from ewallet_core.operations.sheet_kinds import email_of
from ewallet_core.storage.operators import permissions, refused_requests
from ewallet_core.types import PEOPLE, Role


class EditPermission(Request, frozen=True):
    """A role, an instruction, and whether it is allowed."""

    instruction: fields.InstructionName
    role: fields.RoleName
    allowed: fields.Flag


class RefusedRow(TypedDict):
    """A refused request: when, by which account, and from which address."""

    time: Timestamp
    account: str | None
    role: str
    instruction: str
    address: str


class _ViewPermissionsAnswer(TypedDict):
    permissions: dict[str, dict[str, bool]]


@instruction({"controller": "system", "action": "view", "view": "permissions"})
def view_permissions(_request: NoArguments, context: Context) -> _ViewPermissionsAnswer:
    """View the permission sheet: for each instruction, which roles may use it."""
    return _ViewPermissionsAnswer(
        permissions={
            entry.name: {str(role): allows(context, role, entry) for role in PEOPLE}
            for entry in sheet_of(context.environment.registry)
        }
    )


class _EditPermissionAnswer(TypedDict):
    instruction: str
    role: str
    allowed: bool


@instruction({"controller": "system", "action": "edit", "edit": "permission"})
def edit_permission(request: EditPermission, context: Context) -> _EditPermissionAnswer:
    """Allow or forbid an instruction to a role."""
    known = {entry.name: entry for entry in sheet_of(context.environment.registry)}
    if request.instruction not in known:
        raise UnknownInstructionError(
            request.instruction, context.environment.registry.nearest(request.instruction)
        )
    if request.role == Role.OPERATOR and request.instruction == EDIT_PERMISSION and not request.allowed:
        raise OwnPermissionError
    line = {"role": request.role, "instruction": request.instruction}
    permissions.delete(context.transaction, **line)
    permissions.add(context.transaction, **line, allowed=int(request.allowed), written_at=context.now)
    return _EditPermissionAnswer(instruction=request.instruction, role=request.role, allowed=request.allowed)


EDIT_PERMISSION = edit_permission.name


class _ViewRefusedRequestsAnswer(TypedDict):
    refusals: list[RefusedRow]
    next: int | None


@instruction({"controller": "system", "action": "view", "view": "refusals"})
def view_refused_requests(request: PageRequest, context: Context) -> _ViewRefusedRequestsAnswer:
    """View the requests that the permission sheet refused, newest first."""
    page, following = refused_requests.latest(context.transaction, request.before, request.limit)
    return _ViewRefusedRequestsAnswer(
        refusals=[
            {
                "time": timestamp(refused.at),
                "account": None if refused.account_id is None else email_of(context, refused.account_id),
                "role": refused.role,
                "instruction": refused.instruction,
                "address": refused.address,
            }
            for refused in page
        ],
        next=following,
    )
