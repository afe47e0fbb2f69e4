"""The registry of instructions: how they are declared, found by their selectors, and validated."""

from __future__ import annotations

import difflib
import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, cached_property, lru_cache
from operator import add
from types import ModuleType
from typing import Any, ClassVar, cast, get_type_hints

import msgspec
from msgspec.structs import FieldInfo

from ewallet_core.errors.requests import (
    ArgumentsClashError,
    BadValueError,
    MissingArgumentError,
    UnknownArgumentError,
    UnknownInstructionError,
)
from ewallet_core.instructions.envelope import OBJECT, VIEW_ACTIONS, Answer, are_keys
from ewallet_core.instructions.validation import FieldReader, readers_of
from ewallet_core.types import PEOPLE, Role


class WorkClass(Enum):
    """Which of a server's threads runs an instruction, so that a slow one delays no quick one."""

    VIEW = auto()
    """It reads a few rows."""
    LONG = auto()
    """It reads as many rows as there are, or acts on the process itself."""
    CHANGE = auto()
    PASSWORD = auto()
    """A password is hashed, which is slow by design."""


LONGEST_PATH_SHOWN = 200
MOST_NEAREST = 3
MOST_COMPARED = 12
_CONTROLLER_KEYS = ("controller", "ctype")

Selectors = Mapping[str, str]
_Words = tuple[str | None, str | None, str | None]
CarryOut = Callable[[Any, Any], Mapping[str, Any]]
Prepare = Callable[[Any, Any], Any]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of an instruction, each of a kind from `fields`.

    `added` are arguments that were added after the instruction's first release: a request without them keeps
    its old fingerprint, by which it may still be remembered. One of the arguments `exactly_one_of` must be
    sent, and one of `at_most_one_of` may be. An instruction that `sweeps` is about all items if it gets none.
    """

    added: ClassVar[frozenset[str]] = frozenset()
    exactly_one_of: ClassVar[tuple[str, ...]] = ()
    at_most_one_of: ClassVar[tuple[str, ...]] = ()
    sweeps: ClassVar[bool] = False

    def check(self) -> None:
        """Raise an error if the arguments, each valid by itself, can't be combined."""
        if self.exactly_one_of and self._count_sent(self.exactly_one_of) != 1:
            raise ArgumentsClashError(self.exactly_one_of)
        if self.at_most_one_of and self._count_sent(self.at_most_one_of) > 1:
            raise ArgumentsClashError(self.at_most_one_of)

    def _count_sent(self, names: Iterable[str]) -> int:
        return sum(getattr(self, name) is not None for name in names)

    def needs(self) -> Instruction | None:
        """Another instruction whose permission these arguments need too."""
        return None

    def other_emails(self) -> tuple[str, ...]:
        """The emails of the accounts that it may change beside the caller's."""
        return ()

    def other_names(self) -> tuple[str, ...]:
        """The names of the accounts that it may change beside the caller's."""
        return ()

    def takes_long(self) -> bool:
        """Whether a view with these arguments may read many rows: all records of a sheet, or a long page."""
        return False

    def renews_token(self) -> bool:
        """Whether the session gets a new token by it."""
        return False

    def counts_as_use(self) -> bool:
        """Whether it extends the life of its session."""
        return True


class NoArguments(Request, frozen=True):
    """Nothing beside the selectors."""


def with_argument(
    request: type[Request], argument: str, field_type: Any, *, required: bool = True
) -> type[Request]:
    """The request type with one more argument, the id of the item that the instruction is about."""
    field: Any = (argument, field_type) if required else (argument, field_type | None, None)
    extended = msgspec.defstruct(request.__name__, [field], bases=(request,), frozen=True, kw_only=True)
    return cast("type[Request]", extended)


class Access(Enum):
    """What a caller must have to use an instruction."""

    ANYBODY = auto()
    CLIENT = auto()
    SESSION = auto()
    ACCOUNT = auto()
    SYSTEM = auto()


_ACCOUNTS_OWN = (Access.ACCOUNT, Access.SYSTEM)
# Instructions that need no session answer with a secret, so their answers are not stored.
_REMEMBERED = (Access.SESSION, Access.ACCOUNT, Access.SYSTEM)


@dataclass(frozen=True)
class Instruction:
    """One instruction: its selectors, its arguments, who may use it, and its handler.

    `prepare` is slow work before the transaction. `changes` says whether it writes, `needs_time` whether what
    it writes needs the right time, and `remembered` whether a repeated request id gets the first answer.
    `roles` may use it unless the permission sheet says otherwise; an instruction that is `permitted_as`
    another has no line of its own there. A handler that is generated for several kinds has its
    `generated_request` and `generated_answers`.
    """

    forms: tuple[Selectors, ...]
    access: Access
    carry_out: CarryOut
    prepare: Prepare | None
    changes: bool
    needs_time: bool
    remembered: bool
    generated_request: type[Request] | None
    generated_answers: Mapping[str, Any] | None
    roles: frozenset[Role]
    is_on_permission_sheet: bool
    permitted_as: Instruction | None = None

    @cached_property
    def name(self) -> str:
        """The path of selectors, such as `client action view transfer list`."""
        return " ".join(self.forms[0].values())

    @cached_property
    def _types(self) -> dict[str, Any]:
        """The types of the handler's parameters, the request first, and of what it returns."""
        return get_type_hints(self.carry_out)

    @cached_property
    def request(self) -> type[Request]:
        return self.generated_request or next(iter(self._types.values()))

    @cached_property
    def arguments(self) -> dict[str, FieldInfo]:
        return {argument.name: argument for argument in msgspec.structs.fields(self.request)}

    @cached_property
    def readers(self) -> dict[str, FieldReader]:
        """What reads the value of each argument."""
        return readers_of(self.request)

    @cached_property
    def answers(self) -> Mapping[str, Any]:
        """The answer's keys beside `failed` with their types, from the TypedDict that the handler returns."""
        if self.generated_answers is not None:
            return self.generated_answers
        return get_type_hints(self._types["return"], include_extras=True)

    @cached_property
    def work_class(self) -> WorkClass:
        if self.prepare is None:
            return WorkClass.CHANGE if self.changes else WorkClass.VIEW
        takes_a_secret = any(reader.is_secret for reader in self.readers.values())
        return WorkClass.PASSWORD if takes_a_secret else WorkClass.LONG

    def __call__(self, request: Any, context: Any) -> Answer:
        return {"failed": False, **self.carry_out(request, context)}

    def fingerprint(self, request: Request) -> bytes:
        """A hash of path and arguments; of a secret only whether it was sent: a hash of it would leak it."""
        shown = {}
        for name, reader in self.readers.items():
            value = getattr(request, name)
            if value is not None or name not in request.added:
                shown[name] = value is not None if reader.is_secret else value
        return hashlib.sha256(msgspec.json.encode([self.name, shown], order="sorted")).digest()


def instruction(
    *forms: Selectors,
    access: Access | None = None,
    prepare: Prepare | None = None,
    remembered: bool | None = None,
    needs_time: bool | None = None,
    roles: Iterable[Role] | None = None,
    request: type[Request] | None = None,
    answers: Mapping[str, Any] | None = None,
) -> Callable[[CarryOut], Instruction]:
    """Declare the decorated function as the handler of an instruction.

    The first of `forms` is the canonical one; the others are accepted too. `controller` and `ctype` are
    `client` and `action` unless a form says otherwise. Unless `access` says otherwise, instructions of the
    controller `system` are the system's, and all others need an account. The arguments are those of the
    handler's first parameter, and the answer's keys those of the TypedDict that it returns; `request` and
    `answers` give them for a handler that is generated for several kinds.

    Unless `needs_time` says otherwise, the changes that need an account need the right time.

    Without `roles`, all roles may view what is their own, and operators and auditors what is the system's;
    users and operators may change what is their own, and operators what is the system's. An instruction that
    needs only a session is on the permission sheet only if it has `roles`: login can't be forbidden.
    """
    full = tuple({"controller": "client", "ctype": "action", **form} for form in forms)
    if access is None:
        access = Access.SYSTEM if full[0]["controller"] == "system" else Access.ACCOUNT
    changes = full[0]["action"] not in VIEW_ACTIONS
    is_remembered = changes and access in _REMEMBERED if remembered is None else remembered
    is_dated = changes and access is Access.ACCOUNT if needs_time is None else needs_time
    may = frozenset(_usual_roles(access, changes) if roles is None else roles)
    is_on_sheet = roles is not None or access in _ACCOUNTS_OWN

    def declare(carry_out: CarryOut) -> Instruction:
        return Instruction(
            full,
            access,
            carry_out,
            prepare,
            changes,
            is_dated,
            is_remembered,
            request,
            answers,
            may,
            is_on_sheet,
        )

    return declare


def _usual_roles(access: Access, changes: bool) -> Iterable[Role]:
    if access is Access.SYSTEM:
        return (Role.OPERATOR,) if changes else (Role.OPERATOR, Role.AUDITOR)
    # Auditors view everything and change nothing; instructions that need no login have no roles.
    return (Role.USER, Role.OPERATOR) if changes and access is Access.ACCOUNT else PEOPLE


class InstructionRegistry:
    def __init__(self, instructions: Iterable[Instruction]) -> None:
        self._instructions = tuple(instructions)
        forms = [(form, entry) for entry in self._instructions for form in entry.forms]
        self._names = tuple(entry.name for entry in self._instructions)
        self._selectors = {key for form, _ in forms for key in form}
        self._words = {word for form, _ in forms for word in form.values()}
        # If several match, the one with the most selectors is chosen.
        forms.sort(key=lambda found: len(found[0]), reverse=True)
        self._by_words: dict[_Words, list[tuple[Selectors, Instruction]]] = {}
        for action in {form["action"] for form, _ in forms}:
            alike = [(form, entry) for form, entry in forms if form["action"] == action]
            for words in {_words(form) for form, _ in alike}:
                for _, subject, item in (words, (*words[:2], None), (action, None, None)):
                    self._by_words[action, subject, item] = [
                        (form, entry)
                        for form, entry in alike
                        if form.get(action, subject) == subject and form.get(subject or "", item) == item
                    ]

    @classmethod
    def of(cls, *subjects: ModuleType) -> InstructionRegistry:
        return cls(found for subject in subjects for found in instructions_in(subject))

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self._instructions)

    def find(self, chain: Mapping[str, Any]) -> tuple[Instruction, dict[str, Any]]:
        """The instruction that the chain's selectors pick, and its arguments.

        Raises `UnknownInstructionError`, which names the nearest known paths.
        """
        if (found := self.match(chain)) is None:
            raise self.unknown(chain)
        return found

    def match(self, chain: Mapping[str, Any]) -> tuple[Instruction, dict[str, Any]] | None:
        """As `find`, but None if the selectors pick no instruction."""
        sent = chain.items()
        for form, found in self._like(chain):
            if form.items() <= sent:
                arguments = dict(chain)
                for selector in form:
                    del arguments[selector]
                return found, arguments
        return None

    def unknown(self, chain: Mapping[str, Any]) -> UnknownInstructionError:
        """The error for a chain that picks no instruction."""
        path = self._path(chain)
        under_another_controller = [
            found.name
            for form, found in self._like(chain)
            if all(chain.get(key) == value for key, value in form.items() if key not in _CONTROLLER_KEYS)
        ]
        # The chain's other words that are in some path are compared, and never shown.
        more = [value for value in chain.values() if isinstance(value, str) and value in self._words]
        alike = self.nearest(" ".join(dict.fromkeys([*path.split(), *more])))
        likely = dict.fromkeys([*under_another_controller, *alike])
        return UnknownInstructionError(f"`{path}`", list(likely)[:MOST_NEAREST])

    def picked_by(self, chain: Mapping[str, Any]) -> Instruction | None:
        found = self.match(chain)
        return None if found is None else found[0]

    def nearest(self, path: str) -> list[str]:
        return list(closest_to(self._names, path, MOST_NEAREST))

    def _like(self, chain: Mapping[str, Any]) -> Sequence[tuple[Selectors, Instruction]]:
        """The forms with the chain's first words, or without those selectors that have other words there."""
        action, subject, _ = words = _words(chain)
        known = self._by_words
        return known.get(words) or known.get((action, subject, None)) or known.get((action, None, None)) or ()

    def _path(self, chain: Mapping[str, Any]) -> str:
        words = [_word(chain.get(key)) for key in ("controller", "ctype", "action")]
        # Only known selectors are repeated, because an argument may be a secret.
        while words[-1] in self._selectors and isinstance(value := chain.get(words[-1]), str):
            if value in words:
                break
            words.append(_word(value))
        return " ".join(words)[:LONGEST_PATH_SHOWN]


def read_request(found: Instruction, arguments: Mapping[str, Any]) -> Request:
    """The arguments as the instruction's request; raises an error that names the argument at fault."""
    request = found.request(**_read(arguments, found.readers))
    request.check()
    return request


def _read(sent: Mapping[str, Any], known: Mapping[str, FieldReader], within: str = "") -> dict[str, Any]:
    """The values of the arguments; those of a nested object are named with the prefix `within`."""
    for name in sent:
        if name not in known:
            raise UnknownArgumentError(f"{within}{name}", sorted(f"{within}{each}" for each in known))
    values = {}
    for name, reader in known.items():
        if (value := sent.get(name)) is not None:
            values[name] = _value(value, reader, f"{within}{name}")
        elif reader.is_required:
            raise MissingArgumentError(f"{within}{name}", reader.must_be)
    return values


def _value(sent: Any, reader: FieldReader, name: str) -> Any:
    if reader.parts:
        if not isinstance(sent, OBJECT) or not sent or not are_keys(sent):
            raise BadValueError(name, reader.must_be)
        sent = _read(sent, reader.parts, f"{name}.")
    try:
        return reader.read(sent)
    except ValueError:
        raise BadValueError(name, reader.must_be) from None


def instructions_in(subject: ModuleType) -> Iterator[Instruction]:
    for value in vars(subject).values():
        if isinstance(value, Instruction):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, Instruction))


def _words(chain: Mapping[str, Any]) -> _Words:
    """The action, the value of the key named like it, and that of the key named like this one again."""
    action = chain.get("action")
    subject = chain.get(action) if isinstance(action, str) else None
    item = chain.get(subject) if isinstance(subject, str) else None
    # Other values than text are no selectors.
    if not isinstance(item, str):
        item = None
        if not isinstance(subject, str):
            subject = None
            if not isinstance(action, str):
                action = None
    return action, subject, item


def _word(selector: Any) -> str:
    """A selector as an error may repeat it: text that is valid UTF-8, or the type of anything else."""
    if not isinstance(selector, str):
        return f"({type(selector).__name__})"
    return selector[:LONGEST_PATH_SHOWN].encode("utf-8", "replace").decode()


@lru_cache(maxsize=256)
def closest_to(names: tuple[str, ...], path: str, count: int) -> tuple[str, ...]:
    """The names most like the path, as a whole and cut to as many words: left-out last words cost less."""
    # `difflib` is slow, so it compares only the names that share most pairs of characters with the path.
    words, pairs = len(path.split()), _pairs(path)
    # A SequenceMatcher keeps what it computed about its second text, so the path is that one.
    to_path = difflib.SequenceMatcher(None, b=path)

    def forms(name: str) -> tuple[str, str]:
        return name, " ".join(name.split()[:words])

    def shared_pairs(name: str) -> float:
        return sum(len(found & pairs) / len(found | pairs) for found in map(_pairs, forms(name)))

    @cache
    def ratio(form: str) -> float:
        to_path.set_seq1(form)
        return to_path.ratio()

    def similarity(name: str) -> float:
        return sum(map(ratio, forms(name)))

    return tuple(heapq.nlargest(count, heapq.nlargest(MOST_COMPARED, names, shared_pairs), similarity))


@lru_cache(maxsize=1_024)
def _pairs(text: str) -> frozenset[str]:
    """The text's pairs of neighbouring characters."""
    return frozenset(map(add, f" {text}", f"{text} "))
