"""Says news as they come; where many come at once, the first of them and then the rest in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ewallet_tui.news import News, folded

if TYPE_CHECKING:
    from textual.timer import Timer

    from ewallet_tui.app import EWalletApp

AT_ONCE_SECONDS = 1.0
"""How far apart news are that do not come at once."""


class Telling:
    """Says them in passing, and to the desktop what is worth it."""

    def __init__(self, app: EWalletApp) -> None:
        self._app = app
        self._untold: list[News] = []
        self._pause: Timer | None = None

    def tell(self, news: News) -> None:
        """Say it now, or with what else comes before a second is over; behind the lock, once it is open."""
        if self._app.picture is None:
            return
        self._untold.append(news)
        if self._pause is None:
            self._go_on()

    def forget(self) -> None:
        """Say nothing more of whoever it was about."""
        self._untold.clear()
        if self._pause is not None:
            self._pause.stop()
            self._pause = None

    def _go_on(self) -> None:
        self._pause = None
        if not self._untold:
            return
        if self._app.is_in_view:
            untold, self._untold = folded(self._untold), []
            for news in untold:
                self._say(news)
        self._pause = self._app.set_timer(AT_ONCE_SECONDS, self._go_on)

    def _say(self, news: News) -> None:
        self._app.say(news.words, title=news.title, severity=news.severity)
        if news.is_for_desktop:
            self._app.tell_desktop(news.title, news.words)
