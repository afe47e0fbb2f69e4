"""`ewallet instructions`: what can be asked of the engine, as its catalogue has it."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ewallet_core.instructions.reference import Asked, DataDict, InstructionEntry

NARROWEST = 80
FOUND_NOTHING = 2
_MARGIN = 12


@click.command()
@click.argument("words", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print it for a program.")
@click.option("--markdown", is_flag=True, help="Print the whole reference as a page of Markdown.")
@click.pass_context
def instructions(ctx: click.Context, words: tuple[str, ...], as_json: bool, markdown: bool) -> None:
    """List every instruction, or show those whose selectors are WORDS.

    `ewallet instructions transfer credits` shows what it takes, what it answers, who may, and an example.
    """
    # Imported here, so that asking for the list of commands does not load the engine.
    from ewallet_core.handlers import SECTIONS  # noqa: PLC0415
    from ewallet_core.instructions.reference import everything, named, nearest  # noqa: PLC0415

    asked = " ".join(words)
    if markdown and (asked or as_json):
        raise click.UsageError("--markdown prints the whole reference; give it alone.")
    found = named(everything(SECTIONS), asked)
    if not found:
        click.echo(f"There is no instruction `{asked}`. The nearest known:", err=True)
        for path in nearest(everything(SECTIONS), asked):
            click.echo(f"  {path}", err=True)
        ctx.exit(FOUND_NOTHING)
    if markdown:
        from ewallet_core.instructions.reference_page import page  # noqa: PLC0415

        click.echo(page(SECTIONS), nl=False)
    elif as_json:
        click.echo(json.dumps(_for_a_program(found), indent=2, ensure_ascii=False))
    elif asked:
        _show_whole(found)
    else:
        _show_list(found)


def _for_a_program(found: list[Asked]) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415

    from ewallet_core.instructions.reference import data_of, entry_of, errors  # noqa: PLC0415

    shown: dict[str, Any] = msgspec.to_builtins(
        {
            "instructions": [entry_of(each) for each in found],
            "data": data_of(found),
            "refusals": errors(),
        }
    )
    return shown


def _show_list(found: Iterable[Asked]) -> None:
    from ewallet_core.instructions.reference import subjects_of  # noqa: PLC0415

    for place, subject in enumerate(subjects_of(found)):
        click.secho(f"{'' if place == 0 else chr(10)}{subject.title}", bold=True)
        for entry in subject.entries:
            _show_line(entry)


def _show_line(entry: InstructionEntry) -> None:
    """One line, wherever it goes; a terminal has it broken between words."""
    head = f"{entry.path} {entry.takes}".rstrip()
    line = f"{head}: {entry.summary}"
    if _is_at_terminal():
        line = textwrap.fill(
            line, _width(), initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False
        ).removeprefix("  ")
    click.echo(f"  {click.style(entry.path, fg='cyan')}{line.removeprefix(entry.path)}")


def _show_whole(found: list[Asked]) -> None:
    from ewallet_core.instructions.reference import data_of, entry_of  # noqa: PLC0415

    for place, each in enumerate(found):
        if place:
            click.echo()
        _show_entry(entry_of(each))
    for name, data_dict in data_of(found).items():
        _show_data(name, data_dict)


def _show_entry(entry: InstructionEntry) -> None:
    from ewallet_core.instructions.reference_page import as_python, in_effect  # noqa: PLC0415

    click.secho(entry.path, bold=True)
    for paragraph in (entry.summary, entry.notes):
        if paragraph:
            click.echo(textwrap.fill(paragraph, _width()))
    forms = [" ".join(f"{key}={value}" for key, value in form.items()) for form in entry.selectors]
    for label, lines in (
        ("selectors", _wrapped(forms)),
        ("arguments", _in_columns(_arguments(entry))),
        ("answer", _in_columns({"failed": "true or false", **entry.answer})),
        ("who may", _wrapped([entry.who])),
        ("effect", _wrapped([in_effect(entry).replace("`", "")])),
    ):
        _show_part(label, lines)
    click.echo()
    click.echo(as_python(entry.example))


def _arguments(entry: InstructionEntry) -> dict[str, str]:
    lines = {}
    for argument in entry.arguments:
        needed = "required" if argument.required else "optional"
        default = "" if argument.default is None else f" ({argument.default} when absent)"
        lines[argument.name] = f"{needed}, {argument.must_be}{default}"
    return lines


def _show_data(name: str, data_dict: DataDict) -> None:
    click.echo()
    click.secho(name, bold=True)
    click.echo(textwrap.fill(data_dict.meaning, _width()))
    for line in _in_columns(data_dict.keys, margin=2):
        click.echo(f"  {line}")


def _in_columns(lines: dict[str, str], margin: int = _MARGIN) -> Iterator[str]:
    """Each name with its words beside it, broken so that they stay beside it."""
    widest = max(map(len, lines), default=0)
    for name, words in lines.items():
        beside = textwrap.wrap(words, _width() - margin - widest - 2)
        for place, part in enumerate(beside):
            yield f"{name if place == 0 else '':<{widest}}  {part}"


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(line, _width() - _MARGIN, subsequent_indent="  ", break_on_hyphens=False)


def _show_part(label: str, lines: Iterable[str]) -> None:
    for place, line in enumerate(lines):
        click.echo(f"  {label if place == 0 else '':<{_MARGIN - 2}}{line}")


def _is_at_terminal() -> bool:
    return sys.stdout.isatty()


def _width() -> int:
    return max(NARROWEST, shutil.get_terminal_size().columns)
