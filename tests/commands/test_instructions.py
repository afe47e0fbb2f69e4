"""`ewallet instructions`: the catalogue, in a list, an entry at a time, and for a program."""

from __future__ import annotations

import ast
import json

import pytest
from click.testing import CliRunner, Result

from ewallet_core.commands import instructions as command
from ewallet_core.handlers import REGISTRY, SECTIONS
from ewallet_tui.__main__ import main

CONVERT = "client action convert clock2credits"


def printed(*words: str) -> Result:
    return CliRunner().invoke(main, ["instructions", *words])


def test_every_instruction_has_its_line():
    lines = printed().stdout.splitlines()
    for found in (found for section in SECTIONS for found in section.instructions):
        assert [line for line in lines if line.startswith((f"  {found.name} (", f"  {found.name}: "))], (
            found.name
        )


def test_a_line_has_the_path_the_arguments_and_what_it_does():
    assert (
        f"  {CONVERT} ([credits], [minutes], [notes]): "
        "Convert time of the active clock that is not yet used to credits of its wallet."
    ) in printed().stdout.splitlines()


def test_what_is_piped_is_plain():
    for asked in ((), ("convert",), ("--json",), ("--markdown",)):
        assert "\x1b" not in printed(*asked).stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_no_line_is_wider_than_it(monkeypatch, columns):
    monkeypatch.setattr(command, "_is_at_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    for asked in ((), ("view",)):
        lines = printed(*asked).stdout.splitlines()
        assert [line for line in lines if len(line) > columns] == []
        assert max(map(len, lines)) > columns - 20


def test_words_in_their_order_find_every_path_that_has_them():
    found = [line for line in printed("view", "record").stdout.splitlines() if line.startswith("client")]
    assert found == [each.name for each in REGISTRY if " view " in each.name and each.name.endswith("record")]
    assert printed("record", "view").exit_code == 2


def test_a_whole_path_finds_itself_alone():
    found = [line for line in printed(*CONVERT.split()).stdout.splitlines() if line.startswith("client")]
    assert found == [CONVERT]


def test_a_path_may_be_quoted():
    assert printed("convert clock2credits").stdout == printed("convert", "clock2credits").stdout


def test_a_form_that_is_only_printed_in_the_document_finds_its_instruction():
    assert printed("view", "credit", "wallet").stdout.startswith("client action view credit ewallet")


def test_an_entry_says_everything():
    shown = printed(*CONVERT.split()).stdout
    for part in (
        "controller=client ctype=action action=convert convert=clock2credits",
        "credits  optional, a whole number from 1 to 1,000,000,000,000",
        "converted_minutes     number of minutes",
        "an account that is logged in, of role user or operator",
        "a request_id makes it safe to repeat",
    ):
        assert part in shown


def test_what_a_live_object_is_asked_is_shown_as_that():
    shown = printed("user", "create", "account").stdout
    assert "controller=user ctype=action action=create create=account" in shown
    assert "the program that holds the live object" in shown
    assert "manager.workers[id].main_controller" in printed("--markdown").stdout


def test_an_entry_shows_what_its_data_are_made_of():
    shown = printed("client", "action", "view", "account").stdout
    assert "account_data  account_data" in shown
    assert "to_unlink_timestamp   time or null" in shown


def test_the_example_of_an_entry_is_a_dict_that_the_catalogue_takes():
    shown = printed(*CONVERT.split()).stdout
    example = ast.literal_eval(shown[shown.index("{") : shown.index("}") + 1])
    found, arguments = REGISTRY.find(example)
    assert (found.name, arguments) == (CONVERT, {"credits": 20})


def test_words_that_are_in_no_path_are_answered_with_the_nearest():
    done = printed("convrt", "credits2clok")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[:2] == [
        "There is no instruction `convrt credits2clok`. The nearest known:",
        "  client action convert credits2clock",
    ]


def test_a_program_gets_the_same_as_json():
    shown = json.loads(printed("--json").stdout)
    assert [entry["path"] for entry in shown["instructions"]] == [
        found.name for section in SECTIONS for found in section.instructions
    ]
    assert "not_logged_in" in [error["code"] for error in shown["refusals"]]
    assert shown["data"]["account_data"]["keys"]["id"] == "whole number"


def test_a_program_gets_one_instruction_as_json():
    (entry,) = json.loads(printed("--json", *CONVERT.split()).stdout)["instructions"]
    assert [argument["name"] for argument in entry["arguments"]] == ["credits", "minutes", "notes"]
    assert entry["example"]["convert"] == "clock2credits"


def test_the_page_is_the_whole_reference_or_nothing():
    assert printed("--markdown", "transfer").exit_code == 2
    assert printed("--markdown", "--json").exit_code == 2
