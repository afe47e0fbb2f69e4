"""`ewallet demo`: supplying, converting and running the timer without a screen."""

from __future__ import annotations

import ast

from click.testing import CliRunner

from ewallet_core.commands.administration import demo_command
from ewallet_core.commands.demo import DAY_ZERO_MS, ForwardClock, perform


def test_every_instruction_of_the_demo_succeeds() -> None:
    assert not [sent for _, sent, answer in perform(ForwardClock(DAY_ZERO_MS)) if answer["failed"]]


def test_the_demo_ends_with_the_expected_balances() -> None:
    *_, (_, _, record), (_, _, clock) = perform(ForwardClock(DAY_ZERO_MS))
    (row,) = record["sheet_data"]["rows"]
    assert (row["time_spent_ms"], row["time_pending_ms"], row["pending_count"]) == (360_000, 600_000, 1)
    assert clock["clock_data"]["credit_clock_ms"] == 14 * 60_000


def test_the_demo_prints_plain_text_without_a_terminal() -> None:
    printed = CliRunner().invoke(demo_command)
    assert printed.exit_code == 0
    assert "\x1b" not in printed.output
    assert "She converts 20 of them to clock time." in printed.output


def test_the_demo_prints_python_dicts_without_secrets() -> None:
    printed = CliRunner().invoke(demo_command).output
    shown = [block.split("\n\n")[0].replace("\n←", "\n→") for block in printed.split("\n→ ")[1:]]
    dicts = [ast.literal_eval(part) for block in shown for part in block.split("\n→ ")]
    assert {instruction.get("user_pass", "••••") for instruction in dicts} == {"••••"}
    assert {instruction.get("session_token", "••••") for instruction in dicts} == {"••••"}
    assert len(dicts) == 24
