"""Thousands of malformed requests over HTTP: the server survives, keeps nothing of them, and answers."""

from __future__ import annotations

import asyncio
import json
import random

from effort import count, with_seed
from engine_client import SELECTORS
from engine_server import EngineServer
from examples import EXAMPLES
from flooding import Residue, floods
from http_wire import EVENTS_PATH, INSTRUCTION_PATH, request_bytes

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.paths import routes_of
from ewallet_core.server.settings import HttpSettings

FLOODS, CONNECTIONS, IN_ONE_CONNECTION = 4, 40, 12
MOST_NEW_OBJECTS = 5_000
PATHS = [INSTRUCTION_PATH, EVENTS_PATH, "/health", "/nothing", *(route.path for route in routes_of(REGISTRY))]
METHODS = [
    "GET",
    "POST",
    "POST",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "x",
]
HEADERS = {
    "authorization": [
        "",
        "Bearer",
        "Bearer .",
        "Bearer a.b.c",
        "Basic YTpi",
        "Bearer \xff.\xfe",
        "x" * 5_000,
    ],
    "content-type": ["application/json", "text/plain", "application/json; charset=latin-1", ";", "\xff/\xff"],
    "content-length": ["0", "1", "70000", "-1", "1e3", "18446744073709551616", ""],
    "transfer-encoding": ["chunked", "gzip", "chunked, chunked", "identity"],
    "connection": ["close", "keep-alive", "upgrade", "upgrade, close"],
    "upgrade": ["h2c", "websocket"],
    "expect": ["100-continue", "anything"],
    "accept": ["*/*", "text/html", ";q=", "application/json;q=0"],
    "idempotency-key": ["short", "x" * 300, "a-request-id-of-mine", "\xff" * 20],
    "last-event-id": ["1", "-1", "9" * 50],
    "if-none-match": ["*", 'W/"x"', ","],
    "origin": ["null", "https://example.org"],
    "x-forwarded-for": ["192.0.2.7", ",,,", "in process", "\xff"],
}
PIECES = [
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b":",
    b"\x00",
    b"%",
    b"%ff",
    b"?",
    b"0\r\n\r\n",
    b"\xff",
    b"HTTP/1.1",
    b"{",
]
BODIES = [json.dumps({**SELECTORS, **example.instruction}).encode() for example in EXAMPLES]


def odd_request(chance: random.Random) -> bytes:
    """A request of known parts, which may contradict each other."""
    names = chance.sample([*HEADERS], chance.randint(0, 4))
    headers = {name: chance.choice(HEADERS[name]) for name in names}
    body = chance.choice([b"", b"{}", b"[]", b"5\r\nhello\r\n0\r\n\r\n", *BODIES[:40]])
    path = chance.choice(PATHS).replace("{", chance.choice(["", "{", "%7b", "-", "9" * 30]))
    query = chance.choice(["", "", "?", "?limit=5", "?limit=x&limit=y", "?%00=%ff"])
    # Header values are sent as they are, also those that are no ASCII.
    return request_bytes(chance.choice(METHODS), path + query, body, headers)


def mutated(sent: bytes, chance: random.Random) -> bytes:
    changed = bytearray(sent)
    for _ in range(chance.randint(0, 3)):
        at = chance.randrange(len(changed)) if changed else 0
        match chance.randrange(4):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + chance.randint(1, 8)]
            case 2:
                changed[at:at] = chance.choice(PIECES)
            case _:
                del changed[at:]
    return bytes(changed)


async def flood(server: EngineServer, chance: random.Random) -> None:
    assert server.http_port is not None

    def connection() -> bytes:
        requests = (odd_request(chance) for _ in range(IN_ONE_CONNECTION))
        return b"".join(mutated(each, chance) if chance.random() < 0.3 else each for each in requests)

    await asyncio.gather(*(floods(server.http_port, connection(), chance) for _ in range(CONNECTIONS)))


@with_seed
def test_thousands_of_malformed_requests_leak_no_resources(serve, caplog, seed):
    chance = random.Random(f"{seed}")
    server = serve(limits={"unfinished_line_seconds": 0.2}, http=HttpSettings())
    ada = server.user()
    asyncio.run(flood(server, chance))
    before = Residue(server)
    for _ in range(FLOODS):
        asyncio.run(flood(server, chance))
    count(malformed_requests=(FLOODS + 1) * CONNECTIONS * IN_ONE_CONNECTION)
    after = Residue(server)
    assert after.counted == before.counted
    assert after.objects - before.objects < MOST_NEW_OBJECTS
    assert [record.getMessage() for record in caplog.records] == []
    assert ada.credits == 0
    assert server.http_wire().get("/health").status == 200
