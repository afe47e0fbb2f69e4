"""What the commands share: the session they act in, what they print, and how they exit."""

from __future__ import annotations

import errno
import functools
import gc
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import click

from ewallet_core.client.connection import NO_ACCOUNT, SESSION_OVER, Event, UnreachableError
from ewallet_core.client.requests import changes_something, new_request_id
from ewallet_core.commands import output
from ewallet_core.commands.parameters import SERVER_VARIABLE, AmountCommand, shell_options
from ewallet_core.commands.problems import (
    OUTCOME_UNKNOWN,
    CommandError,
    CommandProblem,
    ExitCode,
    NoEngineError,
    NoSessionError,
    RefusedError,
)
from ewallet_core.commands.sessions import StoredSession, StoredSessions
from ewallet_core.data_folder import SESSIONS_FILE, find_data_folder
from ewallet_core.instructions.envelope import Answer
from ewallet_core.presentation.formatting import formats_of_system, use
from ewallet_core.protocol.address import THIS_MACHINE, Servers


class EngineConnection(Protocol):
    """A way to an engine: in this process (`EmbeddedConnection`), or a server's (`ServerConnection`)."""

    @property
    def credentials(self) -> Mapping[str, str]: ...

    @property
    def pinned(self) -> Mapping[str, str]:
        """The fingerprints of the certificates that were seen for the first time, by server."""

    def use(self, credentials: Mapping[str, str]) -> None:
        """Send what follows with these credentials."""

    def send(self, instruction: Mapping[str, Any]) -> Answer:
        """Have the instruction carried out; raises `UnreachableError`."""

    def events(self, since: int | None = None) -> Iterator[Event]:
        """The events of the logged-in account, as they happen: first `listening`."""

    def close(self) -> None: ...


class Shell:
    """One invocation of a command: its place, its session and its output.

    Nothing is opened before the first instruction is sent.
    """

    def __init__(
        self, servers: Servers | None, folder: Path | None, *, as_json: bool, request_id: str | None
    ) -> None:
        """Without servers, the engine is in this process."""
        self.servers = servers
        self.folder = find_data_folder(folder)
        self.as_json = as_json
        self.sessions = StoredSessions(self.folder / SESSIONS_FILE)
        self.request_id = request_id or new_request_id()
        """The request id of this invocation: its first change has it, its second `ID-2`, and so on."""
        self.has_changed = False
        """Whether a change was done."""
        self.is_outcome_unknown = False
        """Whether a change was sent of which it is not known whether it was done."""
        self._changes = 0
        self._connection: EngineConnection | None = None
        self._told: set[str] = set()

    @property
    def place(self) -> str:
        """Where the engine is, also the name of the stored session."""
        return THIS_MACHINE if self.servers is None else str(self.servers)

    def send(self, /, **instruction: Any) -> Answer:
        """Have an instruction carried out in the stored session, and return its answer.

        `controller` is `client` and `ctype` is `action` unless they are given. Raises `RefusedError`,
        `NoSessionError` or `UnreachableError`.
        """
        return self.ask(self.connection_with_session(), **instruction)

    def ask(self, connection: EngineConnection, /, **instruction: Any) -> Answer:
        """As `send`, on a connection with whatever credentials it has."""
        answer = self.exchange(connection, **instruction)
        if not answer["failed"]:
            return answer
        if answer["code"] in NO_ACCOUNT:
            raise self._no_session(answer)
        raise RefusedError(answer)

    def exchange(self, connection: EngineConnection, /, **instruction: Any) -> Answer:
        """As `ask`, but return the answer also if the instruction is refused."""
        request = _complete(instruction)
        if not changes_something(request):
            return connection.send(request)
        self._changes += 1
        number = "" if self._changes == 1 else f"-{self._changes}"
        was_unknown, self.is_outcome_unknown = self.is_outcome_unknown, True
        answer = connection.send(with_request_id(request, f"{self.request_id}{number}"))
        self.is_outcome_unknown = was_unknown or _is_unknown(answer)
        self.has_changed |= not answer["failed"]
        return answer

    def connection(self) -> EngineConnection:
        """The connection, opened at the first call, without a session at first."""
        if self._connection is None:
            self._connection = _connect(self.servers, self.folder)
            self._tell_fingerprints(self._connection)
        return self._connection

    def connection_with_session(self) -> EngineConnection:
        """The connection in the stored session; raises `NoSessionError` if there is none."""
        if self._connection is not None and self._connection.credentials:
            return self._connection
        session = self.sessions.find(self.place)
        if session is None:
            raise NoSessionError(self._how_to_log_in("You are not logged in"))
        connection = self.connection()
        connection.use(session.credentials)
        return connection

    def keep_session(self, account: str) -> None:
        """Store the session of the connection, as that account's."""
        self.sessions.put(self.place, StoredSession(**self.connection().credentials, account=account))

    def forget_session(self) -> None:
        """Remove the session of the connection from the stored ones."""
        self.sessions.remove(self.place, self.connection().credentials.get("client_id"))

    def show(self, answer: Any, text: str, *, long: bool = False) -> None:
        """Print data: `answer` with `--json`, else the text.

        With `long`, a text that does not fit the terminal goes through `$PAGER`.
        """
        if self.as_json:
            self.print_json(answer)
        else:
            output.print_text(text, long=long)

    def print_json(self, value: Any) -> None:
        """Print a value as JSON: indented on a terminal, else on one line."""
        output.print_json(value, on_one_line=False)

    def print_line(self, value: Any) -> None:
        """Print a value as one line of JSON."""
        output.print_json(value, on_one_line=True)

    def say(self, sentence: str) -> None:
        """Tell the user something that is not data."""
        click.echo(output.harmless(sentence), err=True)

    def styled(self, text: str, **style: Any) -> str:
        """The text in that style (as `click.style`), if colours are shown."""
        return click.style(text, **style) if output.has_colour() else text

    def confirm(self, question: str, *, yes: bool) -> None:
        """As `ask_user`, unless the option `--yes` was given."""
        if yes:
            return
        if not output.can_ask():
            raise CommandError(f"{question} Nothing was done. Add --yes if you want that.")
        self.ask_user(question)

    def ask_user(self, question: str) -> None:
        """Go on if the user agrees; raises `CommandError` if not, also if there is no terminal to ask on."""
        if not output.can_ask():
            raise CommandError(f"{question} Nothing was done. Run the command at a terminal to answer that.")
        if not click.confirm(output.harmless(question), err=True):
            raise CommandError("Nothing was done.")

    def close(self) -> None:
        if self._connection is not None:
            # Another server may have come into use meanwhile.
            self._tell_fingerprints(self._connection)
            self._connection.close()

    def _no_session(self, answer: Answer) -> NoSessionError:
        if answer["code"] in SESSION_OVER:
            self.forget_session()
            return NoSessionError(self._how_to_log_in("Your session has ended"))
        return NoSessionError(self._how_to_log_in("You are not logged in"))

    def _how_to_log_in(self, problem: str) -> str:
        where = "" if self.servers is None else f" at {self.servers}"
        option = "" if self.servers is None else f" --server {self.servers}"
        text = f"{problem}{where}. Run `ewallet login NAME{option}`"
        others = [name for name in self.sessions.places() if name != self.place]
        if not others:
            return f"{text}, or `ewallet register NAME --email EMAIL{option}` for a new account."
        other = "--embedded" if others[0] == THIS_MACHINE else f"--server {others[0]}"
        return f"{text}; you are logged in with {other}."

    def _tell_fingerprints(self, connection: EngineConnection) -> None:
        for server, fingerprint in connection.pinned.items():
            if server not in self._told:
                self._told.add(server)
                self.say(f"{server} is new here. Its certificate is trusted from now on: {fingerprint}")


def shell_command(
    name: str, *, changes: bool = False, **settings: Any
) -> Callable[[Callable[..., ExitCode | None]], click.Command]:
    """A command whose function gets a `Shell` first, then its own arguments and options.

    The function may return an exit code; without one, it is done.

    It also has the options `--server`, `--embedded`, `--data-dir` and `--json`, and `--request-id` if it
    `changes` something. Whatever stops it is told on stderr in a sentence or two, with the exit code.
    """

    def decorate(function: Callable[..., ExitCode | None]) -> click.Command:
        @functools.wraps(function)
        def run(**values: Any) -> None:
            use(formats_of_system())
            shell = shell_of(click.get_current_context(), values)
            code = _run(shell, lambda: function(shell, **values), is_repeatable=changes)
            if code is not ExitCode.DONE:
                raise click.exceptions.Exit(code)

        as_command: Callable[[Callable[..., None]], click.Command] = click.command(
            name, cls=AmountCommand, **settings
        )
        command = as_command(run)
        command.params += shell_options(changes=changes)
        return command

    return decorate


def _run(shell: Shell, work: Callable[[], ExitCode | None], *, is_repeatable: bool) -> ExitCode:
    """Do the work and close the shell; what stops it is told on stderr."""
    try:
        try:
            code = work() or ExitCode.DONE
        finally:
            shell.close()
    except CommandProblem as problem:
        code = _tell(shell, problem)
    except UnreachableError as reason:
        code = _tell(shell, NoEngineError(str(reason)))
    except (KeyboardInterrupt, click.Abort):
        # The cursor is behind what was typed.
        shell.say("")
        code = ExitCode.INTERRUPTED
    except OSError as error:
        # A reader that has gone wants to know nothing.
        if is_repeatable and shell.has_changed and error.errno != errno.EPIPE:
            shell.say(f"It was done. To see the answer, run it again with --request-id {shell.request_id}.")
        raise
    if is_repeatable and shell.is_outcome_unknown:
        shell.say(
            "It is not known whether this was done. Run the same command again with "
            f"--request-id {shell.request_id}: it is done once."
        )
    return code


def _tell(shell: Shell, problem: CommandProblem) -> ExitCode:
    if shell.as_json:
        shell.print_json(problem.answer)
    shell.say(str(problem))
    return problem.exit_code


def shell_of(ctx: click.Context, values: dict[str, Any]) -> Shell:
    """The shell for these options, which are taken from `values`.

    Those before the command's name count too.
    """
    before: Mapping[str, Any] = ctx.find_root().params
    server, embedded = values.pop("server"), values.pop("embedded")
    if server is None and not embedded:
        server, embedded = before.get("server"), before.get("embedded", False)
    if server is not None and embedded:
        raise click.UsageError("The wallet is at a server or on this computer: give --server or --embedded.")
    if server is None and not embedded:
        server = os.environ.get(SERVER_VARIABLE, "").strip() or None
    try:
        servers = None if server is None else Servers.read(server)
    except ValueError as invalid:
        raise click.UsageError(str(invalid)) from None
    folder = values.pop("data_dir") or before.get("data_dir")
    return Shell(servers, folder, as_json=values.pop("as_json"), request_id=values.pop("request_id", None))


def _connect(servers: Servers | None, folder: Path) -> EngineConnection:
    """Reach the engine.

    Each way is imported when it is used: a server needs no engine here, and the engine here no network.
    """
    # Imports leave no garbage, and no collection, such as that at the end, needs to visit what they made.
    gc.disable()
    try:
        if servers is None:
            from ewallet_core.commands.embedded import EmbeddedConnection

            return EmbeddedConnection(folder)
        from ewallet_core.commands.remote import ServerConnection

        return ServerConnection(str(servers), folder)
    finally:
        gc.freeze()
        gc.enable()


def _complete(instruction: dict[str, Any]) -> dict[str, Any]:
    if "command_chain" in instruction:
        return instruction
    return {"controller": "client", "ctype": "action", **instruction}


def with_request_id(request: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    """The request with that request id, unless it has one."""
    if "command_chain" not in request:
        return {"request_id": request_id, **request}
    header = request.get("header") or {}
    if not isinstance(header, Mapping):
        # The engine answers what is wrong with it.
        return dict(request)
    return {**request, "header": {"request_id": request_id, **header}}


def _is_unknown(answer: Answer) -> bool:
    return answer.get("code") == OUTCOME_UNKNOWN or bool(answer.get("maybe_done"))
