"""`ewallet completion`: the script that lets a shell complete commands, instructions and the user's names."""

from __future__ import annotations

import os
import re
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from ewallet_core.commands import COMPLETION_VARIABLE

_NEEDS_BACKSLASH = re.compile(r"[^\w@%+=:,./~-]")


class QuotingBashComplete(BashComplete):
    """As click's, for values with spaces too."""

    # Without `-r`, the shell takes the backslashes out again.
    source_template = BashComplete.source_template.replace("read type value", "read -r type value")

    def format_completion(self, item: CompletionItem[Any]) -> str:
        value = str(item.value)
        if not _begins_with_quote():
            value = _NEEDS_BACKSLASH.sub(r"\\\g<0>", value)
        return f"{item.type},{value}"


def _begins_with_quote() -> bool:
    """Whether the word to be completed does; the shell takes what follows as it is then."""
    words = os.environ["COMP_WORDS"].split("\n")
    at = int(os.environ["COMP_CWORD"])
    return at < len(words) and words[at][:1] in ("'", '"')


class WholeFishComplete(FishComplete):
    """As click's, for values with commas too."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')


SHELLS: dict[str, type[ShellComplete]] = {
    "bash": QuotingBashComplete,
    "fish": WholeFishComplete,
    "zsh": ZshComplete,
}
for _name, _complete in SHELLS.items():
    add_completion_class(_complete, _name)


@click.command("completion")
@click.argument("shell", type=click.Choice(sorted(SHELLS)))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands.

    What follows `ewallet` can then be completed: commands, options and instructions, and the names of your
    contacts, wallets and clocks.

    \b
    bash: add this line to ~/.bashrc
      eval "$(ewallet completion bash)"
    zsh: add this line to ~/.zshrc, after compinit
      eval "$(ewallet completion zsh)"
    fish: once
      ewallet completion fish > ~/.config/fish/completions/ewallet.fish
    """
    click.echo(SHELLS[shell](ctx.find_root().command, {}, "ewallet", COMPLETION_VARIABLE).source())
