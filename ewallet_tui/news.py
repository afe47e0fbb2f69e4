"""What happened to the account elsewhere that its owner should be told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEW_ADDRESS = "login_from_new_address"
ENDS_SOON = "session_about_to_end"
"""What the app answers by using the session, so that nobody need be told."""


def warning_of(event: Mapping[str, Any]) -> tuple[str, str] | None:
    """The title and the sentence of a warning, where the event calls for one."""
    if event["event"] != NEW_ADDRESS:
        return None
    return (
        f"Somebody logged in to this account from {event['data']['address']}.",
        "If it was not you, change your password: that ends every other session.",
    )
