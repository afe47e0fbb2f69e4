"""Checks of single values: limits, storable and visible text, currencies, amounts and cursors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo

from ewallet_core.ledger.rates import MOST_CREDITS
from ewallet_core.types import user_key

MOST_DECIMALS = 6

Check = Callable[[Any], bool]


def is_storable(value: str) -> bool:
    """Whether every database can keep the text: no NUL in it, and no half of a character."""
    return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def is_visible(value: str) -> bool:
    """Whether every character can be seen, and it neither begins nor ends with a space."""
    visible = all(unicodedata.category(character)[0] not in "CZ" or character == " " for character in value)
    return visible and value == value.strip()


# Letters and marks that no screen shows, beyond the categories that say so: what Unicode lets be ignored.
_NEVER_SEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def is_name(value: str) -> bool:
    """Whether it can name an account: seen whole, and not to be taken for an email or another's name."""
    return "@" not in user_key(value) and is_visible(user_key(value)) and is_seen_whole(value)


def is_seen_whole(value: str) -> bool:
    """Whether every character of it is shown, so that nobody takes it for another."""
    return is_visible(value) and value.isprintable() and not _NEVER_SEEN.search(value)


def is_currency(code: str) -> bool:
    """Whether ISO 4217 has such a code."""
    # Imported when a currency is first checked: the table takes as long to load as a screen takes to open.
    from iso4217 import Currency as KnownCurrency  # noqa: PLC0415

    return code in KnownCurrency.__members__


def as_decimal(value: str | int | float) -> Decimal:
    """`value` as the exact decimal a person wrote; raises `ValueError` where it is none or not finite."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(value) from None
    if not number.is_finite():
        raise ValueError(value)
    return number


def is_measured(value: str | int | float) -> bool:
    """Whether it is an amount from 0 that is kept exactly."""
    try:
        number = as_decimal(value)
    except ValueError:
        return False
    exponent = number.as_tuple().exponent
    return 0 <= number <= MOST_CREDITS and isinstance(exponent, int) and exponent >= -MOST_DECIMALS


def is_span(value: str | int | float) -> bool:
    """Whether it is such an amount above 0."""
    return is_measured(value) and as_decimal(value) > 0


def reads_as(read: Callable[[str], Any]) -> Check:
    """Whether `read` makes something of the text."""

    def check(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return check


def arguments_in(field_type: Any) -> dict[str, FieldInfo]:
    """What a field that is an object is made of, by name; nothing where it is none."""
    parts = (field_type, *get_args(field_type))
    objects = [part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)]
    return {argument.name: argument for made_of in objects for argument in msgspec.structs.fields(made_of)}


def meta_of(field_type: Any) -> Meta:
    """The limits and words of a field, also where it is optional."""
    if metas := [part for part in getattr(field_type, "__metadata__", ()) if isinstance(part, Meta)]:
        return metas[0]
    found = [meta_of(part) for part in get_args(field_type) if part is not type(None)]
    return found[0] if found else Meta()


def is_secret(field_type: Any) -> bool:
    """Whether the field's value must never be shown, logged or remembered."""
    return bool((meta_of(field_type).extra or {}).get("secret"))


def transient(field_type: Any, value: Any) -> bool:
    """Whether `value`, already of the right type, keeps the rules that its type alone can't say."""
    if isinstance(value, str) and not is_storable(value):
        return False
    check: Check | None = (meta_of(field_type).extra or {}).get("check")
    return value is None or check is None or check(value)


def accepts(field_type: Any, value: Any) -> bool:
    """Whether `value` may stand in this field of an instruction."""
    try:
        return transient(field_type, msgspec.convert(value, field_type))
    except (msgspec.ValidationError, UnicodeError):
        return False


_WRITTEN = re.compile(r"([0-9]{1,15})-([a-z]{1,20})-([0-9]{1,18})")


class Place(NamedTuple):
    """Just below the record of that kind and number, which was made `at`, in milliseconds UTC."""

    at: int
    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.at}-{self.kind}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Place:
        """The place that was written so; raises `ValueError` where it is none."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(int(found[1]), found[2], int(found[3]))
