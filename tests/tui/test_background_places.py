"""A place that nobody looks at asks nothing; it is true as soon as it can be seen, be it beneath a form."""

from ewallet_tui.screens.form_screen import FormScreen
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.status_bar import StatusBar

SUPPLY = {"action": "supply", "supply": "credits", "currency": "EUR", "cost": "1"}
DESTINATIONS = ("wallet", "clock", "contacts", "sheets", "account", "console", "settings", "home")


async def settled(person, counted):
    """Wait until nothing more is asked."""
    before = -1
    while before != sum(counted.values()):
        before = sum(counted.values())
        await person.pilot.pause(0.1)


async def test_only_the_place_in_view_asks_and_the_others_are_true_when_gone_to(opened):
    async with opened() as person:
        await person.register()
        await person.have_time()
        counted = person.count_instructions()
        for mode in DESTINATIONS:
            await person.go_to(mode)
        await person.press("6", "S", "1")
        await settled(person, counted)
        counted.clear()
        await person.app.context.store.refresh()
        await settled(person, counted)
        assert counted == {"view": 1}
        await person.press("3")
        await person.wait_until(lambda: counted["view"] > 1)
        await person.press("1")
        await settled(person, counted)
        counted.clear()
        await person.press("3", "1")
        await settled(person, counted)
        assert not counted


async def test_a_place_beneath_a_form_is_kept_true_also_when_it_comes_back_with_the_form(opened):
    async with opened() as person:
        app = person.app
        await person.register()
        await person.press("5")
        sheets = app.screen
        await person.press("f")
        await person.wait_until(lambda: isinstance(app.screen, FormScreen))
        for sum_there, goes_away in ((10, False), (30, True)):
            if goes_away:
                await person.go_to("home")
            await app.context.send(**SUPPLY, credits=20 if goes_away else 10)
            if goes_away:
                assert not shows_balance(sheets, sum_there)
                await person.go_to("sheets")
            assert isinstance(app.screen, FormScreen)
            await person.wait_until(lambda sum_there=sum_there: shows_balance(sheets, sum_there))
        await person.wait_until(lambda: sheets.query_one(RecordList).pages.count == 2)


def shows_balance(place, credits):
    return f"{credits} credits" in str(place.query_one(StatusBar).render())
