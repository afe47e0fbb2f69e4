"""Transfers and views a second: in process, over TCP, and through the client library.

A transfer is compared with one that is written by hand, a view with a server that only echoes, and REST with
the socket.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from accounts import PASSWORD, VIEW_WALLET, Person, open_engine, open_person, transfer_to
from limits import FAST, SIMPLE, TransferByHand
from load import frame_of, http_request_of, run_load
from processes import Server, run_echo, run_server
from table import Measure, Measurement, Row, measure_in_turns

from ewallet_core import EWalletSessionManager
from ewallet_core.client import AsyncEWalletClient
from ewallet_core.data_folder import KNOWN_SERVERS_FILE, database_url

CREDITS = 1_000_000
BY_HAND = "written by hand, sqlite3"
ECHO = "the same lines echoed"
SIMPLE_ECHO = "echoed with streams, json"
OVER_SOCKET = "the same over the socket"

Instruction = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """Rounds of so many seconds for each measurement, and the number of connections."""

    rounds: int
    seconds: float
    connections: int


def serving_rows(folder: Path, size: Size) -> Iterator[Row]:
    """The rows of transfers, in which each account sends to the next one, and those of views."""
    with ExitStack() as stack:
        served, own = (_make_folder(folder, name) for name in ("served", "own"))
        people, wallet = _make_ring(served, size.connections)
        (payer, payee), _ = _make_ring(own, 2)
        server = stack.enter_context(run_server(served, "--http-port", "0"))
        echo, simple_echo = (stack.enter_context(run_echo(kind, wallet)) for kind in (FAST, SIMPLE))
        by_hand = stack.enter_context(closing(TransferByHand(folder / "by_hand.sqlite3")))
        engine = stack.enter_context(open_engine(database_url(own)))
        clients, over_http = (
            stack.enter_context(closing(LibraryClients(server, place, people, folder / KNOWN_SERVERS_FILE)))
            for place in (server.address, f"http://{server.http_address}")
        )
        seconds, many, each = size.seconds, f"{len(people)} connections", f"{len(people)} library clients"

        transfers = [transfer_to(payee.email) for payee in (*people[1:], people[0])]
        yield from measure_in_turns(
            "/s",
            BY_HAND,
            partial(_transfer_by_hand, by_hand, seconds),
            {
                "transfer, in process, one caller": partial(_transfer, engine, payer, payee, seconds),
                f"transfer, {many}": _load(server, people, transfers, seconds),
                f"transfer, {each}": partial(clients.measure, transfers, seconds),
            },
            size.rounds,
        )
        for names, number in ((("one connection", "one library client"), 1), ((many, each), len(people))):
            views = [VIEW_WALLET] * number
            yield from measure_in_turns(
                "/s",
                ECHO,
                _load(echo, people, views, seconds),
                {
                    f"view wallet, {names[0]}": _load(server, people, views, seconds),
                    f"view wallet, {names[1]}": partial(clients.measure, views, seconds),
                    f"view wallet, {names[1]} over HTTP": partial(over_http.measure, views, seconds),
                },
                size.rounds,
            )
        yield from measure_in_turns(
            "/s",
            SIMPLE_ECHO,
            _load(simple_echo, people, views, seconds),
            {f"view wallet, {many}, simple echo": _load(server, people, views, seconds)},
            size.rounds,
        )
        yield from _rest_rows(server, people, size)


def _rest_rows(server: Server, people: Sequence[Person], size: Size) -> Iterator[Row]:
    """Transfers and views over REST, beside the same ones over the socket."""
    recipients = [payee.email for payee in (*people[1:], people[0])]
    over_socket = {
        "transfer": [transfer_to(email) for email in recipients],
        "view wallet": [VIEW_WALLET] * len(people),
    }
    over_rest = {
        "transfer": [
            http_request_of("POST", "/v1/transfers", person.token, {"transfer_to": email, "credits": 1})
            for person, email in zip(people, recipients, strict=True)
        ],
        "view wallet": [http_request_of("GET", "/v1/wallets/active", person.token) for person in people],
    }
    for name, requests in over_rest.items():
        yield from measure_in_turns(
            "/s",
            OVER_SOCKET,
            _load(server, people, over_socket[name], size.seconds),
            {f"{name}, {len(people)} REST connections": partial(_load_http, server, requests, size.seconds)},
            size.rounds,
        )


def _make_folder(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


def _make_ring(folder: Path, number: int) -> tuple[list[Person], dict[str, Any]]:
    """So many new accounts, and the view of the first one's wallet."""
    with open_engine(database_url(folder)) as engine:
        people = [open_person(engine, f"person{each}", CREDITS) for each in range(number)]
        return people, people[0].send(engine, **VIEW_WALLET)


def _transfer_by_hand(by_hand: TransferByHand, seconds: float) -> Measurement:
    began = time.perf_counter()
    for number in count(1):
        by_hand.transfer(number)
        if (took := time.perf_counter() - began) >= seconds:
            return Measurement(number / took)
    raise AssertionError


def _transfer(engine: EWalletSessionManager, payer: Person, payee: Person, seconds: float) -> Measurement:
    instruction, first = transfer_to(payee.email), time.time_ns()
    latencies: list[float] = []
    began, used = time.perf_counter(), time.process_time()
    while (started := time.perf_counter()) - began < seconds:
        payer.send(engine, **instruction, request_id=f"{first:x}-{len(latencies):08x}")
        latencies.append(time.perf_counter() - started)
    return _measured(latencies, time.perf_counter() - began, time.process_time() - used)


def _load(
    server: Server, people: Sequence[Person], instructions: Sequence[Instruction], seconds: float
) -> Measure:
    """A load in which each of the first accounts sends one of the instructions again and again."""
    frames = [
        frame_of({**instruction, **person.credentials})
        for instruction, person in zip(instructions, people, strict=False)
    ]

    return partial(_measure_load, server, server.address, frames, seconds)


def _load_http(server: Server, requests: Sequence[str], seconds: float) -> Measurement:
    return _measure_load(server, server.http_address, requests, seconds, is_http=True)


def _measure_load(
    server: Server, address: str, frames: Sequence[str], seconds: float, *, is_http: bool = False
) -> Measurement:
    used = server.cpu_seconds
    answered = run_load([address], frames, seconds, is_http=is_http)
    cpu_us = (server.cpu_seconds - used) / answered.requests * 1e6
    return Measurement(answered.per_second, answered.p50_ms, answered.p99_ms, cpu_us)


def _measured(latencies: Sequence[float], seconds: float, cpu_seconds: float | None = None) -> Measurement:
    """The rate and latencies of requests that took so many seconds each, and `seconds` in all."""
    hundredths = statistics.quantiles([0, *latencies], n=100)
    return Measurement(
        len(latencies) / seconds,
        hundredths[49] * 1_000,
        hundredths[98] * 1_000,
        None if cpu_seconds is None else cpu_seconds / len(latencies) * 1e6,
    )


class LibraryClients:
    """Clients of the library, in this process, logged in at a server, which they reach at that place."""

    def __init__(self, server: Server, place: str, people: Sequence[Person], known_servers: Path) -> None:
        self._server = server
        self._place = place
        self._known_servers = known_servers
        self._runner = asyncio.Runner()
        self._clients = self._runner.run(self._open(people))

    async def _open(self, people: Sequence[Person]) -> list[AsyncEWalletClient]:
        clients = [AsyncEWalletClient(self._place, known_servers=self._known_servers) for _ in people]
        for client, person in zip(clients, people, strict=True):
            await client.open()
            answer = await client.send(action="login", user_name=person.name, user_pass=PASSWORD)
            if answer["failed"]:
                raise RuntimeError(answer["error"])
        return clients

    def measure(self, instructions: Sequence[Instruction], seconds: float) -> Measurement:
        """Let each of the first clients send one of the instructions again and again."""
        latencies: list[float] = []
        used = self._server.cpu_seconds
        took = self._runner.run(self._send_all(instructions, seconds, latencies))
        return _measured(latencies, took, self._server.cpu_seconds - used)

    async def _send_all(
        self, instructions: Sequence[Instruction], seconds: float, latencies: list[float]
    ) -> float:
        began = time.perf_counter()

        async def repeat(client: AsyncEWalletClient, instruction: Instruction) -> None:
            while (started := time.perf_counter()) - began < seconds:
                answer = await client.send(**instruction)
                if answer["failed"]:
                    raise RuntimeError(answer["error"])
                latencies.append(time.perf_counter() - started)

        await asyncio.gather(*map(repeat, self._clients, instructions))
        return time.perf_counter() - began

    def close(self) -> None:
        self._runner.run(self._close())
        self._runner.close()

    async def _close(self) -> None:
        for client in self._clients:
            await client.close()
