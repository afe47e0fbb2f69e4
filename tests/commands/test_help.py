"""`ewallet help`: each topic is a section of the documentation, also in an installed package."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ewallet_core.commands.help import TOPICS
from ewallet_core.commands.status_line import FIELDS
from ewallet_tui.__main__ import main

ROOT = Path(__file__).parent.parent.parent


def invoke(*words: str) -> Result:
    return CliRunner().invoke(main, ["help", *words], prog_name="ewallet")


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_is_one_section_of_its_page(topic: str) -> None:
    page, title = TOPICS[topic]
    shown = invoke(topic).stdout.partition("\nUsage: ")[0]
    assert shown.startswith(f"## {title}\n")
    assert shown.count("\n## ") == 0
    assert shown.strip() in (ROOT / "docs" / page).read_text()


def test_without_a_topic_they_are_listed() -> None:
    assert all(topic in invoke().stdout for topic in TOPICS)


def test_the_help_of_a_command_is_the_same_as_with_its_option() -> None:
    assert invoke("pay").stdout == CliRunner().invoke(main, ["pay", "--help"], prog_name="ewallet").stdout


def test_a_topic_that_is_a_command_too_shows_both() -> None:
    shown = invoke("status").stdout
    assert "## The fields" in shown
    assert "Usage: ewallet status" in shown


def test_each_command_is_described_on_one_line_of_a_narrow_terminal() -> None:
    listed = CliRunner(env={"COLUMNS": "80"}).invoke(main, ["--help"]).stdout.partition("Log in:")[2]
    assert "balance" in listed
    assert [line for line in listed.splitlines() if "..." in line or line.startswith("   ")] == []


def test_an_unknown_topic_is_answered_with_the_topics() -> None:
    result = invoke("nonsense")
    assert result.exit_code == 2
    assert "scripts" in result.stderr


def test_every_page_is_in_the_package() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    included = wheel["force-include"]
    for page, _ in TOPICS.values():
        assert included[f"docs/{page}"] == f"ewallet_core/commands/pages/{page}"


def test_the_page_has_every_field_of_the_status_as_the_command_describes_it() -> None:
    page = (ROOT / "docs" / "status-line.md").read_text().replace("`", "")
    assert [field for field, meaning in FIELDS.items() if f"| {{{field}}} | {meaning} |" not in page] == []
