"""What the permission sheet can't be made to say."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class OperatorsOwnPermission(Refusal):
    """Operators would lose the one permission by which they could get it back."""

    code = "operators_own_permission"

    def __init__(self) -> None:
        super().__init__(
            "Operators must be able to edit the permission sheet, or nobody could any more.",
            "Forbid it to other roles, or take the role of operator from an account.",
        )
