"""Errors as HTTP responses: `application/problem+json`, with a status for each category of error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from starlette.responses import Response

from ewallet_core.errors.base import ErrorCategory
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.json_schema import Schema
from ewallet_core.instructions.reference import error_types
from ewallet_core.server.http.responses import PRIVATE

PROBLEM = "application/problem+json"
DOCS_PATH = "/v1/docs"

STATUSES: Mapping[ErrorCategory, int] = {
    ErrorCategory.INVALID: 400,
    ErrorCategory.UNAUTHENTICATED: 401,
    ErrorCategory.FORBIDDEN: 403,
    ErrorCategory.MISSING: 404,
    ErrorCategory.CONFLICT: 409,
    ErrorCategory.REFUSED: 422,
    ErrorCategory.TOO_MANY: 429,
    ErrorCategory.UNAVAILABLE: 503,
}
_OF_HTTP = {
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "request_unfinished": 408,
    "frame_too_long": 413,
    "not_json_type": 415,
    "head_too_long": 431,
}
"""The statuses of errors for which HTTP has one of their own."""

PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "description": "Why a request was not carried out.",
    "properties": {
        "type": {"type": "string", "description": "where the code is explained"},
        "title": {"type": "string", "description": "one sentence: what is wrong"},
        "detail": {"type": "string", "description": "one sentence: what to do"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "a stable name for programs"},
        "category": {"type": "string", "enum": [str(category) for category in ErrorCategory]},
        "details": {"type": "object", "description": "facts for programs, such as the `field` at fault"},
        "request_id": {"type": "string", "description": "the `Idempotency-Key`, if one was sent"},
    },
    "required": ["type", "title", "detail", "status", "code", "category", "details"],
}


@cache
def _categories() -> Mapping[str, ErrorCategory]:
    return {error.code: error.category for error in error_types()}


def status_of(code: str) -> int:
    return _OF_HTTP.get(code) or STATUSES[_categories()[code]]


def problem_body(answer: Answer, status: int) -> bytes:
    """The body of the response to a request that was answered with an error."""
    code = answer["code"]
    body: dict[str, Any] = {
        "type": f"{DOCS_PATH}#{code}",
        "title": answer["error"],
        "detail": answer["warning"],
        "status": status,
        "code": code,
        "category": _categories()[code],
        "details": answer["details"],
    }
    if "request_id" in answer:
        body["request_id"] = answer["request_id"]
    return msgspec.json.encode(body)


def problem(answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    """The response to a request that was answered with an error."""
    status = status_of(answer["code"])
    sent = {**PRIVATE, **(headers or {})}
    if status == STATUSES[ErrorCategory.UNAUTHENTICATED]:
        sent["www-authenticate"] = "Bearer"
    if (wait := answer["details"].get("retry_after_ms")) is not None:
        sent["retry-after"] = str(max(1, -(-wait // 1_000)))
    return Response(problem_body(answer, status), status, sent, PROBLEM)
