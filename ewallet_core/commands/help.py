"""`ewallet help`: sections of the documentation, and the help of commands."""

from __future__ import annotations

from pathlib import Path

import click

COMMANDS, STATUS = "command-line.md", "status-line.md"
TOPICS = {
    "completion": (COMMANDS, "Completion"),
    "first-steps": (COMMANDS, "A first session"),
    "instructions": (COMMANDS, "Any instruction"),
    "lists": (COMMANDS, "Lists and reports"),
    "passwords": (COMMANDS, "Passwords"),
    "places": (COMMANDS, "Which wallet"),
    "prompts": (STATUS, "Prompts of bash, zsh, fish and starship"),
    "scripts": (COMMANDS, "In scripts"),
    "sessions": (COMMANDS, "Sessions"),
    "status": (STATUS, "The fields"),
    "tmux": (STATUS, "tmux"),
}
"""Each topic's page and its section there."""

_HERE = Path(__file__)
_PAGES = (_HERE.with_name("pages"), _HERE.parents[2] / "docs")
"""The folders of the pages: of an installed package, and of a checkout."""


def _suggest_topics(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """The topics and the commands that begin so."""
    group = ctx.find_root()
    commands = group.command.list_commands(group) if isinstance(group.command, click.Group) else []
    return [name for name in sorted({*TOPICS, *commands}) if name.startswith(incomplete)]


@click.command("help")
@click.argument("topic", required=False, metavar="[TOPIC]", shell_complete=_suggest_topics)
@click.pass_context
def help_command(ctx: click.Context, topic: str | None) -> None:
    """Print a section of the documentation, or list them.

    TOPIC may also be a command: its help is printed. Without TOPIC, the topics are listed.
    """
    if topic is None:
        click.echo(f"Topics: {', '.join(TOPICS)}.")
        click.echo("`ewallet help COMMAND` is the help of a command; `ewallet --help` lists all commands.")
        return
    group = ctx.find_root()
    command = group.command.get_command(group, topic) if isinstance(group.command, click.Group) else None
    if topic not in TOPICS and command is None:
        raise click.UsageError(f"There is no topic {topic!r}. The topics are {', '.join(TOPICS)}.")
    if topic in TOPICS:
        click.echo(section_of(*TOPICS[topic]))
    if command is not None:
        if topic in TOPICS:
            click.echo()
        with click.Context(command, info_name=topic, parent=group) as context:
            click.echo(command.get_help(context))


def section_of(page: str, title: str) -> str:
    """The section with that title, in Markdown."""
    file = next(folder / page for folder in _PAGES if folder.is_dir())
    _, _, after = file.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    return f"## {title}\n{after.partition(f'{chr(10)}## ')[0]}".strip()
