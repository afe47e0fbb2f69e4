"""`ewallet do`: every instruction by its selectors, one word after another."""

from __future__ import annotations

from typing import Any

import click

_HELP = """Send any instruction, by its selectors.

`ewallet do view transfer list --limit 5`. The answer is printed as JSON. The words client and action are
left out; an instruction of the system begins with `system action`. Give --help after any word: it lists the
words that may follow, or the options of the instruction. `ewallet instructions` lists all of them.
"""


class NextWords(click.Group):
    """The instructions whose selectors begin with `words`; its commands are the words that may follow."""

    def __init__(self, name: str, words: tuple[str, ...] = (), **settings: Any) -> None:
        super().__init__(name, subcommand_metavar="WORD …", **settings)
        self._words = words

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        # Imported here and below, because it loads the registry, which `ewallet --help` does not wait for.
        from ewallet_core.commands.instruction_commands import words_after

        return sorted(words_after(self._words))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        from ewallet_core.commands.instruction_commands import command_of, words_after

        words = (*self._words, cmd_name)
        if (command := command_of(words)) is not None:
            return command
        if not (following := words_after(words)):
            return None
        listed = ", ".join(sorted(following))
        return NextWords(cmd_name, words, help="Go on with one of these words.", short_help=listed)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from ewallet_core.commands.instruction_commands import nearest_to

        is_word = args and not args[0].startswith("-") and not ctx.resilient_parsing
        if is_word and self.get_command(ctx, args[0]) is None:
            words = (*self._words, args[0])
            near = "; ".join(nearest_to(words))
            ctx.fail(f"There is no instruction {' '.join(words)}. The nearest known: {near}.")
        return super().resolve_command(ctx, args)


do_command = NextWords("do", help=_HELP)
