"""What stops a command: how it is told, and the exit code."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from ewallet_core.instructions.envelope import Answer


class ExitCode(IntEnum):
    """How a command ends; scripts rely on the numbers."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_LOGGED_IN = 4
    INTERRUPTED = 130


OUTCOME_UNKNOWN = "outcome_unknown"
"""The code of an answer that does not say whether a change was done."""


VIOLATION = "violation"
"""The code of a ledger that is not as it must be."""


def exit_code_of(answer: Answer) -> ExitCode:
    """How a command ends whose instruction was answered with that refusal."""
    return ExitCode.UNREACHABLE if answer["code"] == OUTCOME_UNKNOWN else ExitCode.REFUSED


class CommandProblem(Exception):  # noqa: N818 - its kinds are errors
    """What stops a command; the message says what is wrong and what to do."""

    exit_code: ExitCode
    code: ClassVar[str]
    """What it is called in JSON."""

    @property
    def answer(self) -> Answer:
        """It in JSON, in the form of an engine's refusal."""
        return failure(str(self), self.code)


class RefusedError(CommandProblem):
    """The engine refuses the instruction; `answer` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(_sentences_of(answer))
        self.exit_code = exit_code_of(answer)
        self._answer = answer

    @property
    def answer(self) -> Answer:
        return self._answer


class CommandError(CommandProblem):
    """The command can't do what was asked, or the user does not agree."""

    exit_code = ExitCode.REFUSED
    code = "not_possible"


class NoSessionError(CommandProblem):
    """No account is logged in."""

    exit_code = ExitCode.NOT_LOGGED_IN
    code = "not_logged_in"


class SessionsFileError(CommandProblem):
    """The file of sessions can't be read."""

    exit_code = ExitCode.NOT_LOGGED_IN
    code = "sessions_unreadable"


class NoEngineError(CommandProblem):
    """The engine can't be reached."""

    exit_code = ExitCode.UNREACHABLE
    code = "unreachable"


def failure(error: str, code: str) -> Answer:
    """What went wrong, in the form of an engine's refusal."""
    return {"failed": True, "error": error, "warning": "", "code": code, "details": {}}


_SPOKEN = {
    "user_name": "name",
    "user_email": "email",
    "user_phone": "phone number",
    "user_pass": "password",
    "new_pass": "new password",
    "notes": "note",
    "reference": "name",
    "supply_to": "email",
}
"""What arguments of instructions are called at a prompt; the others have their own names there."""


def _sentences_of(refused: Answer) -> str:
    """What is wrong and what to do, without the names that only instructions have."""
    field = (refused.get("details") or {}).get("field")
    if refused["code"] != "bad_value" or not isinstance(field, str):
        return f"{refused['error']} {refused['warning']}"
    spoken = f"The {_SPOKEN.get(field, field.replace('_', ' '))}"
    return f"{refused['error'].replace(f'`{field}`', spoken, 1)} Correct it and try again."
