"""The app's own look, dark and light: one accent colour, and four that only ever repeat what words say."""

from __future__ import annotations

from textual.theme import Theme

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
