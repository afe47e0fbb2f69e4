"""What a test hears on the out_port, and those to whom something has happened already."""

from __future__ import annotations

from database_file import changed_by_hand
from engine_client import EngineClient
from engine_server import EngineServer
from instructions import supply
from socket_wire import Wire


def told(wire: Wire, count: int) -> list[str]:
    """The kinds of the events that come next."""
    return [wire.next_line()["event"] for _ in range(count)]


def is_told(wire: Wire, event: str, sequence: int) -> dict:
    line = wire.next_line()
    assert (line.get("event"), line.get("sequence")) == (event, sequence), line
    return line


def supplied(server: EngineServer, name: str) -> EngineClient:
    """Somebody to whom one thing has happened."""
    user = server.user(name)
    user.asks_ok(**supply(100))
    return user


def plant_events(wallet_file, count: int) -> int:
    """Let that much have happened to Ada besides; returns the sequence of the last event."""
    changed_by_hand(
        wallet_file,
        "WITH RECURSIVE planted(number) AS"
        " (SELECT 1 UNION ALL SELECT number + 1 FROM planted WHERE number < ?)"
        " INSERT INTO events (account_id, sequence, kind, data, at)"
        " SELECT id, event_sequence + number, 'account_changed', '{}', written_at"
        " FROM accounts, planted WHERE email = 'ada@example.org' ORDER BY number",
        count,
    )
    changed_by_hand(
        wallet_file,
        "UPDATE accounts SET event_sequence = event_sequence + ? WHERE email = 'ada@example.org'",
        count,
    )
    return 1 + count
