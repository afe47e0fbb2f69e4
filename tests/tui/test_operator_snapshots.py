"""What operators see, part by part: filled, empty, and in little and much room."""

from frozen import read
from operating import be, there_is
from still import still_day as still_day  # noqa: PLC0414 - a fixture

from ewallet_tui.widgets.record_list import RecordList

LOG = "2026-11-20T14:01:10.123Z started\n2026-11-20T14:01:12.004Z [/b] went on"


async def there_are_accounts(person, backend):
    await there_is(person, "bob", "cleo [/b]", "漢字かな交じり文漢字かな交じり文", "dora", "emil")
    await be(person, backend, "operator")
    for email in ("cleo@example.org", "dora@example.org"):
        await person.app.context.send(controller="system", action="freeze", freeze="account", account=email)
    granted = {"action": "grant", "grant": "role", "account": "emil@example.org", "role": "auditor"}
    await person.app.context.send(controller="system", **granted)


async def there_are_issues(person):
    for name in ("The timer shows yesterday", "[/b] in a name", "n" * 190):
        email = f"p{len(name)}@example.org"
        issue = {"name": name, "details": "It did so this morning.\nTwice.", "log": LOG, "email": email}
        await person.app.context.send(action="report", report="issue", issue=issue)


async def test_operators_see_it_as_it_is_kept(opened, backend, looks_as_kept):
    async with opened() as person:
        await there_are_accounts(person, backend)

        async def looks(state, *sizes):
            for width, height in sizes:
                await person.resize(width, height)
                await read(person)
                assert await looks_as_kept(person, f"{state}-{width}x{height}")

        await person.go_to("operator")
        await person.wait_until(lambda: person.sees("● active"))
        await looks("accounts", (60, 20), (120, 40), (80, 24))
        person.app.context.settings.choose(theme="ewallet-light")
        await looks("accounts-light", (80, 24))
        person.app.context.settings.choose(theme="ewallet-dark")
        await person.press("P")
        await person.wait_until(lambda: person.sees("client action view"))
        await read(person)
        await person.press("down", "down", "down", "right")
        await looks("permissions", (60, 20), (80, 24))
        await person.press("escape", "W")
        await person.wait_until(lambda: person.sees("● has room"))
        await person.press("n")
        await person.wait_until(lambda: person.sees("○ vacant"))
        await person.press("tab", "end", "space")
        await person.wait_until(lambda: person.sees("7 of 7"))
        await looks("workers", (60, 20), (80, 24))
        await person.press("escape", "I")
        await person.wait_until(lambda: person.sees("Anyone can report one"))
        await looks("no_issues", (80, 24))
        await person.press("escape")
        await there_are_issues(person)
        await person.press("I")
        await person.wait_until(lambda: person.sees("[/b] in a name"))
        await looks("issues", (80, 24))
        await person.press("down", "enter")
        await person.wait_until(lambda: person.sees("Twice."))
        await looks("issue", (80, 24))


async def test_auditors_see_it_as_it_is_kept(opened, backend, looks_as_kept):
    async with opened() as person:
        await be(person, backend, "auditor")
        await person.go_to("operator")
        await person.wait_until(lambda: person.app.screen.query_one(RecordList).rows)
        await person.wait_until(lambda: person.sees("ada@example.org"))
        assert await looks_as_kept(person, "auditor-80x24")
