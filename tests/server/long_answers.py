"""An answer that is longer than any frame that may be asked."""

from __future__ import annotations

import json

from engine_client import SELECTORS, EngineClient
from examples_sheets import new_contact
from instructions import view_list

CONTACTS, LONGEST_NOTES = 70, 1_000


def has_a_long_contact_list(caller: EngineClient) -> bytes:
    """Give that one many contacts with much to say of each; the answer to viewing them, as it comes."""
    wire = caller.engine
    who = {**SELECTORS, **caller.credentials}
    for number in range(CONTACTS):
        wire.send({**who, **new_contact(f"Contact{number}", notes="x" * LONGEST_NOTES)})
    refused = [answer for answer in (wire.next_line() for _ in range(CONTACTS)) if answer["failed"]]
    assert refused == []
    wire.send({**who, **view_list("contact")})
    line = wire.next_bytes()
    assert len(json.loads(line)["list_data"]["rows"]) == CONTACTS
    return line
