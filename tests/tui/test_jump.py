"""The jump mode: a letter on everything in view, and its key goes there."""

from textual.widgets import Static

from ewallet_tui.screens.overlays import Jump, targets_on
from ewallet_tui.widgets.tabs import PartTab, ScreenTab


def letter_of(person, wanted):
    """The letter that stands on what is wanted."""
    return next(letter for letter, (_, target) in person.app.screen._targets.items() if wanted(target))


async def test_tabs_parts_lists_and_buttons_are_a_letter_away(opened):
    async with opened() as person:
        await person.register()
        await person.press("5", "semicolon")
        assert isinstance(person.app.screen, Jump)
        invoices = letter_of(
            person, lambda target: isinstance(target, PartTab) and target.part.id == "invoice"
        )
        await person.press(invoices)
        await person.wait_until(lambda: person.sees("No invoices on this sheet yet."))
        await person.press("semicolon")
        await person.press(
            letter_of(person, lambda t: isinstance(t, ScreenTab) and t.destination.mode == "home")
        )
        await person.wait_until(lambda: person.app.current_mode == "home")
        await person.press("semicolon")
        await person.press(letter_of(person, lambda target: target.id == "supply"))
        await person.wait_until(lambda: person.sees("Supply credits") and person.sees("Currency"))


async def test_each_letter_stands_where_its_target_is_and_escape_gives_it_up(opened):
    async with opened() as person:
        await person.register()
        beneath = person.app.screen
        await person.press("semicolon")
        places = [label.region.offset for label in person.app.screen.query(Static)]
        assert places == [place for place, _ in targets_on(beneath)]
        await person.press("escape")
        assert person.app.screen is beneath
