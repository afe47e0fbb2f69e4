"""Checks of single values: limits, storable and visible text, currencies, amounts and cursors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta

from ewallet_core.ledger.rates import MOST_CREDITS
from ewallet_core.spelling import without_needed_joiners
from ewallet_core.types import user_key

MOST_DECIMALS = 6

Check = Callable[[Any], bool]

_SURROGATE = re.compile("[\ud800-\udfff]")


def is_storable(value: str) -> bool:
    """Whether every database can store the text: it has no NUL and no lone surrogate."""
    return "\x00" not in value and (value.isascii() or not _SURROGATE.search(value))


def is_visible(value: str) -> bool:
    """Whether it neither begins nor ends with a space, and every character is visible or a needed joiner."""
    value = without_needed_joiners(value)
    return value.isprintable() and value == value.strip()


# Invisible letters and marks (Unicode's default ignorable code points) that no category excludes.
_NEVER_SEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def is_name(value: str) -> bool:
    """Whether it can be an account's name: all visible, and not like an email."""
    return "@" not in user_key(value) and is_visible(user_key(value)) and is_fully_visible(value)


def is_fully_visible(value: str) -> bool:
    """Whether every character is shown, so that it does not look like another name."""
    return is_visible(value) and not _NEVER_SEEN.search(value)


def as_json_text(value: Any) -> str:
    """A text as it is, and any other value as JSON; raises `ValueError` if it is none."""
    if isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, RecursionError) as reason:
        raise ValueError("no JSON") from reason


def is_json_within(longest: int) -> Check:
    """Whether it is text, or JSON as text, of at most so many characters."""

    def check(value: Any) -> bool:
        try:
            text = as_json_text(value)
        except ValueError:
            return False
        return len(text) <= longest and is_storable(text)

    return check


def is_printable(value: str) -> bool:
    return without_needed_joiners(value).isprintable()


# A test compares them with the `iso4217` package, which takes as long to load as a screen takes to open.
_CURRENCIES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP "
    "GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
    "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD "
    "XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG "
)
CURRENCY_CODES = frozenset(_CURRENCIES.split())
"""The currency codes of ISO 4217."""


# Longer ones are beyond every limit, and would take long to read.
_WHOLE_NUMBER = re.compile("-?[0-9]{1,40}")
_DECIMAL = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?")


def as_decimal(value: str | int | float) -> Decimal:
    """The amount as an exact decimal; raises `ValueError` if it is not written as one.

    A text has ASCII digits and at most one point between them: no sign, exponent, space or separator.
    """
    if isinstance(value, str):
        if _DECIMAL.fullmatch(value) is None:
            raise ValueError(value)
        return Decimal(value)
    number = Decimal(str(value))
    if not number.is_finite() or number.is_signed():
        raise ValueError(value)
    return number


def as_whole_number(text: str, *, signed: bool = False) -> int:
    """The whole number that the text is; raises `ValueError` if it is anything but ASCII digits.

    If it may be `signed`, a minus may precede a number that is not 0.
    """
    number = int(text) if _WHOLE_NUMBER.fullmatch(text) else None
    if number is None or (text.startswith("-") and not (signed and number)):
        raise ValueError(text)
    return number


def is_amount(value: str | int | float) -> bool:
    """Whether it is an amount from 0 with at most 6 decimals."""
    try:
        number = as_decimal(value)
    except ValueError:
        return False
    exponent = number.as_tuple().exponent
    return 0 <= number <= MOST_CREDITS and isinstance(exponent, int) and exponent >= -MOST_DECIMALS


def is_positive_amount(value: str | int | float) -> bool:
    return is_amount(value) and as_decimal(value) > 0


def reads_as(read: Callable[[str], Any]) -> Check:
    def check(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return check


def meta_of(field_type: Any) -> Meta:
    """The limits and description of a field, optional or not."""
    if metas := [part for part in getattr(field_type, "__metadata__", ()) if isinstance(part, Meta)]:
        return metas[0]
    found = [meta_of(part) for part in get_args(field_type) if part is not type(None)]
    return found[0] if found else Meta()


def description_of(field_type: Any) -> str:
    """What completes the sentence "`name` must be …"."""
    return str(meta_of(field_type).description)


def is_secret(field_type: Any) -> bool:
    """Whether the field's value must never be shown, logged or remembered."""
    return bool((meta_of(field_type).extra or {}).get("secret"))


def is_unused(field_type: Any) -> bool:
    """Whether the field is only accepted for other systems' clients, and has no effect."""
    return bool((meta_of(field_type).extra or {}).get("unused"))


def is_whole_number(field_type: Any) -> bool:
    """Whether the field's values are whole numbers."""
    return field_type is int or any(part is int for part in _parts_of(field_type))


def _parts_of(field_type: Any) -> Iterator[Any]:
    """The types in an optional or limited type; of a choice of types, such as text or number, none."""
    parts = [part for part in get_args(field_type) if part is not type(None) and not isinstance(part, Meta)]
    if len(parts) == 1:
        yield parts[0]
        yield from _parts_of(parts[0])


class FieldReader:
    """Reads values of a field. It looks into the field's type once, which takes longer than reading a value.

    If the field is an object, `parts` read the values in it, by name.
    """

    def __init__(self, field_type: Any, *, is_required: bool = False) -> None:
        meta = meta_of(field_type)
        self._type = field_type
        self.is_required = is_required
        self.is_secret = is_secret(field_type)
        self.is_unused = is_unused(field_type)
        self.must_be = str(meta.description)
        self.parts = {
            name: reader
            for part in (field_type, *get_args(field_type))
            if isinstance(part, type) and issubclass(part, msgspec.Struct)
            for name, reader in readers_of(part).items()
        }
        self.is_whole_number = is_whole_number(field_type)
        self.is_flag = bool in _parts_of(field_type)
        choices = {get_origin(choice) for part in _parts_of(field_type) for choice in get_args(part)}
        self.may_be_list = list in choices
        self._may_be_signed = (meta.ge or 0) < 0
        self._check: Check | None = (meta.extra or {}).get("check")

    @cached_property
    def _holder(self) -> type[msgspec.Struct]:
        """A struct with the value: msgspec looks into its type once, but into a single type each time."""
        return msgspec.defstruct("Holder", [("value", self._type)])

    def read(self, sent: Any) -> Any:
        """The value as the field has it; raises `ValueError` if it is not accepted.

        A whole number may also be text.
        """
        if self.is_whole_number and isinstance(sent, str):
            sent = as_whole_number(sent, signed=self._may_be_signed)
        # Its `ValidationError` and a `UnicodeError` are kinds of `ValueError`.
        (value,) = msgspec.structs.astuple(msgspec.convert({"value": sent}, self._holder))
        if isinstance(value, str) and not is_storable(value):
            raise ValueError
        if value is not None and self._check is not None and not self._check(value):
            raise ValueError
        return value


def readers_of(struct: type[msgspec.Struct]) -> dict[str, FieldReader]:
    return {
        found.name: FieldReader(found.type, is_required=found.required)
        for found in msgspec.structs.fields(struct)
    }


def accepts(field_type: Any, value: Any) -> bool:
    return reads_as(FieldReader(field_type).read)(value)


_WRITTEN = re.compile(r"([0-9]{1,15})-([a-z]{1,20})-([0-9]{1,18})")


class PageCursor(NamedTuple):
    """A cursor just below the record of that kind and id, created `at` milliseconds UTC."""

    at: int
    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.at}-{self.kind}-{self.id}"

    @classmethod
    def read(cls, text: str) -> PageCursor:
        """Read a cursor; raises `ValueError` if it is none."""
        if (found := _WRITTEN.fullmatch(text)) is None:
            raise ValueError(text)
        return cls(int(found[1]), found[2], int(found[3]))
