"""The keys that a person gave to actions: those that can be taken, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from textual.keys import _character_to_key

from ewallet_tui.settings.actions import Action, Scope, scopes
from ewallet_tui.settings.key_names import is_key
from ewallet_tui.settings.reading import Complaint
from ewallet_tui.settings.setting import meant, written


@dataclass(frozen=True)
class Keymap:
    """What of a `[keys]` table can be taken."""

    keys: Mapping[str, str]
    """The keys of each action that has others than the usual ones, with commas between them."""
    complaints: tuple[Complaint, ...] = ()

    @classmethod
    def read(cls, table: Mapping[str, object], lines: Mapping[str, int]) -> Keymap:
        """The keymap that `table` means; `lines` has where each setting stands in the file."""
        known = {action.id for scope in scopes() for action in scope.actions if action.id}
        problems = {name: _problem(name, keys, known) for name, keys in table.items()}
        taken = {name: _keys_in(keys) for name, keys in table.items() if not problems[name]}
        problems |= _without_clashes(taken)
        return cls(
            {name: ",".join(keys) for name, keys in taken.items()},
            tuple(
                Complaint(f"{words} The usual keys hold.", lines.get(f"keys.{name}"))
                for name, words in problems.items()
                if words
            ),
        )


def _problem(name: str, keys: object, known: set[str]) -> str:
    if name not in known:
        return f"There is no action {written(name)}.{meant(name, sorted(known))}"
    if not isinstance(keys, str) or not keys.strip():
        return f'{name} must be a key such as "p", or several such as "p,f5".'
    unknown = [key for key in keys.split(",") if not is_key(key.strip())]
    return f"{name}: there is no key {written(unknown[0].strip())}." if unknown else ""


def _keys_in(keys: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(long_name(key.strip()) for key in str(keys).split(",")))


def long_name(key: str) -> str:
    """A key's name as Textual has it: `question_mark` for `?`."""
    return _character_to_key(key) if len(key) == 1 else key


def _without_clashes(taken: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Take from `taken` what clashes with another action of the same screen, the later first; and say so."""
    problems: dict[str, str] = {}
    while clash := next(_clashes(taken), None):
        at_fault, other, key = clash
        del taken[at_fault]
        problems[at_fault] = f"{at_fault}: {written(key)} is the key of {other.name} already."
    return problems


def _clashes(taken: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, Action, str]]:
    """Each action of `taken` that has a key which another action has on the same screen."""
    newest_first = list(reversed(taken))
    for at_fault in newest_first:
        for scope in scopes():
            if at_fault in scope.ids:
                yield from _clashes_in(scope, at_fault, taken)


def _clashes_in(
    scope: Scope, at_fault: str, taken: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Action, str]]:
    # What shares a key as it comes is never possible at the same time, such as to start and to pause.
    usual = {key for action in scope.actions if action.id == at_fault for key in action.keys}
    for other in scope.actions:
        if other.id == at_fault or not usual.isdisjoint(other.keys):
            continue
        keys = taken.get(other.id, other.keys)
        yield from ((at_fault, other, key) for key in taken[at_fault] if key in keys)
