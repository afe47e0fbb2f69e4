"""The one spelling by which email addresses are compared, and the joiners that a name may need."""

from __future__ import annotations

import re
import unicodedata

from ewallet_core.types import user_key

JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
_DOTS = re.compile("[.\N{IDEOGRAPHIC FULL STOP}\N{HALFWIDTH IDEOGRAPHIC FULL STOP}]")
_ENCODED = "xn--"


def email_key(email: str) -> str:
    """The key by which emails are compared: case, Unicode form and the form of the domain don't count.

    `ada@bücher.example` and `ADA@XN--BCHER-KVA.EXAMPLE` have the same key.
    """
    if email.isascii() and _ENCODED not in (lower := email.lower()):
        return lower
    local, at, domain = unicodedata.normalize("NFKC", email).rpartition("@")
    return f"{user_key(local)}{at}{'.'.join(map(_label_key, _DOTS.split(domain)))}"


def _label_key(label: str) -> str:
    """A part of a domain as people read it, after the mapping of internationalised domain names."""
    if label.isascii() and not label.lower().startswith(_ENCODED):
        return label.lower()
    # Imported only here: most addresses are ASCII, and its tables would delay the start.
    import idna

    try:
        return idna.decode(idna.encode(label, uts46=True))
    except UnicodeError:
        return _read_label(label)


def _read_label(label: str) -> str:
    """A label that the rules of today don't allow, such as one with a symbol; many were registered before."""
    if not label.lower().startswith(_ENCODED):
        return _map_label(label)
    try:
        read = label.lower().removeprefix(_ENCODED).encode().decode("punycode")
    except UnicodeError:
        return _map_label(label)
    # Only what the other spelling would be: not plain ASCII, and no letters that are never encoded.
    return read if not read.isascii() and read == _map_label(read) else label.lower()


def _map_label(label: str) -> str:
    import idna

    try:
        return idna.uts46_remap(label)
    except UnicodeError:
        return user_key(label)


def is_needed_joiner(text: str, at: int) -> bool:
    """Whether the character there is a joiner that changes how its neighbours are written.

    These are the context rules of internationalised domain names: after a virama, or between letters that
    would be written joined.
    """
    if text[at] not in JOINERS:
        return False
    import idna

    try:
        return idna.valid_contextj(text, at)
    except ValueError:
        return False


def without_needed_joiners(text: str) -> str:
    if text.isascii() or JOINERS.isdisjoint(text):
        return text
    return "".join(each for at, each in enumerate(text) if not is_needed_joiner(text, at))
