"""`ewallet send`: instructions as JSON, and their answers as lines of JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from ewallet_core.client.connection import NO_ACCOUNT
from ewallet_core.commands.problems import ExitCode, exit_code_of
from ewallet_core.commands.shell import EngineConnection, Shell, shell_command, with_request_id
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer, error_answer
from ewallet_core.protocol.frames import decode

_NOTHING_TO_SEND = "Give an instruction as JSON, or lines of them on stdin."
_CREDENTIALS = ("client_id", "session_token")


@shell_command("send", changes=True)
@click.argument("instruction", metavar="[JSON]", required=False)
def send_command(shell: Shell, /, instruction: str | None) -> ExitCode:
    """Send any instruction, as JSON, or many of them.

    The answer is printed as one line of JSON. Without JSON, or with -, each line of stdin is an instruction;
    they are sent one after another, and each answer is a line. An instruction that is refused does not stop
    those after it; the command then exits with 1, with 3 if it is not known whether it was done, or with 4
    if no account is logged in. Send one with a password through stdin: other programs can read arguments.

    The controller is client and the ctype action unless an instruction says otherwise. It is sent in your
    session, unless it has a client_id or a session_token of its own. Line 3 has the request id ID-3 if you
    give --request-id ID, so the same lines, sent again under the same ID, are done once.

    \b
    ewallet send '{"action": "view", "view": "account"}'
    """
    if instruction not in (None, "-"):
        requests = iter([(shell.request_id, str(instruction))])
    elif sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError(_NOTHING_TO_SEND)
    else:
        requests = _lines(shell.request_id)
    code = ExitCode.DONE
    for line_id, line in requests:
        answer = _answer(shell, line, line_id)
        shell.print_line(answer)
        code = max(code, _code_of(answer))
    return code


def _code_of(answer: Answer) -> ExitCode:
    if not answer["failed"]:
        return ExitCode.DONE
    return ExitCode.NOT_LOGGED_IN if answer["code"] in NO_ACCOUNT else exit_code_of(answer)


def _lines(request_id: str) -> Iterator[tuple[str, str]]:
    """The lines of stdin that are not empty, each with its request id."""
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            yield f"{request_id}-{number}", line


def _answer(shell: Shell, line: str, request_id: str) -> Answer:
    """The answer to the instruction in that line, also if it is refused or can't be read."""
    try:
        request = decode(line.encode(errors="surrogateescape"))
    except WalletError as unreadable:
        return error_answer(unreadable)
    return shell.exchange(_connection_for(shell, request), **with_request_id(request, request_id))


def _connection_for(shell: Shell, request: Mapping[str, Any]) -> EngineConnection:
    """The connection in the stored session, if there is one and the request has no credentials itself."""
    header = request.get("header")
    beside_chain = header if isinstance(header, Mapping) else ()
    # Beside a system's instruction they are what it is about.
    beside_selectors = () if request.get("controller") == "system" else request
    has_its_own = any(name in part for part in (beside_selectors, beside_chain) for name in _CREDENTIALS)
    if not has_its_own and shell.sessions.find(shell.place) is not None:
        return shell.connection_with_session()
    connection = shell.connection()
    connection.use({})
    return connection
