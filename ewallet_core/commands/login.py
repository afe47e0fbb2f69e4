"""`ewallet register`, `login`, `logout` and `whoami`."""

from __future__ import annotations

import contextlib

import click

from ewallet_core.client.connection import UnreachableError
from ewallet_core.commands.parameters import Lifetime, given
from ewallet_core.commands.passwords import PasswordSource, password_stdin_option
from ewallet_core.commands.problems import NoSessionError, RefusedError
from ewallet_core.commands.shell import EngineConnection, Shell, shell_command
from ewallet_core.instructions.envelope import Answer
from ewallet_core.presentation.formatting import one_line
from ewallet_core.protocol.address import THIS_MACHINE

lifetime_option = click.option(
    "--for",
    "lifetime",
    type=Lifetime(),
    metavar="7d",
    help="How long the session lasts. Default: the engine's.",
)


@shell_command("register")
@click.argument("name")
@click.option("--email", required=True, help="Your email: others pay you by it.")
@click.option("--phone", help="Your phone number.")
@password_stdin_option
@lifetime_option
def register_command(
    shell: Shell, /, name: str, email: str, phone: str | None, password_stdin: bool, lifetime: int | None
) -> None:
    """Create an account called NAME, and log in.

    \b
    ewallet register ann --email ann@example.org
    """
    passwords = PasswordSource(from_stdin=password_stdin)
    # First, so that nothing is typed in vain.
    connection = open_session(shell, lifetime)
    password = passwords.next("New password", is_new=True)
    account = given(user_name=name, user_email=email, user_pass=password, user_phone=phone)
    try:
        shell.ask(connection, action="new", new="account", **account)
        answer = shell.ask(connection, action="login", user_email=email, user_pass=password)
    except UnreachableError:
        if shell.is_outcome_unknown:
            shell.say(
                "It is not known whether the account was created. If `ewallet login` fails, register again."
            )
        raise
    _keep(shell, answer)
    shell.show(answer, f"Welcome, {one_line(name)}. You are logged in{_where(shell)}.")


@shell_command("login")
@click.argument("name")
@password_stdin_option
@lifetime_option
def login_command(shell: Shell, /, name: str, password_stdin: bool, lifetime: int | None) -> None:
    """Log in to the account NAME, or to the one with that email.

    The session is stored in the data folder, and used by the commands after this one. It ends when it is not
    used for a while, by default half an hour; with --for 7d it lasts longer.

    If the account needs a new password, it is asked for too; it may be the second line of --password-stdin.
    """
    passwords = PasswordSource(from_stdin=password_stdin)
    connection = open_session(shell, lifetime)
    answer = _log_in(shell, connection, name, passwords)
    _keep(shell, answer)
    shell.show(answer, f"You are logged in as {_account(answer)}{_where(shell)}.")


@shell_command("logout", changes=True)
def logout_command(shell: Shell) -> None:
    """Log out, and forget the session."""
    answer = shell.send(action="logout")
    shell.forget_session()
    shell.show(answer, f"You are logged out{_where(shell)}.")


@shell_command("whoami")
def whoami_command(shell: Shell) -> None:
    """Print the account that is logged in."""
    answer = shell.send(action="view", view="account")
    shell.show(answer, f"{_account(answer)}{_where(shell)}")


def open_session(shell: Shell, lifetime: int | None) -> EngineConnection:
    """A connection with a new session, in which no account is logged in yet."""
    connection = shell.connection()
    client = {"client_id": shell.ask(connection, action="request", request="client_id")["client_id"]}
    lasting = given(lifetime=lifetime)
    answer = shell.ask(connection, action="request", request="session_token", **client, **lasting)
    connection.use({**client, "session_token": answer["session_token"]})
    return connection


def _log_in(shell: Shell, connection: EngineConnection, name: str, passwords: PasswordSource) -> Answer:
    login = {"action": "login", "user_email" if "@" in name else "user_name": name}
    login["user_pass"] = passwords.next(f"Password of {one_line(name)}")
    try:
        return shell.ask(connection, **login)
    except RefusedError as refused:
        if refused.answer["code"] != "new_password_needed":
            raise
        shell.say("This password was for one login. Choose a new one.")
        return shell.ask(connection, **login, new_pass=passwords.next("New password", is_new=True))


def _keep(shell: Shell, answer: Answer) -> None:
    """Store the new session, and log the one before it out."""
    connection, before = shell.connection(), shell.sessions.find(shell.place)
    credentials = connection.credentials
    if before is not None:
        connection.use(before.credentials)
        with contextlib.suppress(RefusedError, NoSessionError, UnreachableError):
            shell.ask(connection, action="logout")
        connection.use(credentials)
    shell.keep_session(answer["account_data"]["name"])


def _account(answer: Answer) -> str:
    account = answer["account_data"]
    return f"{one_line(account['name'])} <{one_line(account['email'])}>"


def _where(shell: Shell) -> str:
    return " on this computer" if shell.place == THIS_MACHINE else f" at {shell.place}"
