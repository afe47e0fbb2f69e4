"""`ewallet status`: what the timer does, on one line, in a format that users make of its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any, Self

import click
from msgspec import Struct

from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.presentation.clock_state import BEGUN, ClockState, TimerState
from ewallet_core.presentation.formatting import SECOND, countdown, duration, local, one_line
from ewallet_core.steady_time import steady_time

USUAL_FORMAT = "{sign} {state} {left} · {credits} credits"

_STATES = {
    TimerState.ACTIVE: (BEGUN[TimerState.ACTIVE], "●"),
    TimerState.PAUSED: (BEGUN[TimerState.PAUSED], "‖"),
    TimerState.INACTIVE: ("stopped", "○"),
}
_SECONDS_PER_MINUTE = 60

FIELDS = {
    "state": "running, paused or stopped",
    "sign": "the same as a sign: ●, ‖ or ○",
    "left": "the time left on the clock, such as 19:42",
    "left_seconds": "the same in whole seconds",
    "left_minutes": "the same in whole minutes, rounded up",
    "used": "the time that the run has used so far",
    "ends": "when the time runs out, such as 15:04; empty unless the timer runs",
    "clock": "the name of the clock",
    "note": "the note of the run",
    "tags": "the tags of the run, with spaces between them",
    "wallet": "the name of the active wallet",
    "credits": "the credits of that wallet",
    "account": "your name",
    "email": "your email",
}
"""What a format may name in braces, and what that is."""


class Status(Struct, frozen=True):
    """The account as of one reading: its timer goes on from there."""

    clock: ClockState
    wallet: str
    credits: int
    account: str
    email: str

    @classmethod
    def read(cls, overview: Mapping[str, Any], read_at: float) -> Self:
        """The status in an overview that was read at `read_at`, in seconds on a monotonic clock.

        Its clock is the active one, unless only the timer of another one has begun.
        """
        clock = ClockState.read(overview["clock_data"], read_at)
        if not clock.runs and overview["timers"]:
            clock = ClockState.read(overview["timers"][0], read_at)
        wallet, account = overview["ewallet_data"], overview["account_data"]
        return cls(clock, wallet["reference"] or "", wallet["credits"], account["name"], account["email"])

    def fields(self, now: float, wall_time: datetime) -> dict[str, Any]:
        """The value of each of `FIELDS` at `now`, which is `wall_time` on the user's wall clock."""
        clock = self.clock
        left = clock.left_ms(now)
        seconds = -(-left // SECOND)
        state, sign = _STATES[clock.state]
        ends = wall_time + timedelta(milliseconds=left)
        return {
            "state": state,
            "sign": sign,
            "left": countdown(left),
            "left_seconds": seconds,
            "left_minutes": -(-seconds // _SECONDS_PER_MINUTE),
            "used": duration(clock.spent_ms(now) if clock.runs else 0),
            "ends": f"{ends:%H:%M}" if clock.state is TimerState.ACTIVE else "",
            "clock": one_line(clock.reference),
            "note": one_line(clock.notes),
            "tags": one_line(" ".join(clock.tags)),
            "wallet": one_line(self.wallet),
            "credits": self.credits,
            "account": one_line(self.account),
            "email": one_line(self.email),
        }


class LineFormat(click.ParamType[str]):
    """A text with fields in braces, such as `{state} {left}`; braces themselves are written twice."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        try:
            for _, name, spec, _ in Formatter().parse(text):
                if name is not None:
                    self._check(name, spec or "", param, ctx)
            text.format_map({**dict.fromkeys(FIELDS, ""), **dict.fromkeys(_NUMBERS, 0)})
        except ValueError as invalid:
            self.fail(f"{invalid}. Write a brace itself twice: {{{{ or }}}}.", param, ctx)
        return text

    def _check(self, name: str, spec: str, param: click.Parameter | None, ctx: click.Context | None) -> None:
        if name not in FIELDS:
            self.fail(f"There is no field {{{name}}}. The fields are {', '.join(FIELDS)}.", param, ctx)
        if _TOO_WIDE.search(spec):
            self.fail(f"{spec!r} is no width. Write a number of at most 3 digits there.", param, ctx)


_NUMBERS = ("left_seconds", "left_minutes", "credits")
_TOO_WIDE = re.compile(r"\d{4}|[{}]")

format_option = click.option(
    "--format",
    "line_format",
    type=LineFormat(),
    metavar="TEXT",
    help="The line, with fields in braces. `ewallet help status` lists them.",
)


def read_status(shell: Shell) -> Status:
    """The status now; to read it is no use of the session."""
    overview = shell.send(action="view", view="overview", limit=1, passive=True)
    return Status.read(overview, steady_time())


def fields_now(status: Status) -> dict[str, Any]:
    return status.fields(steady_time(), local(datetime.now(UTC)))


@shell_command("status")
@format_option
def status_command(shell: Shell, line_format: str | None) -> None:
    """Print on one line what the timer does.

    This is for a prompt or a status bar. It is no use of your session, so it does not keep you logged in.

    \b
    ewallet status --format '{state} {left}'
    """
    fields = fields_now(read_status(shell))
    if shell.as_json:
        shell.print_json(fields)
    else:
        text = USUAL_FORMAT if line_format is None else line_format
        # The colours in a format are the user's own, also for another program.
        click.echo(text.format_map(fields), color=True)
