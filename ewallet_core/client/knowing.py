"""What an engine of this version can be asked, for a program that helps a person to ask it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ewallet_core.instructions.catalogue import Catalogue, read_request
from ewallet_core.instructions.envelope import open_envelope
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.refusals.requests import MissingArgument

_REQUEST_ID = "request_id"


class Objection(Exception):
    """What is wrong with an instruction and what to do, in the engine's words, before it is asked."""


def catalogue() -> Catalogue:
    """Every instruction; without an engine in this process, the first call takes as long as loading one."""
    from ewallet_core.actions import CATALOGUE  # noqa: PLC0415

    return CATALOGUE


def chain_in(request: Mapping[str, Any]) -> dict[str, Any]:
    """The instruction of a flat or an enveloped request, without who asks; raises `Objection`."""
    with _objecting():
        call = open_envelope(request)
    return call.chain if call.request_id is None else {**call.chain, _REQUEST_ID: call.request_id}


def check(chain: Mapping[str, Any], known: Catalogue) -> None:
    """Raise `Objection` where it would be refused whoever asks."""
    with _objecting():
        read_request(*known.find({name: value for name, value in chain.items() if name != _REQUEST_ID}))


@contextmanager
def _objecting() -> Iterator[None]:
    try:
        yield
    except MissingArgument as refusal:
        name, must_be = refusal.details["field"], str(refusal.warning).partition(": ")[2]
        raise Objection(f"{name}= is missing: {must_be}") from refusal
    except Refusal as refusal:
        raise Objection(f"{refusal.error} {refusal.warning}".replace("`", "")) from refusal
