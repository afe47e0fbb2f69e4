"""What makes two names or emails the same."""

from __future__ import annotations

import unicodedata


def key_of(name: str) -> str:
    """What makes two names or emails the same: their letters, whatever their case or encoding."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
