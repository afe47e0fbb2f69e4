"""Transfers and views of servers on a PostgreSQL, beside pgbench with statements on the same rows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from accounts import VIEW_WALLET, Person, open_engine, open_person, transfer_to
from load import frame_of, run_load
from processes import Server, run_server
from serving import CREDITS, Size
from table import Measurement, Row, measure_in_turns

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from postgresql_server import PostgresqlServer, find_programs, running_postgresql

SESSIONS = 16
PGBENCH = "pgbench, the same rows"
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "max_wal_size": "1GB"}

_ACCOUNT = """
SELECT a.id AS {side}, w.balance_id AS {side}_balance, w.transfer_sheet_id AS {side}_sheet,
    b.amount AS {side}_amount
FROM accounts a JOIN sessions s ON s.account_id = a.id JOIN client_ids c ON c.id = s.client_id
JOIN ewallets w ON w.id = a.ewallet_id JOIN balances b ON b.id = w.balance_id
WHERE a.email_key = {email} LIMIT 1;
\\gset
"""
_OWN, _NEXT = (f"'person' || :{number} || '@example.org'" for number in ("client_id", "next"))
_MOVE = """
UPDATE balances SET amount = amount {by}, moved_at = :at WHERE id = :{side}_balance;
INSERT INTO postings (entry_id, position, balance_id, unit, amount, balance_after, at)
VALUES (:entry, {position}, :{side}_balance, 'credit', {by}, :{side}_amount, :at);
"""
_RECORD = """
UPDATE sheets SET last_position = last_position + 1, record_count = record_count + 1, written_at = :at
WHERE id = :{side}_sheet RETURNING last_position AS {side}_position;
\\gset
INSERT INTO transfer_records (sheet_id, position, reference, entry_id, transfer_type, from_account_id,
    to_account_id, credits, notes, created_at, written_at, account_id, search_key)
VALUES (:{side}_sheet, :{side}_position, 'Transfer', :entry, '{kind}', :own, :other, 1, '', :at, :at, :{side},
    'transfer') RETURNING id AS {side}_record;
\\gset
"""
_EVENT = """
UPDATE accounts SET event_sequence = event_sequence + 1 WHERE id = :{side}
RETURNING event_sequence AS {side}_event;
\\gset
INSERT INTO events (account_id, sequence, kind, data, at, request_id, movement)
VALUES (:{side}, :{side}_event, '{kind}', '{{"ewallet":1,"ewallet_credits":999999,"credits":1,"notes":""}}',
    :at, NULL, 'transfer');
"""
TRANSFER = "".join(
    (
        f"\\set next (:client_id + 1) % {SESSIONS}\n\\set unique random(1, 1000000000000000)\n"
        "BEGIN;\n"
        f"SELECT id FROM accounts WHERE email_key IN ({_OWN}, {_NEXT}) ORDER BY id FOR NO KEY UPDATE;\n"
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at;\n\\gset\n",
        _ACCOUNT.format(side="own", email=_OWN),
        _ACCOUNT.format(side="other", email=_NEXT),
        "INSERT INTO entries (kind, at) VALUES ('transfer', :at) RETURNING id AS entry;\n\\gset\n",
        _MOVE.format(side="own", position=1, by="- 1"),
        _MOVE.format(side="other", position=2, by="+ 1"),
        _RECORD.format(side="own", kind="transfer"),
        _RECORD.format(side="other", kind="incoming"),
        _EVENT.format(side="own", kind="credits_left"),
        _EVENT.format(side="other", kind="credits_arrived"),
        "INSERT INTO seen_requests (scope, request_id, fingerprint, answer, seen_at)\n"
        "VALUES ('account ' || :own, 'pgbench ' || :unique, '\\x00', '{}', :at);\n",
        "COMMIT;\n",
    )
)
VIEW = _ACCOUNT.format(side="own", email=_OWN)


def postgresql_rows(folder: Path, size: Size) -> Iterator[Row]:
    """The rows of transfers and views with one server, and of transfers with two servers beside one."""
    # The database's processes run as another user than we, if we are root.
    folder.chmod(0o711)
    with ExitStack() as stack:
        database = stack.enter_context(running_postgresql(DURABLE, has_port=True, within=folder))
        url = database.url(name := database.new_database())
        with open_engine(url) as engine:
            people = [open_person(engine, f"person{each}", CREDITS) for each in range(SESSIONS)]
        servers = []
        for number in (1, 2):
            (own := folder / f"server{number}").mkdir()
            servers.append(stack.enter_context(run_server(own, "--database", url)))
        transfers = [transfer_to(payee.email) for payee in (*people[1:], people[0])]
        views = [VIEW_WALLET] * SESSIONS
        for what, instructions, script in (
            ("transfer", transfers, TRANSFER),
            ("view wallet", views, VIEW),
        ):
            yield from measure_in_turns(
                "/s",
                PGBENCH,
                partial(_pgbench, database, name, folder, script, size.seconds),
                {
                    f"{what} on PostgreSQL, {SESSIONS} sessions": partial(
                        _load, servers[:1], people, instructions, size.seconds
                    )
                },
                size.rounds,
            )
        yield from measure_in_turns(
            "/s",
            "one server",
            partial(_load, servers[:1], people, transfers, size.seconds),
            {"transfer on PostgreSQL, two servers": partial(_load, servers, people, transfers, size.seconds)},
            size.rounds,
        )


def _pgbench(database: PostgresqlServer, name: str, folder: Path, script: str, seconds: float) -> Measurement:
    file = folder / "script.sql"
    file.write_text(script)
    command = [
        str(find_programs() / "pgbench"),
        *("--no-vacuum", "--protocol=prepared", f"--client={SESSIONS}", "--jobs=2"),
        *(f"--time={max(1, round(seconds))}", f"--file={file}", database.conninfo(name)),
    ]
    printed = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", printed.stdout)
    if printed.returncode or found is None:
        raise RuntimeError(printed.stderr)
    return Measurement(float(found[1]))


def _load(
    servers: Sequence[Server],
    people: Sequence[Person],
    instructions: Sequence[dict[str, object]],
    seconds: float,
) -> Measurement:
    """The load of all sessions, shared out to the servers in turns."""
    frames = [
        frame_of({**instruction, **person.credentials})
        for instruction, person in zip(instructions, people, strict=True)
    ]
    used = sum(server.cpu_seconds for server in servers)
    answered = run_load([server.address for server in servers], frames, seconds)
    cpu_us = (sum(server.cpu_seconds for server in servers) - used) / answered.requests * 1e6
    return Measurement(answered.per_second, answered.p50_ms, answered.p99_ms, cpu_us)
