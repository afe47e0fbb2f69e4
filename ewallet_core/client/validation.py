"""Checks an instruction before it is sent. Apart from `requests`, because it loads the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ewallet_core
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import MissingArgumentError
from ewallet_core.instructions.envelope import parse_envelope
from ewallet_core.instructions.registry import InstructionRegistry, read_request

_REQUEST_ID = "request_id"


class ValidationError(Exception):
    """What is wrong with an instruction and what to do, in the words of the engine."""


def registry() -> InstructionRegistry:
    """Every instruction; without an engine in this process, the first call takes as long as loading one."""
    return ewallet_core.REGISTRY


def chain_in(request: Mapping[str, Any]) -> dict[str, Any]:
    """The instruction of a flat or enveloped request, without credentials; raises `ValidationError`.

    A client id or session token that the instruction takes as an argument stays.
    """
    with _raising_validation_error():
        call = parse_envelope(request)
        found = registry().picked_by(call.chain)
        named = {} if found is None else call.named(found.arguments, is_remote=False)
    chain = {**call.chain, **named}
    return chain if call.request_id is None else {**chain, _REQUEST_ID: call.request_id}


def check(chain: Mapping[str, Any], known: InstructionRegistry) -> None:
    """Raise `ValidationError` if the instruction would be an error for every caller."""
    with _raising_validation_error():
        read_request(*known.find({name: value for name, value in chain.items() if name != _REQUEST_ID}))


@contextmanager
def _raising_validation_error() -> Iterator[None]:
    try:
        yield
    except MissingArgumentError as error:
        name, must_be = error.details["field"], str(error.warning).partition(": ")[2]
        raise ValidationError(f"{name}= is missing: {must_be}") from error
    except WalletError as error:
        raise ValidationError(f"{error.error} {error.warning}".replace("`", "")) from error
