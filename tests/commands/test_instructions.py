"""`ewallet instructions`: the registry as a list, as single entries, and as JSON."""

from __future__ import annotations

import ast
import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from ewallet_core.commands import instructions as command
from ewallet_core.handlers import REGISTRY, SECTIONS
from ewallet_tui.__main__ import main

CONVERT = "client action convert clock2credits"


def run_command(*words: str) -> Result:
    return CliRunner().invoke(main, ["instructions", *words])


def test_every_instruction_has_its_line():
    lines = run_command().stdout.splitlines()
    for found in (found for section in SECTIONS for found in section.instructions):
        assert [line for line in lines if line.startswith((f"  {found.name} (", f"  {found.name}: "))], (
            found.name
        )


def test_a_line_has_the_path_the_arguments_and_what_it_does():
    assert (
        f"  {CONVERT} ([credits], [minutes], [notes]): "
        "Convert unused time of the active clock to credits of its wallet."
    ) in run_command().stdout.splitlines()


def test_piped_output_is_plain():
    for asked in ((), ("convert",), ("--json",), ("--markdown",)):
        assert "\x1b" not in run_command(*asked).stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(monkeypatch, columns):
    monkeypatch.setattr(command, "sys", SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setenv("COLUMNS", str(columns))
    for asked in ((), ("view",)):
        lines = run_command(*asked).stdout.splitlines()
        assert [line for line in lines if len(line) > columns] == []
        assert max(map(len, lines)) > columns - 20


def test_words_find_every_path_with_them_in_this_order():
    found = [line for line in run_command("view", "record").stdout.splitlines() if line.startswith("client")]
    assert found == [each.name for each in REGISTRY if " view " in each.name and each.name.endswith("record")]
    assert run_command("record", "view").exit_code == 2


def test_a_whole_path_finds_only_itself():
    found = [line for line in run_command(*CONVERT.split()).stdout.splitlines() if line.startswith("client")]
    assert found == [CONVERT]


def test_a_path_may_be_quoted():
    assert run_command("convert clock2credits").stdout == run_command("convert", "clock2credits").stdout


def test_an_alternative_form_finds_its_instruction():
    assert run_command("view", "credit", "wallet").stdout.startswith("client action view credit ewallet")


def test_an_entry_has_every_part():
    shown = run_command(*CONVERT.split()).stdout
    for part in (
        "controller=client ctype=action action=convert convert=clock2credits",
        "credits  optional, a whole number from 1 to 1,000,000,000,000",
        "converted_minutes     number of minutes",
        "an account that is logged in, of role user or operator",
        "a request_id makes it safe to repeat",
    ):
        assert part in shown


def test_an_instruction_of_a_live_object_is_marked():
    shown = run_command("user", "create", "account").stdout
    assert "controller=user ctype=action action=create create=account" in shown
    assert "the program that holds the live object" in shown
    assert "manager.workers[id].main_controller" in run_command("--markdown").stdout


def test_an_entry_shows_the_keys_of_its_data():
    shown = run_command("client", "action", "view", "account").stdout
    assert "account_data  account_data" in shown
    assert "to_unlink_timestamp   time or null" in shown


def test_the_example_of_an_entry_is_a_valid_request():
    shown = run_command(*CONVERT.split()).stdout
    example = ast.literal_eval(shown[shown.index("{") : shown.index("}") + 1])
    found, arguments = REGISTRY.find(example)
    assert (found.name, arguments) == (CONVERT, {"credits": 20})


def test_unknown_words_are_answered_with_the_nearest_paths():
    done = run_command("convrt", "credits2clok")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[:2] == [
        "There is no instruction `convrt credits2clok`. The nearest known:",
        "  client action convert credits2clock",
    ]


def test_the_list_can_be_printed_as_json():
    shown = json.loads(run_command("--json").stdout)
    assert [entry["path"] for entry in shown["instructions"]] == [
        found.name for section in SECTIONS for found in section.instructions
    ]
    assert "not_logged_in" in [error["code"] for error in shown["refusals"]]
    assert shown["data"]["account_data"]["keys"]["id"] == "whole number"


def test_one_instruction_can_be_printed_as_json():
    (entry,) = json.loads(run_command("--json", *CONVERT.split()).stdout)["instructions"]
    assert [argument["name"] for argument in entry["arguments"]] == ["credits", "minutes", "notes"]
    assert entry["example"]["convert"] == "clock2credits"


def test_the_page_option_prints_the_whole_reference():
    assert run_command("--markdown", "transfer").exit_code == 2
    assert run_command("--markdown", "--json").exit_code == 2
