"""Some weeks of Ada's use of her wallet: the data in the screenshots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EmbeddedClient
from ewallet_core.data_folder import database_url
from ewallet_core.operations.context import EngineConfig

PASSWORD = "four unrelated words"
NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
BEGINNING = datetime(2026, 10, 12, 8, 30, tzinfo=UTC)
SESSION_LIFETIME_MS = 10**12

PEOPLE = {
    "olga": "olga@example.org",
    "ada": "ada@example.org",
    "bob": "bob@example.org",
    "grace": "grace@example.org",
    "linus": "linus@example.org",
    "mira": "mira@example.org",
    "newton": "newton@example.org",
}
CONTACTS = (
    ("Bob", "bob@example.org", "+44 20 7946 0733", "Lunch on Thursdays, coffee whenever the build is slow."),
    ("Grace", "grace@example.org", "+1 202 555 0174", "Knows compilers, and where the moth went."),
    ("Linus", "linus@example.org", "+358 50 555 0119", ""),
    ("Mira", "mira@example.org", "+385 1 555 0142", "Translates; invoices at the end of a month."),
    ("Olga", "olga@example.org", "", "Runs the server."),
)
SUPPLIES = (("10-12 08:40", 600, "60"), ("10-27 09:05", 500, "50"), ("11-09 08:55", 700, "68"))
PAYMENTS = (
    ("10-13 12:31", "ada", "bob", 14, "lunch"),
    ("10-16 17:10", "ada", "grace", 60, "two hours on the parser"),
    ("10-20 12:40", "bob", "ada", 9, "coffee, and the cake"),
    ("10-22 12:29", "ada", "bob", 16, "lunch"),
    ("10-30 16:45", "ada", "mira", 120, "October: translation"),
    ("11-03 10:20", "ada", "linus", 35, "review"),
    ("11-05 12:33", "ada", "bob", 12, "lunch"),
    ("11-10 18:02", "grace", "ada", 45, "the diagrams"),
    ("11-12 12:30", "ada", "bob", 15, "lunch"),
    ("11-17 09:12", "ada", "grace", 30, "an hour on the parser"),
    ("11-19 12:34", "ada", "bob", 13, "lunch"),
    ("11-20 11:05", "bob", "ada", 20, "half of the train"),
)
CONVERSIONS = (
    ("10-12 09:00", "ada", 120),
    ("10-19 08:50", "ada", 180),
    ("10-28 09:00", "ada", 200),
    ("11-09 09:05", "ada", 240),
    ("11-16 08:58", "ada", 240),
    ("11-18 10:20", "bob", 30),
    ("11-20 13:40", "ada", 45),
)
# When Ada started her timer, the minutes that she worked, and the minutes of a pause after ten.
WORK = (
    ("10-12 09:10", 42, 0),
    ("10-13 09:32", 35, 5),
    ("10-14 10:05", 28, 0),
    ("10-16 14:20", 12, 0),
    ("10-19 09:02", 55, 9),
    ("10-21 09:15", 38, 0),
    ("10-23 13:30", 47, 4),
    ("10-26 09:20", 25, 0),
    ("10-28 09:12", 61, 12),
    ("10-29 15:10", 33, 0),
    ("11-02 09:05", 48, 0),
    ("11-03 14:00", 22, 3),
    ("11-05 09:40", 36, 0),
    ("11-09 09:15", 66, 10),
    ("11-10 09:10", 41, 0),
    ("11-11 15:25", 18, 0),
    ("11-12 09:30", 52, 6),
    ("11-13 10:02", 27, 0),
    ("11-16 09:08", 71, 8),
    ("11-17 13:35", 44, 0),
    ("11-18 09:18", 39, 5),
    ("11-19 09:26", 58, 0),
    ("11-20 09:04", 31, 4),
)
RAN_OUT = "11-18 10:25"
"""When Bob started his timer, which used up his time."""
BEGUN = "11-20 13:49"
"""When Ada started her timer, which is running now."""


class Step(NamedTuple):
    """An instruction that a user sends at some time."""

    when: datetime
    user: str
    instruction: dict[str, Any]


class Day:
    """The clock of the app and its engine. It stands still until it is advanced."""

    def __init__(self, instant: datetime = NOW) -> None:
        self._start = self.instant = instant

    def __call__(self) -> float:
        """Seconds, as the app reads them."""
        return (self.instant - self._start).total_seconds()

    def wall(self) -> int:
        """Milliseconds UTC, as the engine reads them."""
        return round(self.instant.timestamp() * 1_000)

    def today(self) -> datetime:
        return self.instant

    def advance(self, **time: float) -> None:
        """Advance it by `seconds` or `minutes`."""
        self.instant += timedelta(**time)


def open_engine(folder: Path, day: Day) -> EWalletSessionManager:
    config = EngineConfig(session_lifetime_ms=SESSION_LIFETIME_MS, self_supply=True)
    return EWalletSessionManager(database_url(folder), clock=day.wall, config=config)


async def create_wallets(folder: Path) -> None:
    """Create the wallets in `folder`, with everything that happened until now."""
    day = Day(BEGINNING)
    clients = {name: EmbeddedClient(lambda: open_engine(folder, day)) for name in PEOPLE}
    for name, client in clients.items():
        await _create_account(name, client)
    for step in sorted(_steps(), key=lambda step: step.when):
        day.instant = step.when
        await _send(clients[step.user], **step.instruction)
    for client in clients.values():
        await client.close()
    _give_roles(folder)


async def _create_account(name: str, client: EmbeddedClient) -> None:
    await client.open()
    account = {"user_name": name, "user_email": PEOPLE[name], "user_phone": "+44 20 7946 0018"}
    await _send(client, action="new", new="account", user_pass=PASSWORD, **account)
    await _send(client, action="login", user_name=name, user_pass=PASSWORD)
    if name == "ada":
        for contact in CONTACTS:
            known = dict(zip(("user_name", "user_email", "user_phone", "notes"), contact, strict=True))
            await _send(client, action="new", new="contact", contact="record", **known)


async def _send(client: EmbeddedClient, **instruction: Any) -> None:
    answer = await client.send(controller="client", ctype="action", **instruction)
    if answer["failed"]:
        raise RuntimeError(f"{instruction}: {answer['error']}")


def _give_roles(folder: Path) -> None:
    with open_engine(folder, Day()) as engine:
        for change in (
            {"action": "grant", "grant": "role", "account": PEOPLE["olga"], "role": "operator"},
            {"action": "freeze", "freeze": "account", "account": PEOPLE["mira"]},
        ):
            answer = engine.answer({"controller": "system", "ctype": "action", **change})
            if answer["failed"]:
                raise RuntimeError(answer["error"])


def _steps() -> Iterator[Step]:
    for name, credits in (("bob", 150), ("grace", 240)):
        yield Step(_at("10-12 08:35"), name, _supply(credits, str(credits // 10)))
    for when, credits, cost in SUPPLIES:
        yield Step(_at(when), "ada", _supply(credits, cost))
    for when, user, to, credits, notes in PAYMENTS:
        yield Step(_at(when), user, {"action": "pay", "pay": PEOPLE[to], "credits": credits, "notes": notes})
    for when, user, credits in CONVERSIONS:
        convert = {"action": "convert", "convert": "credits2clock", "credits": credits}
        yield Step(_at(when), user, convert)
    for when, minutes, paused in WORK:
        yield from _run_timer(_at(when), minutes, paused)
    yield Step(_at(RAN_OUT), "bob", _timer("start"))
    yield Step(_at(BEGUN), "ada", _timer("start"))


def _supply(credits: int, cost: str) -> dict[str, Any]:
    return {"action": "supply", "supply": "credits", "credits": credits, "currency": "EUR", "cost": cost}


def _run_timer(start: datetime, minutes: int, paused: int) -> Iterator[Step]:
    ten = timedelta(minutes=10)
    yield Step(start, "ada", _timer("start"))
    if paused:
        yield Step(start + ten, "ada", _timer("pause"))
        yield Step(start + ten + timedelta(minutes=paused), "ada", _timer("resume"))
    seconds = minutes * 37 % 60
    yield Step(start + timedelta(minutes=minutes + paused, seconds=seconds), "ada", _timer("stop"))


def _timer(action: str) -> dict[str, Any]:
    return {"action": action, action: "clock_timer"}


def _at(when: str) -> datetime:
    return datetime.strptime(f"{NOW.year}-{when}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
