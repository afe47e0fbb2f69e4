"""Groups of commands of which the first lists what the others change."""

from __future__ import annotations

import click

LIST = "list"


class ListFirst(click.Group):
    """A group whose command `list` runs if no other is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:
            # To be completed, which a name of another command may be.
            return super().parse_args(ctx, args)
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [LIST, *args]
        return super().parse_args(ctx, args)
