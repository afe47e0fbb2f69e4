"""Errors in a request: its frame, its form, its selectors or its arguments."""

from __future__ import annotations

from collections.abc import Iterable

from ewallet_core.errors.base import WalletError


class MalformedError(WalletError):
    """The request has neither of the two forms of PROTOCOL section 1."""

    code = "malformed"


class UnknownInstructionError(WalletError):
    """The selectors pick no instruction."""

    code = "unknown_instruction"

    def __init__(self, asked: str, nearest: Iterable[str]) -> None:
        known = list(nearest)
        super().__init__(
            f"There is no instruction {asked}.",
            f"The nearest known: {'; '.join(known)}.",
            nearest=known,
        )


class UnknownArgumentError(WalletError):
    """The instruction, or the envelope it comes in, has no place for that name."""

    code = "unknown_argument"

    def __init__(self, field: str, known: Iterable[str], place: str = "instruction") -> None:
        names = sorted(known)
        super().__init__(
            f"This {place} takes no argument `{field}`.",
            f"It takes {', '.join(f'`{name}`' for name in names)}." if names else "It takes none.",
            field=field,
            known=names,
        )


class MissingArgumentError(WalletError):
    """An argument that the instruction can't do without is absent."""

    code = "missing_argument"

    def __init__(self, field: str, must_be: str) -> None:
        super().__init__(f"`{field}` is missing.", f"Send `{field}`: {must_be}.", field=field)


class BadValueError(WalletError):
    """An argument is outside its limits; its value is not repeated, it may be a secret."""

    code = "bad_value"

    def __init__(self, field: str, must_be: str) -> None:
        super().__init__(
            f"`{field}` must be {must_be}.", f"Correct `{field}` and send it again.", field=field
        )


class ArgumentsClashError(WalletError):
    """Arguments that exclude each other, or none of which was sent."""

    code = "arguments_clash"

    def __init__(self, *fields: str) -> None:
        names = " and ".join(f"`{field}`" for field in fields)
        super().__init__(
            f"Exactly one of {names} says what is meant.", "Send one of them.", fields=list(fields)
        )


class RequestIdReusedError(WalletError):
    """The request id belongs to another instruction of this account."""

    code = "request_id_reused"

    def __init__(self) -> None:
        super().__init__(
            "This request id was used before for another instruction.",
            "Send each new instruction with a new one.",
        )


class FrameTooLongError(WalletError):
    """The line is longer than a frame may be; what came of it is thrown away."""

    code = "frame_too_long"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"A line may have {limit:,} bytes, its end included.",
            "Send less at once; the rest of that line is not read.",
            limit=limit,
        )


class NotJsonError(WalletError):
    """The line is not JSON."""

    code = "not_json"

    def __init__(self) -> None:
        super().__init__("This line is not JSON.", "Send each instruction as one JSON object on one line.")


class NotUtf8Error(WalletError):
    """The line is not text in UTF-8."""

    code = "not_utf8"

    def __init__(self) -> None:
        super().__init__("This line is not UTF-8.", "Send JSON encoded in UTF-8.")


class TooDeepError(WalletError):
    """Objects and lists are inside one another more often than any instruction needs."""

    code = "too_deep"

    def __init__(self, deepest: int) -> None:
        super().__init__(
            f"This request has more than {deepest} objects or lists inside one another.",
            "Send the instruction's arguments as its reference has them.",
            limit=deepest,
        )


class PeriodReversedError(WalletError):
    """A period would end before it begins."""

    code = "period_backwards"

    def __init__(self) -> None:
        super().__init__(
            "The period ends before it begins.",
            "Send a `since` that is not later than `until`; without `until` it ends now.",
            fields=["since", "until"],
        )


class TooManyPeriodsError(WalletError):
    """A summary would have more rows than an answer holds."""

    code = "too_many_periods"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"That is a summary of more than {most} periods.",
            "Choose a shorter time, or sum it up by week or month.",
            fields=["since", "until", "by"],
            most=most,
        )
