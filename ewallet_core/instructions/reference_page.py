"""The reference as one page of Markdown: requests, instructions, data and errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ewallet_core.instructions.reference import (
    Argument,
    InstructionEntry,
    RegistrySection,
    data_of,
    errors,
    everything,
    subjects_of,
)

_OPENING = """# The instructions

Written by `make docs` from the registry that the engine itself reads; `ewallet instructions` prints it too.

## How a request and an answer look

An instruction is an object, flat or enveloped; both mean the same:

```json
{"controller": "client", "ctype": "action", "action": "view", "view": "account",
 "client_id": "…", "session_token": "…", "request_id": "…"}

{"header": {"client_id": "…", "session_token": "…", "request_id": "…"},
 "command_chain": {"controller": "client", "ctype": "action", "action": "view", "view": "account"}}
```

The *selectors* (`controller`, `ctype`, `action`, the key named like the action, and if needed the key named
like that value) pick the instruction. Every other key is an argument; an unknown one is an error.
`client_id`, `session_token` and `request_id` are accepted with every instruction and not repeated below. The
answer carries the `request_id` (8 to 128 characters) back, and it makes a change safe to repeat for 30 days
if the instruction says so.

The answer is an object:

```json
{"failed": false, "account": "ada@example.org", "account_data": {}}

{"failed": true, "error": "No account is logged in to this session.", "warning": "Log in first.",
 "code": "not_logged_in", "details": {}}
```

If an account is logged in to the session, every answer also has `event_sequence`, the number of that
account's newest event.

A *whole number* is a JSON integer or text of ASCII digits (`"20"`), a *decimal* a JSON number or such text
with a point (`"12.50"`): no sign unless the number may be below 0, no exponent, space or separator. Answers
have JSON numbers, except money, which is decimal text.

A *time* is text, in UTC: `2026-11-20T22:46:10.123Z`. A *number of minutes* is rounded to 6 places for
reading; the same key with `_ms` is the exact value in whole milliseconds. The keys of an object are text,
also if they are ids.

The roles are those of a new database: an operator may change them on the permission sheet. On an engine of
their own, users may supply themselves.
"""


def page(sections: Iterable[RegistrySection]) -> str:
    return "\n".join(_lines(sections))


def _lines(sections: Iterable[RegistrySection]) -> Iterator[str]:
    yield _OPENING
    documented = everything(sections)
    subjects = subjects_of(documented)
    yield "## The instructions by subject\n"
    for subject in subjects:
        paths = ", ".join(f"[{entry.path}](#{_anchor(entry.path)})" for entry in subject.entries)
        yield f"- [{subject.title}](#{_anchor(subject.title)}): {paths}"
    yield ""
    for subject in subjects:
        yield f"## {subject.title}\n"
        yield f"{subject.about}\n"
        for entry in subject.entries:
            yield from _entry(entry)
    yield "## Data\n"
    yield "The objects in answers, with their keys.\n"
    for name, data_dict in data_of(documented).items():
        yield f"### {name}\n"
        yield f"{data_dict.meaning}\n"
        yield from _table(("key", ""), ((f"`{key}`", words) for key, words in data_dict.keys.items()))
    yield "## Errors\n"
    yield (
        "Every `code` that an answer can carry, its category, and its sentences, or what it means if they"
        " vary.\n"
    )
    rows = (
        (f"`{error.code}`", error.category, error.error or error.meaning, error.warning or "")
        for error in errors()
    )
    yield from _table(("code", "category", "what is wrong", "what to do"), rows)


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _entry(entry: InstructionEntry) -> Iterator[str]:
    yield f"### {entry.path}\n"
    yield " ".join(part for part in (entry.summary, entry.notes) if part) + "\n"
    forms = [" ".join(f"`{key}={value}`" for key, value in form.items()) for form in entry.selectors]
    yield f"- Selectors: {', or '.join(forms)}"
    yield f"- Who may: {entry.who}"
    yield f"- {in_effect(entry)}\n"
    if entry.arguments:
        yield from _table(("argument", "", "must be"), (_argument(argument) for argument in entry.arguments))
    links = {name: f"[{name}](#{name})" for name in entry.data}
    answer = {"failed": "true or false", **entry.answer}
    linked = {key: " ".join(links.get(word, word) for word in words.split()) for key, words in answer.items()}
    yield from _table(("answer", ""), ((f"`{key}`", words) for key, words in linked.items()))
    yield "```python"
    yield as_python(entry.example)
    yield "```\n"


def in_effect(entry: InstructionEntry) -> str:
    if not entry.changes:
        return "Changes nothing."
    if entry.remembered:
        return "Changes something; a `request_id` makes it safe to repeat."
    return "Changes something; not remembered by its `request_id`."


def as_python(example: dict[str, object]) -> str:
    return "\n".join(["{", *(f"    {key!r}: {value!r}," for key, value in example.items()), "}"])


def _argument(argument: Argument) -> tuple[str, str, str]:
    default = "" if argument.default is None else f"; {argument.default} when absent"
    return f"`{argument.name}`", "required" if argument.required else "optional", argument.must_be + default


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _row(heads)
    yield _row(tuple("---" for _ in heads))
    for row in rows:
        yield _row(row)
    yield ""


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
