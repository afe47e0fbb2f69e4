"""Forgets what the places keep of whoever was there, so that whoever comes next finds them as at first."""

from __future__ import annotations

from asyncio import gather
from typing import TYPE_CHECKING

from textual.screen import Screen

from ewallet_tui.modes import LOCK, PLACE_MODES, screen_of
from ewallet_tui.places import places_for

if TYPE_CHECKING:
    from textual.await_complete import AwaitComplete

    from ewallet_tui.app import EWalletApp

NOWHERE = "nowhere"
"""Where the app is while the place in view is forgotten; nobody sees it."""


async def forget_places_out_of_view(app: EWalletApp) -> None:
    """Have every place but the one in view made anew when it is gone to."""
    await gather(*_removed(app))


async def begin_afresh(app: EWalletApp, role: str) -> None:
    """Forget every place, and stay at the one in view as long as `role` may be there."""
    app.event_watch.forget_news()
    may_be_at = {LOCK, *(place.mode for place in places_for(role))}
    goes_on_at = app.current_mode if app.current_mode in may_be_at else PLACE_MODES[0]
    app.mode_to_return_to = PLACE_MODES[0]
    # All at once: nobody is to go anywhere before it is forgotten.
    app.add_mode(NOWHERE, Screen)
    app.switch_mode(NOWHERE)
    gone = _removed(app)
    come = app.switch_mode(goes_on_at)
    gone.append(app.remove_mode(NOWHERE))
    await come
    await gather(*gone)


def _removed(app: EWalletApp) -> list[AwaitComplete]:
    _stop_work_out_of_view(app)
    others = {LOCK, *PLACE_MODES} - {app.current_mode}
    gone = [app.remove_mode(mode) for mode in others]
    for mode in others:
        app.add_mode(mode, screen_of(mode))
    return gone


def _stop_work_out_of_view(app: EWalletApp) -> None:
    """Have nothing read on for a screen whose parts are taken away one after another."""
    for worker in list(app.workers):
        nodes = worker.node.ancestors_with_self
        if worker.node is not app and not any(node in app.screen_stack for node in nodes):
            worker.cancel()
