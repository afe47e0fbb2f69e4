"""What services need of the app: workers by group, toasts and timers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Literal, Protocol

from textual.app import App
from textual.dom import DOMNode
from textual.timer import Timer

Severity = Literal["information", "warning", "error"]
SetTimer = Callable[[float, Callable[[], None]], "Timer"]


class Notify(Protocol):
    """Shows a toast, as plain text."""

    def __call__(self, words: str, *, title: str = "", severity: Severity = "information") -> None:
        """Show `words` under `title`."""


AsyncFunction = Callable[[], Coroutine[Any, Any, object]]


def run_worker(
    node: DOMNode, work: AsyncFunction, group: str = "default", *, exclusive: bool = False
) -> None:
    """Start `work` as a worker of `node`; if `exclusive`, cancel the others of its group first.

    `work` is an async function, not its coroutine: a worker that is cancelled before it begins leaves nothing
    unawaited.
    """
    begin: Callable[[], Any] = work
    node.run_worker(begin, group=group, exclusive=exclusive)


class Workers:
    """Workers of the app, which outlive its screens; each belongs to a group."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app

    def run(self, work: AsyncFunction, group: str = "default", *, exclusive: bool = False) -> None:
        """Start `work`; if `exclusive`, cancel the others of its group first."""
        run_worker(self._app, work, group, exclusive=exclusive)

    def cancel(self, group: str) -> None:
        self._app.workers.cancel_group(self._app, group)

    def has_begun(self, group: str) -> bool:
        return any(worker.group == group and not worker.is_finished for worker in self._app.workers)
