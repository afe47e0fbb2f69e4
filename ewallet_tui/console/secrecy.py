"""What must never be seen, copied or kept, told by its name alone: passwords, client ids and tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DOT = "\N{BULLET}"
DOTS = DOT * 8
"""What stands for a secret: always as many, so that not even its length is told."""

# A part of the name is enough, so that one with a typing mistake in it is hidden too. A count is no secret.
_SECRET = re.compile(r"pas|pwd|tok(?!ens$)|secret|client_id", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether the value of that name must not be shown, as an argument or in an answer."""
    return _SECRET.search(name) is not None


def masked(value: Any, name: str = "") -> Any:
    """A copy with every secret in it as dots, however deep it lies."""
    if value is not None and is_secret(name):
        return DOTS
    if isinstance(value, Mapping):
        return {key: masked(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part) for part in value]
    return value
