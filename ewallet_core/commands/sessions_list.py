"""`ewallet sessions`: where the account is logged in, and ending a session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from ewallet_core.commands.listing import Listing, Output, output_options
from ewallet_core.commands.parameters import NUMBER
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.commands.subcommands import LIST, ListFirst
from ewallet_core.presentation.formatting import count, moment, one_line, parse_timestamp
from ewallet_core.presentation.tables import Column, Row, Tone, ToneText

COLUMNS = (
    Column("Session", align="right"),
    Column("Where", fills=True),
    Column("Since", from_width=60),
    Column("Last used"),
    Column("Expires", from_width=75),
    Column(""),
)
VALUES = ("session_id", "address", "since", "last_use", "expires", "lifetime_ms", "is_this")
THIS_ONE = ToneText("● this one", Tone.GOOD)

Session = dict[str, Any]


@click.group("sessions", cls=ListFirst)
def sessions_command() -> None:
    """List where you are logged in, and end sessions.

    \b
    ewallet sessions
    ewallet sessions end 12
    ewallet sessions end --others
    """


@shell_command(LIST)
@output_options
def list_sessions(shell: Shell, output: Output) -> None:
    """List the sessions in which your account is logged in, the latest login first."""
    answer, now = _view(shell), datetime.now(UTC)
    # The command's own session is always one of them.
    listing = Listing(COLUMNS, lambda session: _row(session, now), VALUES, lambda session: session, empty="")
    output.show(listing, answer["sessions"], answer)


def _view(shell: Shell) -> Session:
    return shell.send(action="view", view="sessions")


def _row(session: Session, now: datetime) -> Row:
    times = (moment(parse_timestamp(session[key]), now) for key in ("since", "last_use", "expires"))
    return str(session["session_id"]), session["address"], *times, THIS_ONE if session["is_this"] else ""


@shell_command("end", changes=True)
@click.argument("number", type=NUMBER, required=False)
@click.option("--others", is_flag=True, help="End all sessions except the one of these commands.")
def end_session(shell: Shell, number: int | None, others: bool) -> None:
    """Log out of the session NUMBER, which `ewallet sessions` lists."""
    if (number is None) is not others:
        raise click.UsageError("Give the number of a session, or --others.")
    found: list[Session] = _view(shell)["sessions"]
    ended = [each for each in found if (not each["is_this"] if others else each["session_id"] == number)]
    if number is not None and not ended:
        # The engine says what is wrong with it.
        ended = [{"session_id": number, "is_this": False, "address": ""}]
    for session in ended:
        shell.send(action="end", end="session", session_id=session["session_id"])
        if session["is_this"]:
            shell.forget_session()
    numbers = [session["session_id"] for session in ended]
    shell.show({"failed": False, "sessions": numbers}, _ended(ended))


def _ended(sessions: list[Session]) -> str:
    if len(sessions) == 1:
        return f"Session {sessions[0]['session_id']} of {one_line(sessions[0]['address'])} has ended."
    return f"{count(len(sessions), 'session')} ended." if sessions else "There is no other session."


for command in (list_sessions, end_session):
    sessions_command.add_command(command)
