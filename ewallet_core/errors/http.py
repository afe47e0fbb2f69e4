"""Errors of requests that are no HTTP, or that HTTP has no answer for."""

from ewallet_core.errors.base import ErrorCategory, InSentence, WalletError


class NotHttpError(WalletError, code="not_http", category=ErrorCategory.INVALID):
    """What arrived is no request of HTTP/1.1."""

    error_text = "That is no HTTP request that this server understands, so this connection ends."
    warning_text = "Send HTTP/1.1, with TLS if the server's address begins with https."


class HeadTooLongError(WalletError, code="head_too_long", category=ErrorCategory.INVALID):
    """The first line and the headers of a request are longer than the server accepts."""

    error_text = "A request may have {most:,} headers, and {longest:,} bytes of them with its first line."
    warning_text = "Send fewer and shorter headers, and long arguments in the body."
    longest: int
    most: int


class RequestUnfinishedError(WalletError, code="request_unfinished", category=ErrorCategory.INVALID):
    """A request was begun and not completed in time."""

    error_text = "A request was begun and not completed within {seconds:,} seconds, so this connection ends."
    warning_text = "Send each request at once, with all of its body."
    seconds: int


class PathUnknownError(WalletError, code="path_unknown", category=ErrorCategory.MISSING):
    """There is nothing at that path."""

    error_text = "There is nothing at that path."
    warning_text = "The paths are in `/v1/openapi.json`; instructions are sent to `/ewallet/instruction-set`."


class MethodNotAllowedError(WalletError, code="method_not_allowed", category=ErrorCategory.INVALID):
    """The path is known, but not with that method."""

    error_text = "That path takes {methods}."
    warning_text = "Use one of them."
    methods: InSentence[str]


class NotAcceptableError(WalletError, code="not_acceptable", category=ErrorCategory.INVALID):
    """The client accepts no JSON."""

    error_text = "The response would be JSON, which the `Accept` header of this request leaves out."
    warning_text = "Accept application/json."


class NotJsonTypeError(WalletError, code="not_json_type", category=ErrorCategory.INVALID):
    """The body is said to be something else than JSON."""

    error_text = "The body of this request is not said to be JSON."
    warning_text = "Send JSON, with `Content-Type: application/json`."


class TokenMissingError(WalletError, code="token_missing", category=ErrorCategory.UNAUTHENTICATED):
    """The request needs a session, and has no bearer token."""

    error_text = "This request has no bearer token."
    warning_text = (
        "Open a session with `POST /v1/session`, and send its `token` with each request:"
        " `Authorization: Bearer <token>`."
    )
