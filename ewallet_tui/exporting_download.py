"""Where what is taken along goes when the app is used in a browser: to the browser's own downloads."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import Any, Self

from textual.app import App

from ewallet_tui.exporting_file import on_any_disk


class Download:
    """A file without a name on the machine that runs the app, which the browser fetches when it is whole."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app

    def __enter__(self) -> Self:
        """Begin it."""
        self._file = TemporaryFile()
        self._is_handed_over = False
        return self

    def write(self, text: str) -> None:
        """Write the next piece."""
        self._file.write(text.encode())

    def finish(self, name: str) -> str:
        """Have the browser fetch it under that name."""
        known = on_any_disk(name)
        self._file.seek(0)
        self._app.deliver_binary(self._file, save_filename=known)
        self._is_handed_over = True
        return f"{known}, in your browser's downloads"

    def __exit__(self, *_: object) -> None:
        """Let go of what the browser will not fetch."""
        if not self._is_handed_over:
            self._file.close()
