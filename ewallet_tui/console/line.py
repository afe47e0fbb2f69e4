"""A typed line in words, with its secrets hidden, and the history of typed lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from ewallet_tui.instruction_log import DOT, is_secret

Span = tuple[int, int]

_WORD = re.compile(
    r"""(?: [^\s"'\\] | \\. | \\$ | "(?:[^"\\]|\\.)*(?:"|\\?$) | '[^']*(?:'|$) )+""", re.VERBOSE | re.DOTALL
)
_NAMED = re.compile(r"(\w+)=")
_NAMED_LOOSELY = re.compile(r"""[^\w=:]*(\w*)["']?[=:]""")
"""Also matches invalid input, which is on the screen all the same."""
_PIECE_OF_JSON = re.compile(
    r"""\s* ( "(?:[^"\\]|\\.)*(?:"|\\?$) | '(?:[^'\\]|\\.)*(?:'|\\?$) | \w+ | \S )""", re.VERBOSE | re.DOTALL
)
_DEEPER = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True)
class Word:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def name(self) -> str | None:
        named = _NAMED.match(self.text)
        return named and named[1]

    @property
    def plain(self) -> str:
        """The word without quotes; raises `ValueError` if a quote is not closed."""
        return "".join(shlex.split(self.text))

    @property
    def value(self) -> str:
        """What follows the `=`, without quotes."""
        return self.plain.partition("=")[2]


def words_of(line: str) -> list[Word]:
    return [Word(found.start(), found[0]) for found in _WORD.finditer(line)]


def is_json(line: str) -> bool:
    return line.lstrip().startswith("{")


def hidden(line: str) -> str:
    """The line with every character of its secrets as a dot."""
    for start, end in secret_spans(line):
        line = line[:start] + DOT * (end - start) + line[end:]
    return line


def without_secrets(line: str) -> str:
    nothing = '""' if is_json(line) else ""
    for start, end in reversed(list(secret_spans(line))):
        line = line[:start] + nothing + line[end:]
    return line


def secret_spans(line: str) -> Iterator[Span]:
    yield from (_secret_in_json(line) if is_json(line) else _secret_in_words(line))


def _secret_in_words(line: str) -> Iterator[Span]:
    before, follows_secret = "", False
    for word in words_of(line):
        named = _NAMED_LOOSELY.match(word.text)
        if named and follows_secret and word.name is None:
            named = None
        if named:
            # There may be a space before the `=`.
            follows_secret = is_secret(named[1] or before)
        if follows_secret:
            yield word.start + (named.end() if named else 0), word.end
        # All words of an unquoted password are secret.
        follows_secret = follows_secret and word.text[-1] not in "\"'"
        before = word.text


def _secret_in_json(line: str) -> Iterator[Span]:
    name, at = "", 0
    while piece := _PIECE_OF_JSON.match(line, at):
        at = piece.end()
        if piece[1] in ":=" and is_secret(name):
            start, at = at, _end_of_value(line, at)
            value = line[start:at].strip()
            if value:
                start = line.index(value, start)
                yield start, start + len(value)
        name = piece[1].strip("\"'")


def _end_of_value(line: str, at: int) -> int:
    """The end of the JSON value that starts there, even if the JSON is invalid or incomplete."""
    depth = 0
    while piece := _PIECE_OF_JSON.match(line, at):
        if not depth and piece[1] in (",", "]", "}"):
            return piece.start(1)
        depth += _DEEPER.get(piece[1], 0)
        at = piece.end()
    return len(line)


MAX_LINES = 200


class History:
    """The typed lines, oldest first, and the current position among them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._index = 0
        self._begun = ""

    def add(self, line: str) -> None:
        kept = without_secrets(line)
        if self._lines[-1:] != [kept]:
            self._lines = [*self._lines, kept][-MAX_LINES:]
        self._index, self._begun = len(self._lines), ""

    def step(self, steps: int, line: str) -> str:
        """The line `steps` further; the unsent `line` comes after the newest."""
        if self._index == len(self._lines):
            self._begun = line
        self._index = max(0, min(self._index + steps, len(self._lines)))
        return self._begun if self._index == len(self._lines) else self._lines[self._index]
