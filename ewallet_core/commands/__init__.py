"""The subcommands of `ewallet`. Each is imported when it is run, or listed by `--help`."""

from __future__ import annotations

import os
from typing import Any

import click

SECTIONS = {
    "Log in": ("register", "login", "logout", "whoami"),
    "Credits and time": ("balance", "supply", "pay", "transfer", "move", "refund", "convert"),
    "Timer": ("start", "pause", "resume", "stop", "status", "watch", "clock"),
    "Look up": ("history", "statement", "report", "search", "invoice", "export"),
    "What you have": ("wallets", "clocks", "contacts", "sessions"),
    "For scripts": ("do", "send", "completion", "help"),
    "Look after a wallet or a server": (
        "backup",
        "copy",
        "demo",
        "doctor",
        "grant",
        "instructions",
        "migrate",
        "restore",
        "serve",
        "verify",
    ),
}
"""The names of all commands, by the sections of `ewallet --help`."""

COMPLETION_VARIABLE = "_EWALLET_COMPLETE"
"""Set by the shell's completion, as click names it."""

OTHER_NAMES = {"topup": "supply"}
"""Names that are understood too, but not listed."""


class LazyCommands(click.Group):
    """A group of all commands, each imported when it is looked up."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        if COMPLETION_VARIABLE in os.environ:
            # It tells click how each shell completes.
            from ewallet_core.commands import completion  # noqa: F401
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return [name for names in SECTIONS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = OTHER_NAMES.get(cmd_name, cmd_name)
        return _find_command(name) if name in self.list_commands(ctx) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(len(name) for name in self.list_commands(ctx))
        for section, names in SECTIONS.items():
            found = [(name, command) for name in names if (command := self.get_command(ctx, name))]
            limit = formatter.width - width - 6
            rows = [(f"{name:<{width}}", command.get_short_help_str(limit)) for name, command in found]
            with formatter.section(section):
                formatter.write_dl(rows)


def _find_command(name: str) -> click.Command:
    """The command of that name, one of `SECTIONS`."""
    module: Any
    match name:
        case "register" | "login" | "logout" | "whoami":
            from ewallet_core.commands import login as module
        case "balance" | "supply" | "convert":
            from ewallet_core.commands import credits as module
        case "pay" | "transfer" | "move" | "refund":
            from ewallet_core.commands import payments as module
        case "start" | "pause" | "resume" | "stop":
            from ewallet_core.commands import timer as module
        case "status":
            from ewallet_core.commands import status_line as module
        case "watch" | "clock":
            from ewallet_core.commands import watch as module
        case _ if name in SECTIONS["For scripts"]:
            module = _module_for_scripts(name)
        case _ if name in (*SECTIONS["Look up"], *SECTIONS["What you have"]):
            module = _module_of_lists(name)
        case _:
            from ewallet_core.commands import administration as module
    command: click.Command = getattr(module, f"{name}_command")
    return command


def _module_for_scripts(name: str) -> Any:
    """The module of a command that scripts and shells use."""
    module: Any
    match name:
        case "do":
            from ewallet_core.commands import do as module
        case "send":
            from ewallet_core.commands import send as module
        case "help":
            from ewallet_core.commands import help as module
        case _:
            from ewallet_core.commands import completion as module
    return module


def _module_of_lists(name: str) -> Any:
    """The module of a command that lists or reports something."""
    module: Any
    match name:
        case "history" | "statement" | "search":
            from ewallet_core.commands import history as module
        case "report" | "export":
            from ewallet_core.commands import reports as module
        case "invoice":
            from ewallet_core.commands import invoices as module
        case "wallets" | "clocks":
            from ewallet_core.commands import wallets as module
        case "contacts":
            from ewallet_core.commands import contacts as module
        case _:
            from ewallet_core.commands import sessions_list as module
    return module
