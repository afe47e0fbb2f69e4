"""What every layer uses: roles, record types, the comparison key of names and emails, and tags of runs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum


class Role(StrEnum):
    """`issuer` is the role of the system core account, which has no login."""

    USER = "user"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ISSUER = "issuer"


PEOPLE = (Role.USER, Role.OPERATOR, Role.AUDITOR)
"""The roles that can log in: the columns of the permission sheet."""


class RecordType(StrEnum):
    """The type of the records on a sheet or contact list."""

    TRANSFER = "transfer"
    INVOICE = "invoice"
    CONVERSION = "conversion"
    TIME = "time"
    CONTACT = "contact"


class Durability(StrEnum):
    """What a change survives once it was answered: always the end of the process.

    With `full`, also a power failure of the machine; with `normal`, the latest changes may then be lost.
    """

    FULL = "full"
    NORMAL = "normal"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


TRANSFER_WORDS = {
    "supply": "supplied",
    "payment": "paid",
    "transfer": "sent",
    "refund": "refunded",
    "incoming": "received",
}
CONVERSION_WORDS = {"credits2clock": "converted to time", "clock2credits": "converted to credits"}
MOVED = "moved"
"""What a transfer between own wallets or clocks is called."""
INVOICE_WORDS = {"sale": "sold", "purchase": "bought"}
COMES_IN = frozenset({"supply", "incoming", "clock2credits"})
"""The types of transfers and conversions that add credits to the record's own side."""

SYSTEM_CORE_ID = 1
SYSTEM_CORE_EMAIL = "core@ewallet.local"
"""The email of the issuer's account."""


def user_key(name: str) -> str:
    """The key by which names and emails are compared: case and Unicode form make no difference."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


MOST_TAGS = 10
LONGEST_TAG = 32
ANY_END = "*"
"""At the end of a searched tag: any tag that begins so."""
_BETWEEN_TAGS = re.compile(r"[\s,]+")
# Parts of visible characters: emoji and some scripts need them between or after others.
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"


def tags_in(words: str | Sequence[str]) -> tuple[str, ...]:
    """The tags of a run, each once, from a list of them or from a text with spaces or commas between them.

    Letter case makes no difference, and a tag may be written with `#` before it.
    """
    written = filter(None, _BETWEEN_TAGS.split(words)) if isinstance(words, str) else words
    tags = (unicodedata.normalize("NFC", word.lstrip("#").lower()) for word in written)
    return tuple(dict.fromkeys(tags))


def are_tags(words: str | Sequence[str]) -> bool:
    """Whether these are at most 10 tags, each a visible word of at most 32 characters."""
    tags = tags_in(words)
    return len(tags) <= MOST_TAGS and all(len(tag) <= LONGEST_TAG and _is_word(tag) for tag in tags)


def are_searchable_tags(words: str | Sequence[str]) -> bool:
    """As `are_tags`; each may end with `*`, for all tags that begin with what is before it."""
    return are_tags([tag.removesuffix(ANY_END) for tag in tags_in(words) if tag != ANY_END])


def stored_tags(words: str | Sequence[str]) -> str:
    """The tags as the database has them: each between two spaces, so that one can be searched for."""
    tags = tags_in(words)
    return f" {' '.join(tags)} " if tags else ""


def _is_word(tag: str) -> bool:
    visible = tag.translate(dict.fromkeys(map(ord, _JOINERS)))
    return bool(visible) and not any(
        character in f",{ANY_END}" or unicodedata.category(character)[0] in "CZ" for character in visible
    )
