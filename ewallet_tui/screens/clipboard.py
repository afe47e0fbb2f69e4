"""Copying to the clipboard what is on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ewallet_core.presentation.formatting import inert, one_line
from ewallet_tui.screens.modal import ChoiceModal

if TYPE_CHECKING:
    from textual.app import App

    from ewallet_tui.work import Notify

LABEL_WIDTH = 16
LONGEST_SHOWN = 200


def copy(app: App[Any], notify: Notify, text: str, what: str) -> None:
    """Copy `text`, and say that `what` was copied."""
    app.copy_to_clipboard(inert(text))
    notify(f"{what} is copied.")


def choose_value(app: App[Any], notify: Notify, record: Mapping[str, Any]) -> None:
    """Let the user choose a value of `record`, and copy it as it is."""
    values = {name: str(value) for name, value in record.items() if value not in (None, "")}
    shown = {
        name: f"{name.replace('_', ' '):<{LABEL_WIDTH}} {one_line(value[:LONGEST_SHOWN])}"
        for name, value in values.items()
    }

    def chosen(name: str | None) -> None:
        if name is not None:
            copy(app, notify, values[name], name.replace("_", " ").capitalize())

    app.push_screen(ChoiceModal("Copy", shown), chosen)
