"""How screens look, read once; Textual's own reads every rule anew whenever a screen is first gone to."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

MORE_THAN_THERE_ARE_SOURCES = 1_024


class StylesheetReadOnce(Stylesheet):
    """Reads a source again only where the theme gave its variables other values."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(MORE_THAN_THERE_ARE_SOURCES)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Forget what was read, where it would be something else now."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Read what was not yet; nothing changes where a mistake is found."""
        self.parse()
