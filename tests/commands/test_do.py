"""`ewallet do`: every instruction of the registry can be sent, and its help says what it takes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click
import pytest
from each import check_each, for_each
from invoked import ADA, PASSWORD, Wallet, new_wallet

from ewallet_core.commands.do import do_command
from ewallet_core.commands.instruction_commands import words_of
from ewallet_core.handlers import REGISTRY, SECTIONS
from ewallet_core.instructions import reference
from ewallet_core.instructions.registry import Access, Instruction
from ewallet_core.instructions.validation import meta_of
from ewallet_tui.__main__ import main

NOT_UNDERSTOOD = {"unknown_instruction", "unknown_argument", "missing_argument", "bad_value", "not_permitted"}
EXAMPLES = {
    each.found.name: reference.entry_of(each).example
    for each in reference.everything(SECTIONS)
    if not each.section.is_live
}

CHANGES = [found for found in REGISTRY if found.changes]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a wallet in which Ada, an operator, is logged in."""
    wallet = new_wallet(tmp_path_factory.mktemp("prepared"))
    wallet.done("grant", "operator", ADA)
    wallet.done("do", "supply", "credits", "--credits", 100, "--currency", "EUR", "--cost", "20")
    return wallet.folder


@pytest.fixture
def wallet(prepared: Path, tmp_path: Path) -> Wallet:
    """A copy of that wallet, so that no instruction stands in the way of the next."""
    shutil.copytree(prepared, tmp_path / "wallet")
    return Wallet(tmp_path / "wallet")


def example_words(found: Instruction) -> list[str]:
    example = EXAMPLES[found.name]
    arguments = {name: value for name, value in example.items() if name in found.arguments}
    client = ["--client-id", "unknown"] if found.access is Access.CLIENT else []
    return [*words_of(found.forms[0], found, arguments), *client]


def check_that_it_can_be_sent(found: Instruction, wallet: Wallet) -> None:
    result = wallet.run(*example_words(found), "--json")
    if found.access is Access.CLIENT:
        assert result.exit_code == 4, result.output
        return
    assert result.exit_code in (0, 1), result.output
    answer = json.loads(result.stdout)
    assert answer["failed"] is (result.exit_code == 1)
    assert answer.get("code") not in NOT_UNDERSTOOD, answer


@pytest.mark.parametrize("found", CHANGES, ids=lambda found: found.name.replace(" ", "-"))
def test_every_change_can_be_sent_by_its_selectors(found: Instruction, wallet: Wallet) -> None:
    check_that_it_can_be_sent(found, wallet)


def test_every_view_can_be_sent_by_its_selectors(wallet: Wallet) -> None:
    views = {found.name: found for found in REGISTRY if not found.changes}
    check_each(views, lambda found: check_that_it_can_be_sent(found, wallet))


def command_of(words: list[str]) -> click.Command:
    """The command that these words choose."""
    command: click.Command = do_command
    with click.Context(main, info_name="ewallet") as context:
        for word in words:
            assert isinstance(command, click.Group)
            found = command.get_command(context, word)
            assert found is not None, word
            command = found
    return command


@for_each({found.name: found for found in REGISTRY})
def test_every_argument_has_an_option_that_takes_its_example(found: Instruction) -> None:
    for form in found.forms:
        command = command_of(list(form.values()))
        options = {param.name: param for param in command.params if isinstance(param, click.Option)}
        for name, argument in found.arguments.items():
            example = (meta_of(argument.type).examples or [None])[0]
            with click.Context(command) as context:
                if options[name].is_flag:
                    continue
                text = " ".join(example) if isinstance(example, list) else example
                text = json.dumps(text) if isinstance(text, dict) else str(text)
                options[name].type_cast_value(context, text)


def test_values_arrive_in_the_type_of_their_argument(wallet: Wallet) -> None:
    wallet.done("do", "convert", "credits2clock", "--credits", 5)
    wallet.done("do", "start", "clock_timer", "--tags", "acme urgent", "--notes", "42")
    clock = wallet.answer("do", "view", "credit", "clock")["clock_data"]
    assert (clock["timer_tags"], clock["timer_notes"]) == (["acme", "urgent"], "42")
    assert wallet.answer("do", "view", "transfer", "list", "--totals", "--limit", 1)["sheet_data"]["totals"]
    issue = {"name": "The timer shows yesterday", "details": "It did so this morning."}
    assert wallet.answer("do", "report", "issue", "--issue", json.dumps(issue))["issue"] == "ISSUE-000001"


def test_an_argument_may_be_written_with_hyphens_or_as_in_the_registry(wallet: Wallet) -> None:
    for option in ("--ewallet-id", "--ewallet_id"):
        assert len(wallet.answer("do", "view", "credit", "clocks", option, 2)["clocks"]) == 1


def test_a_wrong_value_is_refused_before_anything_is_sent(wallet: Wallet) -> None:
    result = wallet.run("do", "convert", "credits2clock", "--credits", "many")
    assert result.exit_code == 2
    assert "It must be a whole number from 1 to" in result.stderr


def test_a_missing_argument_is_a_usage_error(wallet: Wallet) -> None:
    result = wallet.run("do", "convert", "credits2clock")
    assert (result.exit_code, "Missing option '--credits'" in result.stderr) == (2, True)


def test_an_unknown_word_is_answered_with_the_nearest_instructions(wallet: Wallet) -> None:
    result = wallet.run("do", "view", "acount")
    assert result.exit_code == 2
    assert "There is no instruction view acount. The nearest known: view account;" in result.stderr


def test_a_beginning_lists_the_words_that_may_follow(wallet: Wallet) -> None:
    shown = wallet.done("do", "convert", "--help")
    assert "credits2clock" in shown
    assert "clock2credits" in shown


def test_help_is_that_of_the_registry(wallet: Wallet) -> None:
    shown = " ".join(wallet.done("do", "convert", "credits2clock", "--help").split())
    for words in (
        "Convert credits of the active wallet to time on its active clock",
        "--credits VALUE A whole number from 1 to 1,000,000,000,000. [required]",
        "Example: ewallet do convert credits2clock --credits 20",
    ):
        assert words in shown


def test_a_login_opens_a_session_and_a_password_is_never_an_argument(wallet: Wallet) -> None:
    wallet.done("logout")
    answer = wallet.answer("do", "login", "--user-name", "ada")
    assert "session_token" not in answer
    assert wallet.answer("do", "view", "account")["account"] == ADA
    assert wallet.run("do", "login", "--user-name", "ada", "--user-pass", PASSWORD).exit_code == 2


def test_a_login_in_a_session_keeps_its_renewed_token(wallet: Wallet) -> None:
    wallet.done("do", "login", "--user-name", "ada")
    assert wallet.answer("do", "view", "account")["account"] == ADA


def test_an_instruction_without_a_session_says_how_to_log_in(wallet: Wallet) -> None:
    wallet.done("logout")
    result = wallet.run("do", "view", "account")
    assert result.exit_code == 4
    assert "ewallet login NAME" in result.stderr


def test_a_change_is_done_once_under_its_request_id(wallet: Wallet) -> None:
    for _ in range(2):
        wallet.done("do", "convert", "credits2clock", "--credits", 5, "--request-id", "convert-once")
    assert wallet.answer("do", "view", "credit", "ewallet")["ewallet_data"]["credits"] == 95
