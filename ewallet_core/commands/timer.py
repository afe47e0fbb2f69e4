"""`ewallet start`, `pause`, `resume` and `stop`: the timer of the active clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from ewallet_core.client.connection import UnreachableError
from ewallet_core.commands.parameters import given, note_option
from ewallet_core.commands.problems import NoSessionError, RefusedError
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.presentation.formatting import countdown, duration, moment, parse_timestamp
from ewallet_core.presentation.past_times import read_moment


class PastMoment(click.ParamType[str]):
    """A moment as people write it, such as `14:30` or `20 minutes ago`, as the engine reads it."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            at = read_moment(value, datetime.now(UTC))
        except ValueError as problem:
            self.fail(str(problem), param, ctx)
        return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@shell_command("start", changes=True)
@note_option
@click.option("--tag", "tags", multiple=True, metavar="WORD", help="A tag of the run; may be given again.")
def start_command(shell: Shell, /, notes: str | None, tags: tuple[str, ...]) -> None:
    """Start the timer of the active clock.

    \b
    ewallet start --note "invoices of May" --tag acme --tag urgent
    """
    arguments = given(notes=notes, tags=list(tags) or None)
    answer = shell.send(action="start", start="clock_timer", **arguments)
    shell.show(answer, f"The timer runs.{_left(shell)}")


@shell_command("pause", changes=True)
def pause_command(shell: Shell) -> None:
    """Pause the timer: no time is used until it is resumed."""
    answer = shell.send(action="pause", pause="clock_timer")
    shell.show(answer, f"The timer is paused.{_left(shell)}")


@shell_command("resume", changes=True)
def resume_command(shell: Shell) -> None:
    """Let the paused timer run again."""
    answer = shell.send(action="resume", resume="clock_timer")
    shell.show(answer, f"The timer runs again.{_left(shell)}")


@shell_command("stop", changes=True)
@click.option(
    "--at", "stopped_at", type=PastMoment(), metavar="TIME", help="Stop at an earlier time, such as 14:30."
)
def stop_command(shell: Shell, /, stopped_at: str | None) -> None:
    """Stop the timer, and take the used time from the clock.

    \b
    ewallet stop --at "20 minutes ago"
    """
    try:
        answer = shell.send(action="stop", stop="clock_timer", **given(stopped_at=stopped_at))
    except RefusedError as refused:
        raise RefusedError(_reworded(refused.answer)) from None
    shell.show(answer, f"Used {duration(answer['minutes_spent_ms'])}.{_left(shell)}")


def _left(shell: Shell) -> str:
    """The time that is left, after a space; empty if it can't be read, because what was asked is done."""
    if shell.as_json:
        return ""
    try:
        clock = shell.send(action="view", view="credit", credit="clock")["clock_data"]
    except (RefusedError, NoSessionError, UnreachableError):
        return ""
    return f" {countdown(clock['credit_clock_ms'])} left."


def _reworded(error: Mapping[str, Any]) -> dict[str, Any]:
    """The same error with times as people write them."""
    now, details = datetime.now(UTC), error.get("details") or {}

    def local(name: str) -> str:
        return moment(parse_timestamp(details[name]), now)

    if error["code"] == "run_ended":
        return {**error, "error": f"This run has already ended, {local('ended_at')}."}
    if error["code"] == "moment_out_of_range":
        return {**error, "warning": f"Give a time from {local('earliest')} to {local('latest')}."}
    return dict(error)
