"""Twenty thousand malformed frames: the server survives, keeps nothing of them, and still answers others."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import ssl
import threading

from effort import count, with_seed
from engine_client import SELECTORS, EngineClient
from engine_server import EngineServer
from examples import EXAMPLES
from flooding import Residue, floods
from instructions import supply
from socket_wire import LOOPBACK, RESET

from ewallet_core.storage.sqlite import WRITER_CACHE_KIB

HANDSHAKES = 50
FLOODS, CONNECTIONS, IN_ONE_CONNECTION, TO_LISTEN_WITH = 6, 10, 400, 50
MOST_NEW_OBJECTS = 5_000
# Meanwhile the writer may fill its cache of pages, because the worker writes.
MOST_NEW_BYTES = 16_000_000 + WRITER_CACHE_KIB * 1024
PIECES = [b"{", b"[", b'"', b"\\u0000", b"\\ud800", b"\xf0\x9f", b",", b"null"]
GOOD = [json.dumps({**SELECTORS, **example.instruction}).encode() for example in EXAMPLES]


def mutated(chance: random.Random) -> bytes:
    """A valid instruction with some bytes changed, missing or doubled."""
    frame = bytearray(chance.choice(GOOD))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(frame)) if frame else 0
        match chance.randrange(4):
            case 0:
                frame[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del frame[at : at + chance.randint(1, 8)]
            case 2:
                frame[at:at] = chance.choice(
                    [b"{", b"[", b'"', b"\\u0000", b"\\ud800", b"\xf0\x9f", b",", b"null"]
                )
            case _:
                frame[at:at] = frame[at : at + chance.randint(1, 20)]
    return bytes(frame)


def mistyped(chance: random.Random) -> bytes:
    """A valid instruction with some values of other types."""
    asked = json.loads(chance.choice(GOOD))
    odd = [None, True, [], {}, [[]], -1, 1e300, 10**30, "", "\0", "x" * 300, {"a": {"b": []}}, 0.1]
    for key in chance.sample(sorted(asked), chance.randint(1, len(asked))):
        asked[key] = chance.choice(odd)
    asked[chance.choice(["client_id", "header", "request_id", "command_chain", "x"])] = chance.choice(odd)
    return json.dumps(asked).encode()


def any_bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randint(0, 60)).replace(b"\n", b"")


def nested(chance: random.Random) -> bytes:
    return chance.choice([b"[", b'{"a":', b'[{"b":']) * chance.choice([3, 17, 200, 5_000])


def truncated(chance: random.Random) -> bytes:
    frame = json.dumps({"action": "Grüße €𝄞"}, ensure_ascii=False).encode()
    return frame[: chance.randint(1, len(frame))]


def long_line(chance: random.Random) -> bytes:
    return b"x" * chance.choice([65_535, 65_536, 65_537, 200_000])


KINDS = {mutated: 50, mistyped: 4, any_bytes: 30, nested: 5, truncated: 10, long_line: 1}


def frames(chance: random.Random, count: int) -> list[bytes]:
    kinds = chance.choices([*KINDS], [*KINDS.values()], k=count)
    return [kind(chance) for kind in kinds]


async def flood(server: EngineServer, chance: random.Random) -> None:
    """Send all frames to both ports over many concurrent connections."""
    instructions, events = server.ports
    jobs = [
        floods(instructions, b"\n".join(frames(chance, IN_ONE_CONNECTION)), chance)
        for _ in range(CONNECTIONS)
    ]
    jobs += [floods(events, frame + b"\n", chance) for frame in frames(chance, TO_LISTEN_WITH)]
    await asyncio.gather(*jobs)


@with_seed
def test_twenty_thousand_malformed_frames_leak_no_resources(serve, caplog, seed):
    chance = random.Random(f"{seed}")
    server = serve(limits={"requests_per_second_per_session": 1_000_000})
    ada = server.user()
    at_work = Worker(ada)
    asyncio.run(flood(server, chance))
    at_work.end()
    before = Residue(server)
    at_work = Worker(ada)
    for _ in range(FLOODS):
        asyncio.run(flood(server, chance))
    assert at_work.end() > 0
    count(malformed_frames=(FLOODS + 1) * (CONNECTIONS * IN_ONE_CONNECTION + TO_LISTEN_WITH))
    after = Residue(server)
    assert after.counted == before.counted
    assert after.objects - before.objects < MOST_NEW_OBJECTS
    assert after.bytes - before.bytes < MOST_NEW_BYTES
    assert [record.getMessage() for record in caplog.records] == []
    server.assert_answers()


def client_hello(context: ssl.SSLContext) -> bytes:
    """The first bytes of a TLS handshake."""
    outgoing = ssl.MemoryBIO()
    connection = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=LOOPBACK)
    with contextlib.suppress(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


@with_seed
def test_broken_handshakes_harm_no_other_client(serve, tls, caplog, seed):
    chance = random.Random(seed)
    server = serve(tls=tls)
    ada, hello = server.user(), client_hello(tls[1])
    for _ in range(HANDSHAKES):
        sent = bytearray(hello[: chance.randint(1, len(hello))])
        for _ in range(chance.choice([0, 1, 10])):
            sent[chance.randrange(len(sent))] = chance.randrange(256)
        with socket.create_connection((LOOPBACK, chance.choice(server.ports))) as broken:
            broken.sendall(sent)
            if chance.random() < 0.5:
                broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        assert ada.credits == 0
    server.wait_for_connections(left=1)
    server.assert_answers()
    count(broken_handshakes=HANDSHAKES)
    assert [record.getMessage() for record in caplog.records] == []


class Worker(threading.Thread):
    """A client that sends valid requests during the flood."""

    def __init__(self, caller: EngineClient) -> None:
        super().__init__()
        self._caller = caller
        self._is_over = threading.Event()
        self._supplied, self._had = 0, caller.credits
        self._failure: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            while not self._is_over.is_set():
                self._caller.request(**supply(1))
                self._supplied += 1
                assert self._caller.credits == self._had + self._supplied
        except Exception as failure:  # noqa: BLE001 - it is raised again where the test is
            self._failure = failure

    def end(self) -> int:
        """Stop and return the number of requests; raises if one failed."""
        self._is_over.set()
        self.join()
        if self._failure is not None:
            raise self._failure
        return self._supplied
