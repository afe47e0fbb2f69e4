"""An answer that is longer than the maximum request."""

from __future__ import annotations

import json

from engine_client import SELECTORS, EngineClient
from examples_sheets import new_contact
from instructions import view_list

CONTACTS, LONGEST_NOTES = 70, 1_000


def create_long_contact_list(caller: EngineClient) -> bytes:
    """Create many contacts with long notes; returns the answer to viewing them, as bytes."""
    wire = caller.engine
    client = {**SELECTORS, **caller.credentials}
    for number in range(CONTACTS):
        wire.send({**client, **new_contact(f"Contact{number}", notes="x" * LONGEST_NOTES)})
    refused = [answer for answer in (wire.next_line() for _ in range(CONTACTS)) if answer["failed"]]
    assert refused == []
    wire.send({**client, **view_list("contact")})
    line = wire.next_bytes()
    assert len(json.loads(line)["list_data"]["rows"]) == CONTACTS
    return line
