"""What a change of the permission sheet comes to: when it is asked about first, and in which words."""

from __future__ import annotations

from ewallet_tui.places import OPERATOR
from ewallet_tui.widgets.permission_grid import Permission

REGISTERING = "client action new account"
SHOWN_EVERYWHERE = frozenset(
    {"client action view account", "client action view credit ewallet", "client action view credit clock"}
)
"""What the app can show nothing without."""
WHO = {"user": "Users", "operator": "Operators", "auditor": "Auditors"}


def saying(permission: Permission) -> str:
    """What the sheet says, in a sentence: `Users may not ask: system action view issues`."""
    verb = "may ask" if permission.allowed else "may not ask"
    return f"{WHO[permission.role]} {verb}: {permission.instruction}"


def toggling(permission: Permission) -> str:
    """What the opposite would come to, where that should be thought over; nothing where it needn't."""
    if permission.allowed:
        return _taking_away(permission)
    if permission.instruction.startswith("system ") and permission.role != OPERATOR:
        return f"{WHO[permission.role]} could then do what operators do: {permission.instruction}."
    return ""


def _taking_away(permission: Permission) -> str:
    who = WHO[permission.role]
    if permission.instruction == REGISTERING and permission.role == "user":
        return "Nobody could make an account any more."
    if permission.instruction in SHOWN_EVERYWHERE:
        return f"{who} would be locked out: the app can show them nothing without it."
    if permission.role == OPERATOR:
        return f"You and all operators could do that no more: {permission.instruction}."
    return ""
