"""`ewallet instructions`: the reference of all instructions, from the registry."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator

import click
import msgspec

from ewallet_core.handlers import SECTIONS
from ewallet_core.instructions import reference
from ewallet_core.instructions.reference_page import as_python, in_effect, page

NARROWEST = 80
EXIT_NOT_FOUND = 2
_MARGIN = 12


def run(words: str, *, as_json: bool, markdown: bool) -> int:
    """Print the instructions whose selectors are these words, or all of them."""
    if markdown and (words or as_json):
        raise click.UsageError("--markdown prints the whole reference; give it alone.")
    found = reference.named(reference.everything(SECTIONS), words)
    if not found:
        click.echo(f"There is no instruction `{words}`. The nearest known:", err=True)
        for path in reference.nearest(reference.everything(SECTIONS), words):
            click.echo(f"  {path}", err=True)
        return EXIT_NOT_FOUND
    if markdown:
        click.echo(page(SECTIONS), nl=False)
    elif as_json:
        shown = msgspec.to_builtins(reference.described(found))
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    elif words:
        _show_entries(found)
    else:
        _show_list(found)
    return 0


def _show_list(found: Iterable[reference.Documented]) -> None:
    for index, subject in enumerate(reference.subjects_of(found)):
        click.secho(f"{'' if index == 0 else chr(10)}{subject.title}", bold=True)
        for entry in subject.entries:
            _show_line(entry)


def _show_line(entry: reference.InstructionEntry) -> None:
    head = f"{entry.path} {entry.takes}".rstrip()
    line = f"{head}: {entry.summary}"
    if sys.stdout is not None and sys.stdout.isatty():
        line = textwrap.fill(
            line, _width(), initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False
        ).removeprefix("  ")
    click.echo(f"  {click.style(entry.path, fg='cyan')}{line.removeprefix(entry.path)}")


def _show_entries(found: list[reference.Documented]) -> None:
    for index, each in enumerate(found):
        if index:
            click.echo()
        _show_entry(reference.entry_of(each))
    for name, data_dict in reference.data_of(found).items():
        click.echo()
        click.secho(name, bold=True)
        click.echo(textwrap.fill(data_dict.meaning, _width()))
        for line in _in_columns(data_dict.keys, margin=2):
            click.echo(f"  {line}")


def _show_entry(entry: reference.InstructionEntry) -> None:
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
        for index, line in enumerate(lines):
            click.echo(f"  {label if index == 0 else '':<{_MARGIN - 2}}{line}")
    click.echo()
    click.echo(as_python(entry.example))


def _arguments(entry: reference.InstructionEntry) -> dict[str, str]:
    lines = {}
    for argument in entry.arguments:
        needed = "required" if argument.required else "optional"
        default = "" if argument.default is None else f" ({argument.default} when absent)"
        lines[argument.name] = f"{needed}, {argument.must_be}{default}"
    return lines


def _in_columns(lines: dict[str, str], margin: int = _MARGIN) -> Iterator[str]:
    """Each name with its text beside it, wrapped within that column."""
    widest = max(map(len, lines), default=0)
    for name, words in lines.items():
        for index, part in enumerate(textwrap.wrap(words, _width() - margin - widest - 2)):
            yield f"{name if index == 0 else '':<{widest}}  {part}"


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(line, _width() - _MARGIN, subsequent_indent="  ", break_on_hyphens=False)


def _width() -> int:
    return max(NARROWEST, shutil.get_terminal_size().columns)
