"""Examples of viewing and editing permissions, and of the refused requests."""

from __future__ import annotations

from answer_shapes import EMAIL, TIMESTAMP, MapOf, Maybe
from example import Example

VIEW_PERMISSIONS = {"controller": "system", "action": "view", "view": "permissions"}
VIEW_REFUSALS = {"controller": "system", "action": "view", "view": "refusals"}


def edit_permission(instruction: str, role: str, allowed: bool) -> dict[str, object]:
    return {
        "controller": "system",
        "action": "edit",
        "edit": "permission",
        "instruction": instruction,
        "role": role,
        "allowed": allowed,
    }


_BY_ROLE = {"user": bool, "operator": bool, "auditor": bool}
_REFUSED = {"time": TIMESTAMP, "account": Maybe(EMAIL), "role": str, "instruction": str, "address": str}

EXAMPLES = (
    Example("anonymous", VIEW_PERMISSIONS, {"permissions": MapOf(r"(client|system) action .+", _BY_ROLE)}),
    Example(
        "anonymous",
        edit_permission("client action supply credits", "user", False),
        {"instruction": str, "role": str, "allowed": bool},
    ),
    Example(
        "anonymous",
        VIEW_REFUSALS,
        {"refusals": [_REFUSED], "next": Maybe(int)},
        optional={"limit": 10, "before": 5},
    ),
)
