"""`ewallet doctor`: what a bug report needs, and what is wrong with a wallet or its machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click
import msgspec

from ewallet_core.commands.diagnostics import Section, Target, examine
from ewallet_core.commands.diagnostics.section import UNKNOWN, Fact, private

EXIT_PROBLEM = 1

ALL_WELL = "Nothing is wrong, as far as can be told."


def run(target: Target, *, as_json: bool) -> int:
    sections = examine(target)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_private(_as_data(sections)))))
    else:
        for line in _lines(sections):
            click.echo(private(line))
    return EXIT_PROBLEM if any(section.problems for section in sections) else 0


def _lines(sections: list[Section]) -> Iterator[str]:
    for section in sections:
        yield section.title
        width = max(map(len, section.facts), default=0)
        for name, fact in section.facts.items():
            yield f"  {name:{width}}  {_text(fact)}"
    problems = [problem for section in sections for problem in section.problems]
    for problem in problems:
        yield f"Wrong: {problem.problem} {problem.advice}"
    if not problems:
        yield ALL_WELL


def _text(fact: Fact) -> str:
    match fact:
        case None:
            return UNKNOWN
        case bool():
            return "yes" if fact else "no"
        case int():
            return f"{fact:,}"
        case str():
            return fact
        case _:
            return ", ".join(f"{name} {_text(part)}" for name, part in fact.items())


def _as_data(sections: list[Section]) -> dict[str, Any]:
    return {
        "sections": {section.title: section.facts for section in sections},
        "problems": [
            {"section": section.title, "problem": problem.problem, "advice": problem.advice}
            for section in sections
            for problem in section.problems
        ],
    }


def _private(data: Any) -> Any:
    match data:
        case str():
            return private(data)
        case Mapping():
            return {name: _private(each) for name, each in data.items()}
        case list():
            return [_private(each) for each in data]
        case _:
            return data
