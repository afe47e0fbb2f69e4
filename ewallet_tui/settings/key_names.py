"""Which keys there are, by their names."""

from __future__ import annotations

from textual.keys import Keys, key_to_character

MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
NAMES = frozenset(key.value for key in Keys if not key.value.startswith("<")) | {"space"}


def is_key(name: str) -> bool:
    """Whether a terminal can send a key of that name: `p`, `?`, `f5`, `ctrl+p`, `question_mark`."""
    *modifiers, key = name.split("+") if len(name) > 1 else [name]
    if len(key) == 1:
        is_known = key.isprintable() and not key.isspace()
    else:
        is_known = key in NAMES or key_to_character(key) is not None
    return is_known and MODIFIERS.issuperset(modifiers)
