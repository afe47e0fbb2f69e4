"""Finding names by the beginnings of their words, for the palette and the help."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from textual.content import Content
from textual.style import Style

WORD = re.compile(r"\w+")
SMALL_WORDS = frozenset({"a", "an", "and", "from", "in", "my", "of", "on", "the", "this", "to"})
"""Left out of a text that has other words."""
EQUAL, BEGINS, BEGINS_SYNONYM, IN_NAME, IN_SYNONYM, IN_ALL = 1.0, 0.9, 0.8, 0.7, 0.6, 0.5
"""How well a text matches, best first."""


def folded(text: str) -> str:
    """The text without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


@lru_cache(maxsize=4_096)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, without the small ones unless it has no others."""
    words = tuple(WORD.findall(folded(text)))
    return tuple(word for word in words if word not in SMALL_WORDS) or words


def score(typed: str, name: str, synonyms: Sequence[str] = ()) -> float:
    """How well `typed` finds `name`: each of its words begins a word of it or of a synonym; 0: not at all.

    Two words may be typed as one: `logout`, `timezone`.
    """
    wanted, named, others = words_of(typed), words_of(name), [words_of(synonym) for synonym in synonyms]
    together = [*named, *(word for other in others for word in other)]
    ways = (
        (EQUAL, wanted in (named, *others)),
        (BEGINS, _begins(wanted, named)),
        (BEGINS_SYNONYM, any(_begins(wanted, other) for other in others)),
        (IN_NAME, _all_in(wanted, named)),
        (IN_SYNONYM, any(_all_in(wanted, other) for other in others)),
        (IN_ALL, len(wanted) > 1 and _all_in(wanted, together)),
    )
    return next((how_well for how_well, holds in ways if holds), 0) if wanted else 0


def highlighted(name: str, typed: str, style: Style | str) -> Content:
    """The name with the beginnings of the words that were typed in `style`."""
    shown, wanted = Content(name), words_of(typed)
    for found in WORD.finditer(name):
        word = folded(found.group())
        length = max((len(each) for each in wanted if word.startswith(each)), default=0)
        shown = shown.stylize(style, found.start(), found.start() + length) if length else shown
    return shown


def _begins(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words begin with what was typed, word for word or written as one."""
    pairs = zip(wanted, words, strict=False)
    in_order = len(wanted) <= len(words) and all(word.startswith(each) for each, word in pairs)
    return in_order or (len(wanted) < len(words) and _as_one(wanted, words))


def _all_in(wanted: Sequence[str], words: Sequence[str]) -> bool:
    starts = range(1, len(words))
    return all(any(word.startswith(each) for word in words) for each in wanted) or any(
        _as_one(wanted, words[start:]) for start in starts
    )


def _as_one(wanted: Sequence[str], words: Iterable[str]) -> bool:
    """Whether one typed word is several words written together: at least one of them whole."""
    first, *rest = words
    return len(wanted) == 1 and wanted[0].startswith(first) and "".join((first, *rest)).startswith(wanted[0])
