"""Reading events from the event port, and accounts that already have events."""

from __future__ import annotations

from database_file import execute_sql
from engine_client import EngineClient
from engine_server import EngineServer
from http_wire import EventStreamWire
from instructions import supply
from socket_wire import Wire


def next_kinds(wire: Wire | EventStreamWire, count: int) -> list[str]:
    """The kinds of the next events."""
    return [wire.next_line()["event"] for _ in range(count)]


def expect_event(wire: Wire | EventStreamWire, event: str, sequence: int) -> dict:
    line = wire.next_line()
    assert (line.get("event"), line.get("sequence")) == (event, sequence), line
    return line


def supplied(server: EngineServer, name: str) -> EngineClient:
    """A user with one event."""
    user = server.user(name)
    user.request(**supply(100))
    return user


def plant_events(wallet_url, count: int) -> int:
    """Insert that many events of Ada directly; returns the sequence of the last one."""
    execute_sql(
        wallet_url,
        "WITH RECURSIVE planted(number) AS"
        " (SELECT 1 UNION ALL SELECT number + 1 FROM planted WHERE number < ?)"
        " INSERT INTO events (account_id, sequence, kind, data, at)"
        " SELECT id, event_sequence + number, 'account_changed', '{}', written_at"
        " FROM accounts, planted WHERE email = 'ada@example.org' ORDER BY number",
        count,
    )
    execute_sql(
        wallet_url,
        "UPDATE accounts SET event_sequence = event_sequence + ? WHERE email = 'ada@example.org'",
        count,
    )
    return 1 + count
