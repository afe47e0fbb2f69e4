"""The themes, and a stylesheet that parses each source once."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from textual.theme import Theme

MORE_THAN_THERE_ARE_SOURCES = 1_024


class StylesheetReadOnce(Stylesheet):
    """Parses a source again only if the theme's variables changed; Textual's own does for every new screen."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(MORE_THAN_THERE_ARE_SOURCES)

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse the new sources; unlike Textual's, it does not replace all rules."""
        self.parse()


DARK = Theme(
    name="ewallet-dark",
    primary="#3fb8af",
    secondary="#ff9f5a",
    accent="#3fb8af",
    warning="#f2cc60",
    error="#ff6b6b",
    success="#7bd88f",
    foreground="#d7dde4",
    background="#10151b",
    surface="#171e26",
    panel="#222c37",
    dark=True,
)
LIGHT = Theme(
    name="ewallet-light",
    primary="#00706b",
    secondary="#b34700",
    accent="#00706b",
    warning="#7a5c00",
    error="#b3261e",
    success="#1b6e2c",
    foreground="#1b2229",
    background="#f7f8f7",
    surface="#eceeed",
    panel="#dfe4e3",
    dark=False,
)
THEMES = (DARK, LIGHT)
