"""Passwords, tokens and the throttle on failed logins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewallet_core.security.common_passwords import is_common_password

__all__ = ["is_common_password"]


def __getattr__(name: str) -> Any:
    # zxcvbn reads 30,000 common passwords; only a new password needs it.
    if name == "is_common_password":
        from ewallet_core.security.common_passwords import is_common_password

        return is_common_password
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
