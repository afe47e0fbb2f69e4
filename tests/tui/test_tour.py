"""The tour of the first steps, by itself."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Label

from ewallet_tui.widgets.tour import Tour, TourStep

STEPS = (
    TourStep("supply", "Supply credits", "They stand at the top left."),
    TourStep("convert", "Turn them into time", "It stands at the right."),
)


class Touring(App):
    """Nothing but the tour."""

    def compose(self) -> ComposeResult:
        yield Tour("Two steps:", STEPS)


@pytest.mark.parametrize(
    ("done", "focused", "about"),
    [
        ((False, False), "step-supply", "They stand at the top left."),
        ((True, False), "step-convert", "It stands at the right."),
    ],
)
async def test_the_next_step_has_the_focus_and_says_what_it_is_about(done, focused, about):
    async with Touring().run_test() as pilot:
        pilot.app.query_one(Tour).show(done)
        await pilot.pause()
        assert pilot.app.focused.id == focused
        assert str(pilot.app.query_one("#about", Label).content) == about


async def test_a_tour_that_is_done_hides_itself():
    async with Touring().run_test() as pilot:
        tour = pilot.app.query_one(Tour)
        tour.show((False, True))
        assert tour.display
        tour.show((True, True))
        await pilot.pause()
        assert not tour.display


async def test_a_tour_may_be_told_what_is_done_when_its_buttons_are_gone():
    async with Touring().run_test() as pilot:
        tour = pilot.app.query_one(Tour)
        await tour.remove_children()
        tour.show((True, False))
        assert tour.has_class("-under-way")
