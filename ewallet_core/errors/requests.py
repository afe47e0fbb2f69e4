"""Errors in a request: its frame, its form, its selectors or its arguments."""

from ewallet_core.errors.base import ErrorCategory, InSentence, WalletError


class MalformedError(WalletError, code="malformed", category=ErrorCategory.INVALID):
    """The request is neither flat nor enveloped."""

    error_text = "{problem}"
    warning_text = "{remedy}"
    problem: InSentence[str]
    remedy: InSentence[str]


class UnknownInstructionError(WalletError, code="unknown_instruction", category=ErrorCategory.INVALID):
    """The selectors pick no instruction."""

    error_text = "There is no instruction {path}."
    path: InSentence[str]
    nearest: list[str]

    @property
    def warning(self) -> str:
        """The nearest known instructions."""
        return f"The nearest known: {'; '.join(self.nearest)}."


class UnknownArgumentError(WalletError, code="unknown_argument", category=ErrorCategory.INVALID):
    """The instruction, or the envelope it comes in, has no argument of that name."""

    error_text = "This {place} takes no argument `{field}`."
    field: str
    known: list[str]
    place: InSentence[str] = "instruction"

    @property
    def warning(self) -> str:
        """The arguments that it takes."""
        return (
            f"It takes {', '.join(f'`{name}`' for name in self.known)}." if self.known else "It takes none."
        )


class MissingArgumentError(WalletError, code="missing_argument", category=ErrorCategory.INVALID):
    """A required argument is absent."""

    error_text = "`{field}` is missing."
    warning_text = "Send `{field}`: {must_be}."
    field: str
    must_be: InSentence[str]


class BadValueError(WalletError, code="bad_value", category=ErrorCategory.INVALID):
    """An argument is outside its limits; its value is not repeated, because it may be a secret."""

    error_text = "`{field}` must be {must_be}."
    warning_text = "Correct `{field}` and send it again."
    field: str
    must_be: InSentence[str]


class ArgumentsClashError(WalletError, code="arguments_clash", category=ErrorCategory.INVALID):
    """Arguments that exclude each other were sent, none of those that one is needed of, or an unclear one."""

    warning_text = "{remedy}"
    fields: tuple[str, ...]
    problem: InSentence[str] = ""
    remedy: InSentence[str] = "Send one of them."

    @property
    def error(self) -> str:
        """The arguments of which one is needed, or what is unclear."""
        return (
            self.problem or f"Exactly one of {' and '.join(f'`{field}`' for field in self.fields)} is needed."
        )


class RequestIdReusedError(WalletError, code="request_id_reused", category=ErrorCategory.CONFLICT):
    """The request id belongs to another instruction of this account."""

    error_text = "This request id was used before for another instruction."
    warning_text = "Send each new instruction with a new id."


class FrameTooLongError(WalletError, code="frame_too_long", category=ErrorCategory.INVALID):
    """The request is longer than it may be; what was received of it is discarded."""

    error_text = "A request may have at most {limit:,} bytes."
    warning_text = "Send less at once; the rest of it is not read."
    limit: int


class NotJsonError(WalletError, code="not_json", category=ErrorCategory.INVALID):
    """The request is not JSON."""

    error_text = "This is not JSON."
    warning_text = "Send each instruction as one JSON object, on one line over a socket."


class NotUtf8Error(WalletError, code="not_utf8", category=ErrorCategory.INVALID):
    """The request is not text in UTF-8."""

    error_text = "This is not UTF-8."
    warning_text = "Send JSON encoded in UTF-8."


class TooDeepError(WalletError, code="too_deep", category=ErrorCategory.INVALID):
    """Objects and lists are nested deeper than any instruction needs."""

    error_text = "This request has more than {limit} levels of nested objects or lists."
    warning_text = "Send the instruction's arguments as the reference shows them."
    limit: int


class PeriodReversedError(WalletError, code="period_backwards", category=ErrorCategory.INVALID):
    """A period would end before it begins."""

    error_text = "The period ends before it begins."
    warning_text = "Send a `since` that is not later than `until`; without `until` it ends now."
    fields: tuple[str, ...] = ("since", "until")


class TooManyPeriodsError(WalletError, code="too_many_periods", category=ErrorCategory.INVALID):
    """A summary would have more rows than an answer may hold."""

    error_text = "That summary has more than {most} {rows}."
    warning_text = "{remedy}"
    most: int
    rows: InSentence[str] = "periods"
    remedy: InSentence[str] = "Choose a shorter time, or sum it up by week or month."
    fields: tuple[str, ...] = ("since", "until", "by")
