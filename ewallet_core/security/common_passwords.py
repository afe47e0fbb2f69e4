"""Recognizes passwords that are guessed within a few thousand tries, in time proportional to their length.

The words are those of zxcvbn. Its own estimate is not used, because a crafted password takes it seconds: it
tries every combination of the letters that the characters may stand for.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from zxcvbn.frequency_lists import FREQUENCY_LISTS

MOST_TRIES = 1_000
"""How many of the words of each list are tried in any spelling, backward and repeated."""
LONGEST_STEP = 5
"""How far apart the neighbours in a sequence may be, as in `acegikmo`."""

# One letter for each group of characters that are used for one another, as in `p@$$w0rd`.
_AS_ONE_LETTER = str.maketrans("4@8({[<3691!|l7+t0$5%2", "aabcccceggiiiiiiiossxz")
_FEW_FORMS = re.compile(r"..?|[0-9]{3}|(19|20)[0-9]{2}", re.DOTALL)


def is_common_password(password: str) -> bool:
    """Whether it is a common password, a common word in disguise, a sequence, or a repetition of little."""
    text = password.casefold()
    return text in _listed_passwords() or _is_soon_guessed(_repeated_part(text))


def _repeated_part(text: str) -> str:
    """The shortest text of which this one is a repetition; itself if it is none."""
    return text[: (text + text).find(text, 1)]


def _is_soon_guessed(part: str) -> bool:
    if _FEW_FORMS.fullmatch(part) or _is_sequence(part):
        return True
    spelled = part.translate(_AS_ONE_LETTER)
    return not _frequent_words().isdisjoint((spelled, spelled[::-1]))


def _is_sequence(text: str) -> bool:
    """Whether the characters are at equal distances from one another, as in `abcdefgh`."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1 and abs(*steps) <= LONGEST_STEP


@cache
def _listed_passwords() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


@cache
def _frequent_words() -> frozenset[str]:
    """The words of each list that are tried first, in the letters of `_AS_ONE_LETTER`."""
    words = (word for listed in FREQUENCY_LISTS.values() for word in listed[:MOST_TRIES])
    return frozenset(word.translate(_AS_ONE_LETTER) for word in words)
