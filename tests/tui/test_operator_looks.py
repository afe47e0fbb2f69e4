"""What operators see, part by part: filled, empty, and in little and much room."""

import pytest
from operating import be, there_is
from person import Person
from still import still_day as still_day  # noqa: PLC0414 - a fixture

LOG = "2026-11-20T14:01:10.123Z started\n2026-11-20T14:01:12.004Z [/b] went on"


async def accounts(person, backend):
    await there_is(person, "bob", "cleo [/b]", "漢字かな交じり文漢字かな交じり文", "dora", "emil")
    await be(person, backend, "operator")
    for email in ("cleo@example.org", "dora@example.org"):
        await person.app.ask(controller="system", action="freeze", freeze="account", account=email)
    granted = {"action": "grant", "grant": "role", "account": "emil@example.org", "role": "auditor"}
    await person.app.ask(controller="system", **granted)
    await person.go_to("operator")
    await person.wait_until(lambda: person.sees("● active"))


async def permissions(person, backend):
    await be(person, backend, "operator")
    await person.go_to("operator")
    await person.press("P")
    await person.wait_until(lambda: person.sees("client action view"))
    await person.press("down", "down", "down", "right")


async def workers(person, backend):
    await be(person, backend, "operator")
    await person.app.ask(controller="system", action="new", new="worker")
    await person.go_to("operator")
    await person.press("W")
    await person.wait_until(lambda: person.sees("○ vacant"))
    await person.press("tab", "end", "space")
    await person.wait_until(lambda: person.sees("7 of 7"))


async def no_issues(person, backend):
    await be(person, backend, "operator")
    await person.go_to("operator")
    await person.press("I")
    await person.wait_until(lambda: person.sees("Everybody can report one"))


async def issues(person, backend):
    await be(person, backend, "operator")
    for name in ("The timer shows yesterday", "[/b] in a name", "n" * 190):
        email = f"p{len(name)}@example.org"
        issue = {"name": name, "details": "It did so this morning.\nTwice.", "log": LOG, "email": email}
        await person.app.ask(action="report", report="issue", issue=issue)
    await person.go_to("operator")
    await person.press("I")
    await person.wait_until(lambda: person.sees("[/b] in a name"))


async def issue(person, backend):
    await issues(person, backend)
    await person.press("down", "enter")
    await person.wait_until(lambda: person.sees("Twice."))


async def auditor(person, backend):
    await be(person, backend, "auditor")
    await person.go_to("operator")
    await person.wait_until(lambda: person.sees("ada@example.org"))


LOOKS = [
    (accounts, (80, 24)),
    (accounts, (60, 20)),
    (accounts, (120, 40)),
    (permissions, (80, 24)),
    (permissions, (60, 20)),
    (workers, (80, 24)),
    (workers, (60, 20)),
    (issues, (80, 24)),
    (issue, (80, 24)),
    (no_issues, (80, 24)),
    (auditor, (80, 24)),
]


def name_of(look):
    return look.__name__ if callable(look) else f"{look[0]}x{look[1]}"


@pytest.mark.parametrize(("state", "size"), LOOKS, ids=name_of)
def test_operators_see(snap_compare, make_app, backend, state, size):
    async def come_to(pilot):
        await state(Person(pilot.app, pilot), backend)
        pilot.app.clear_notifications()
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=come_to)


def test_operators_see_it_in_light(snap_compare, make_app, backend):
    async def come_to(pilot):
        await accounts(Person(pilot.app, pilot), backend)
        await pilot.pause()

    assert snap_compare(make_app(theme="ewallet-light"), terminal_size=(80, 24), run_before=come_to)
