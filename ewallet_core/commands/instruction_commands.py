"""The commands of `ewallet do`, one for each instruction, with options and help from the registry."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import click
from click.shell_completion import CompletionItem
from msgspec.structs import FieldInfo

from ewallet_core.commands.login import open_session
from ewallet_core.commands.passwords import PasswordSource
from ewallet_core.commands.shell import EngineConnection, Shell, shell_command
from ewallet_core.commands.suggestions import OF_ARGUMENT
from ewallet_core.handlers import REGISTRY, SECTIONS
from ewallet_core.instructions import reference
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Access, Instruction, Selectors
from ewallet_core.instructions.validation import accepts, description_of, is_secret, meta_of
from ewallet_core.instructions.words import LEFT_OUT, choices_of, paths, picked_by, value_in


class ArgumentValue(click.ParamType[Any]):
    """The value of an instruction's argument, as text; it is checked as the engine would."""

    def __init__(self, argument: FieldInfo) -> None:
        self.argument = argument
        self.name = argument.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        typed = value_in(value, self.argument.type)
        if not accepts(self.argument.type, typed):
            self.fail(f"It must be {description_of(self.argument.type)}.", param, ctx)
        return typed

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem]:
        if (suggest := OF_ARGUMENT.get(self.argument.name)) is not None:
            return suggest(ctx, param, incomplete)
        listed = choices_of(self.argument.type)
        return [CompletionItem(choice) for choice in listed if choice.startswith(incomplete)]


@cache
def words_after(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words that may follow these."""
    count = len(words)
    longer = (path for path, _, _ in paths(REGISTRY) if path[:count] == words and len(path) > count)
    return tuple(dict.fromkeys(path[count] for path in longer))


def command_of(words: Sequence[str]) -> click.Command | None:
    """The command that sends the instruction with these selectors; None if they pick none."""
    picked = picked_by(words, REGISTRY)
    return None if picked is None else _instruction_command(words[-1], *picked)


def nearest_to(words: Sequence[str]) -> list[str]:
    """The instructions most like these words, as they are typed."""
    found = reference.nearest(reference.everything(SECTIONS), " ".join(words))
    return [path.removeprefix(f"{' '.join(LEFT_OUT)} ") for path in found]


def _instruction_command(name: str, form: Selectors, found: Instruction) -> click.Command:
    """The command that sends the instruction in that form."""
    documented = next(each for each in reference.everything(SECTIONS) if each.found is found)
    entry = reference.entry_of(documented)

    @shell_command(
        name,
        changes=found.changes,
        params=list(_params(found)),
        help=f"{entry.summary}\n\n{entry.notes}".strip(),
        epilog=_epilog(form, entry, found),
        context_settings={"token_normalize_func": _with_hyphens},
    )
    def send(shell: Shell, **values: Any) -> None:
        from_stdin = values.pop("password_stdin", False)
        shell.print_json(_answer(shell, form, found, values, from_stdin=from_stdin))

    return send


def _with_hyphens(word: str) -> str:
    return word.replace("_", "-")


def _params(found: Instruction) -> Iterator[click.Option]:
    if found.access is Access.CLIENT:
        about = "The client id to use, as `do request client_id` answers it."
        yield click.Option(["--client-id"], required=True, metavar="ID", help=about)
    for argument in found.arguments.values():
        yield _option(argument)
    if any(reader.is_secret for reader in found.readers.values()):
        about = "Read the passwords from stdin, each on its line, instead of asking for them."
        yield click.Option(["--password-stdin"], is_flag=True, help=about)


def _option(argument: FieldInfo) -> click.Option:
    flag = f"--{_with_hyphens(argument.name)}"
    must_be = description_of(argument.type)
    if is_secret(argument.type):
        # Without a value: one that is required is asked for anyway.
        return click.Option([flag], is_flag=True, hidden=argument.required, help=f"Ask for it: {must_be}.")
    if choices_of(argument.type) == ["true", "false"]:
        return click.Option([f"{flag}/--no-{flag[2:]}"], default=None)
    value = ArgumentValue(argument)
    return click.Option(
        [flag],
        type=value,
        required=argument.required,
        metavar="VALUE",
        help=f"{must_be[0].upper()}{must_be[1:]}.",
    )


def _epilog(form: Selectors, entry: reference.InstructionEntry, found: Instruction) -> str:
    """The answer's keys, who may use the instruction, and an example."""
    example = {name: value for name, value in entry.example.items() if name in found.arguments}
    return "\n\n".join(
        (
            f"Answer: {', '.join(('failed', *entry.answer))}.",
            f"Who may: {entry.who}.",
            f"\b\nExample:\n  {shlex.join(['ewallet', *words_of(form, found, example)])}",
        )
    )


def words_of(form: Selectors, found: Instruction, arguments: Mapping[str, Any]) -> list[str]:
    """The words after `ewallet` that send the instruction with these arguments, without required secrets."""
    words = tuple(form.values())
    return ["do", *(words[2:] if words[:2] == LEFT_OUT else words), *_options_of(found, arguments)]


def _options_of(found: Instruction, arguments: Mapping[str, Any]) -> Iterator[str]:
    for name, value in arguments.items():
        flag = _with_hyphens(name)
        if found.readers[name].is_secret:
            if not found.readers[name].is_required:
                yield f"--{flag}"
        elif isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        else:
            yield f"--{flag}"
            yield _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _answer(
    shell: Shell, form: Selectors, found: Instruction, values: Mapping[str, Any], *, from_stdin: bool
) -> Answer:
    """Have the instruction carried out, with its secrets asked for; a renewed session is stored."""
    secrets = [name for name, reader in found.readers.items() if reader.is_secret]
    asked = [name for name in secrets if found.readers[name].is_required or values[name]]
    given = {name: value for name, value in values.items() if value is not None and name not in secrets}
    connection = _connection_for(shell, found.access)
    if asked:
        passwords = PasswordSource(from_stdin=from_stdin)
        given |= {name: passwords.next(name, is_new=_is_new(found.arguments[name])) for name in asked}
    before = dict(connection.credentials)
    answer = shell.ask(connection, **form, **given)
    if connection.credentials != before:
        shell.keep_session(answer["account_data"]["name"])
    return answer


def _is_new(secret: FieldInfo) -> bool:
    """Whether it is a password to be set, which has a shortest length."""
    return meta_of(secret.type).min_length is not None


def _connection_for(shell: Shell, access: Access) -> EngineConnection:
    """The connection in the stored session, or as much of one as an instruction with that access needs."""
    if access in (Access.ANYBODY, Access.CLIENT):
        return shell.connection()
    if access is Access.SESSION and shell.sessions.find(shell.place) is None:
        return open_session(shell, None)
    return shell.connection_with_session()
