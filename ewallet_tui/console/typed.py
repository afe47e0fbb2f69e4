"""A typed line in words, as a shell would part it, each with its place in the line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from ewallet_tui.console.secrecy import DOT, is_secret

Span = tuple[int, int]

_WORD = re.compile(
    r"""(?: [^\s"'\\] | \\. | \\$ | "(?:[^"\\]|\\.)*(?:"|\\?$) | '[^']*(?:'|$) )+""", re.VERBOSE | re.DOTALL
)
_NAMED = re.compile(r"(\w+)=")
_NAMED_IN_JSON = re.compile(r'"([^"]*)"\s*:\s*("(?:[^"\\]|\\.)*(?:"|\\?$)|[^\s,}\]]+)', re.DOTALL)


@dataclass(frozen=True)
class Word:
    """A word as it stands in the line."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def name(self) -> str | None:
        """The name before the `=`; `None` where there is none."""
        named = _NAMED.match(self.text)
        return named and named[1]

    @property
    def plain(self) -> str:
        """The word without its quotes; raises `ValueError` where one is not closed."""
        return "".join(shlex.split(self.text))

    @property
    def value(self) -> str:
        """What follows the name, as `plain`."""
        return self.plain.partition("=")[2]


def words_of(line: str) -> list[Word]:
    """The words of the line, from the left."""
    return [Word(found.start(), found[0]) for found in _WORD.finditer(line)]


def is_json(line: str) -> bool:
    """Whether the line is meant as an object."""
    return line.lstrip().startswith("{")


def hidden(line: str) -> str:
    """The line, just as long, with dots for every secret in it."""
    for start, end in secret_spans(line):
        line = line[:start] + DOT * (end - start) + line[end:]
    return line


def without_secrets(line: str) -> str:
    """The line as it may be kept."""
    nothing = '""' if is_json(line) else ""
    for start, end in reversed(list(secret_spans(line))):
        line = line[:start] + nothing + line[end:]
    return line


def secret_spans(line: str) -> Iterator[Span]:
    """Where in the line its secrets are."""
    if is_json(line):
        yield from (found.span(2) for found in _NAMED_IN_JSON.finditer(line) if is_secret(found[1]))
        return
    follows_secret = False
    for word in words_of(line):
        if word.name is not None:
            follows_secret = is_secret(word.name)
        if follows_secret:
            yield word.start + len(f"{word.name}=" if word.name else ""), word.end
        # A password with a space in it, and no quotes, is a secret to its last word.
        follows_secret = follows_secret and word.text[-1] not in "\"'"
