"""Taking text along by the terminal's clipboard: one value of a record, out of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from textual.app import App

from ewallet_tui.screens.chooser import Chooser
from ewallet_tui.text import inert, one_line

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

LABEL_WIDTH = 16
LONGEST_SHOWN = 200


def copy(app: App[Any], text: str, what: str) -> None:
    """Copy `text`, and say that `what` was copied."""
    app.copy_to_clipboard(inert(text))
    cast("EWalletApp", app).say(f"{what} is copied.")


def choose_value(app: App[Any], record: Mapping[str, Any]) -> None:
    """Let a value of `record` be chosen, and copy it as it is."""
    values = {name: str(value) for name, value in record.items() if value not in (None, "")}
    shown = {
        name: f"{name.replace('_', ' '):<{LABEL_WIDTH}} {one_line(value[:LONGEST_SHOWN])}"
        for name, value in values.items()
    }

    def chosen(name: str | None) -> None:
        if name is not None:
            copy(app, values[name], name.replace("_", " ").capitalize())

    app.push_screen(Chooser("Copy", shown), chosen)
