"""The permission sheet as a grid: moved in, changed, asked about, and what it refused."""

import pytest
from backends import over_a_server
from operating import be

from ewallet_tui.screens.modal import ConfirmModal
from ewallet_tui.widgets.permission_grid import PermissionGrid
from ewallet_tui.widgets.record_list import RecordList

PAYING = "client action pay"


async def at_the_sheet(person, backend, find=""):
    await be(person, backend, "operator")
    await person.go_to("operator")
    await person.press("P")
    await person.wait_until(lambda: person.sees("client action view account"))
    if find:
        await person.press("slash", *find, "enter")
        await person.wait_until(lambda: not person.sees("client action view account"))


def grid(person):
    return person.app.screen.query_one(PermissionGrid)


def cell(person):
    return grid(person).permission


async def test_space_forbids_and_allows_what_harms_nobody_without_a_question_in_any_cell(opened, backend):
    async with opened() as person:
        await at_the_sheet(person, backend)
        await person.press("l", "right", "right", "j", "down")
        assert (grid(person).cursor, grid(person).column) == (2, 2)
        await person.press("h", "left", "left", "k", "end", "pageup", "home", "up")
        assert (grid(person).cursor, grid(person).column) == (0, 0)
        await person.press("slash", *"pay", "enter")
        await person.wait_until(lambda: person.sees("Users may ask: client action pay"))
        await person.press("space")
        await person.wait_until(lambda: person.sees("✓ Users may not ask: client action pay."))
        assert not cell(person).allowed
        await person.press("space")
        await person.wait_until(lambda: cell(person).allowed)
        rows = {name: y for y, name in enumerate(grid(person).sheet)}
        x = grid(person).size.width - 5
        for allowed in (False, True):
            await person.pilot.click(PermissionGrid, offset=(x, rows[PAYING] + 1))
            await person.wait_until(lambda allowed=allowed: cell(person).allowed is allowed)
            assert (cell(person).instruction, cell(person).role) == (PAYING, "auditor")


async def test_what_locks_people_out_or_lets_them_operate_is_asked_about_first(opened, backend):
    async with opened() as person:
        await at_the_sheet(person, backend, "new account")
        await person.press("space")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        assert person.sees("No one could create an account from then on.")
        await person.press("escape")
        assert cell(person).allowed
        for typed, column, words in [
            ("view overview", 0, "would be locked out"),
            ("freeze", 0, "could then do what operators do"),
            ("pay", 1, "You and all operators could no longer do this"),
        ]:
            await person.press("slash", *typed, "enter")
            grid(person).column = column
            await person.press("space")
            await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
            assert person.sees(words)
            await person.press("escape")
        await person.press("slash", *"edit permission", "enter")
        grid(person).column = 1
        await person.press("space")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        await person.press("y")
        await person.wait_until(lambda: person.toasts)
        assert "Operators must be able to edit the permission sheet" in person.toasts
        assert cell(person).allowed


@pytest.mark.parametrize("kind_of_backend", ["remote"])
async def test_what_the_sheet_refused_is_listed_and_the_way_leads_back(opened, backend):
    async with opened() as person:
        await person.register("bob")
        await person.app.context.send(controller="system", action="view", view="accounts")
        await person.log_out()
        await at_the_sheet(person, backend)
        await person.press("r")
        await person.wait_until(lambda: person.sees("system action view accounts"))
        assert person.app.focused is person.app.screen.query_one(RecordList)
        assert person.sees("bob@example.org")
        await person.press("escape")
        await person.wait_until(lambda: person.app.screen.query(PermissionGrid))


@over_a_server
async def test_who_is_no_operator_asks_nothing_of_the_system_not_even_by_hand(opened):
    async with opened() as person:
        await person.register()
        answer = await person.app.context.send(controller="system", action="view", view="accounts")
        assert answer["code"] == "not_permitted"
