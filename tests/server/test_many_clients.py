"""Two hundred concurrent clients send credits around a ring: every credit and every event arrives."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from database_file import violations_in
from engine_client import SELECTORS
from examples_payments import transfer
from instructions import PASSWORD, supply
from socket_wire import LOOPBACK

CLIENTS, ROUNDS, STAKE = 200, 5, 100

Line = dict[str, Any]


@dataclass
class Member:
    """One client of the ring, with a connection for its instructions and one for its events."""

    number: int
    ports: tuple[int, int]
    credentials: dict[str, str] = field(default_factory=dict)
    received: list[Line] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"member{self.number}"

    async def join(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(LOOPBACK, self.ports[0])
        for name in ("client_id", "session_token"):
            self.credentials[name] = (await self.request(action="request", request=name))[name]
        account = {"user_name": self.name, "user_pass": PASSWORD, "user_email": email_of(self.number)}
        await self.request(action="new", new="account", **account)
        await self.request(action="login", user_name=self.name, user_pass=PASSWORD)
        await self.subscribe()
        await self.request(**supply(STAKE))

    async def subscribe(self) -> None:
        reader, self._ear = await asyncio.open_connection(LOOPBACK, self.ports[1])
        self._ear.write(json.dumps(self.credentials).encode() + b"\n")
        assert json.loads(await reader.readline()) == {"event": "listening", "sequence": 0}
        self._listening = asyncio.create_task(self._read_events(reader))

    async def request(self, **instruction: Any) -> Line:
        self._writer.write(json.dumps({**SELECTORS, **self.credentials, **instruction}).encode() + b"\n")
        answer: Line = json.loads(await self._reader.readline())
        assert answer["failed"] is False, answer
        return answer

    async def send_credits(self) -> None:
        """In each round, send as many credits to the next member as the round's number."""
        for credits in range(1, ROUNDS + 1):
            await self.request(**transfer(email_of((self.number + 1) % CLIENTS), credits))

    async def wait_for_all_events(self) -> None:
        await self._listening

    async def close(self) -> None:
        for writer in (self._writer, self._ear):
            writer.close()
            await writer.wait_closed()

    async def _read_events(self, reader: asyncio.StreamReader) -> None:
        while len(self.received) < 1 + 2 * ROUNDS:
            if (line := await reader.readline()).strip():
                self.received.append(json.loads(line))


def email_of(number: int) -> str:
    return f"member{number}@example.org"


@pytest.fixture
def ring(serve) -> list[Member]:
    server = serve(limits={"passwords_waiting": CLIENTS})
    return [Member(number, server.ports) for number in range(CLIENTS)]


async def test_two_hundred_clients_in_a_ring_get_every_credit_and_event_once(ring, wallet_url):
    async with asyncio.timeout(120):
        await asyncio.gather(*(member.join() for member in ring))
        await asyncio.gather(*(member.send_credits() for member in ring))
        await asyncio.gather(*(member.wait_for_all_events() for member in ring))
        wallets = [await member.request(action="view", view="credit", credit="wallet") for member in ring]
        await asyncio.gather(*(member.close() for member in ring))
    assert [wallet["ewallet_data"]["credits"] for wallet in wallets] == [STAKE] * CLIENTS
    for member in ring:
        assert [line["sequence"] for line in member.received] == [*range(1, 2 + 2 * ROUNDS)]
        moved = [(line["event"], line["data"]["credits"]) for line in member.received[1:]]
        assert sorted(moved) == sorted(
            (way, credits) for way in ("credits_arrived", "credits_left") for credits in range(1, ROUNDS + 1)
        )
        others = {
            line["data"].get("transfer_from") or line["data"]["transfer_to"] for line in member.received[1:]
        }
        assert others == {email_of((member.number + way) % CLIENTS) for way in (-1, 1)}
    assert violations_in(wallet_url) == []
