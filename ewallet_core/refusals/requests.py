"""Requests that can't be read: the wrong form, selectors or arguments."""

from __future__ import annotations

from collections.abc import Iterable

from ewallet_core.refusals.refusal import Refusal


class Malformed(Refusal):
    """The request has neither of the two forms of PROTOCOL section 1."""

    code = "malformed"


class UnknownInstruction(Refusal):
    """The selectors pick no instruction."""

    code = "unknown_instruction"

    def __init__(self, asked: str, nearest: Iterable[str]) -> None:
        known = list(nearest)
        super().__init__(
            f"There is no instruction {asked}.",
            f"The nearest known: {'; '.join(known)}.",
            nearest=known,
        )


class UnknownArgument(Refusal):
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


class MissingArgument(Refusal):
    """An argument that the instruction can't do without is absent."""

    code = "missing_argument"

    def __init__(self, field: str, must_be: str) -> None:
        super().__init__(f"`{field}` is missing.", f"Send `{field}`: {must_be}.", field=field)


class BadValue(Refusal):
    """An argument is outside its limits; its value is not repeated, it may be a secret."""

    code = "bad_value"

    def __init__(self, field: str, must_be: str) -> None:
        super().__init__(
            f"`{field}` must be {must_be}.", f"Correct `{field}` and send it again.", field=field
        )


class ArgumentsClash(Refusal):
    """Arguments that exclude each other, or none of which was sent."""

    code = "arguments_clash"

    def __init__(self, *fields: str) -> None:
        names = " and ".join(f"`{field}`" for field in fields)
        super().__init__(
            f"Exactly one of {names} says what is meant.", "Send one of them.", fields=list(fields)
        )


class RequestIdReused(Refusal):
    """The request id belongs to another instruction of this account."""

    code = "request_id_reused"

    def __init__(self) -> None:
        super().__init__(
            "This request id was used before for another instruction.",
            "Send each new instruction with a new one.",
        )
