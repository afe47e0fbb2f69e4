"""Issues: reported by anybody, read by operators."""

import pytest
from operating import be, grant

from ewallet_tui.widgets.form import Form

HOSTILE = {
    "markup": "[/b] [@click=app.quit]x[/]",
    "bidi": "\u202egnirts",
    "wide": "漢字かな交じり文" * 8,
    "long": "n" * 200,
}


async def test_whoever_reports_an_issue_gets_its_reference_and_operators_read_it(opened, backend):
    async with opened() as person:
        await person.register()
        await person.go_to("account")
        await person.press("i")
        await person.wait_until(lambda: person.app.screen.query(Form))
        await person.do_form(name="The timer shows yesterday", details="It did so today.", email="a@b.org")
        await person.wait_until(lambda: person.sees("Reported as ISSUE-000001. The answer goes to a@b.org."))
        grant(backend, "ada@example.org", "operator")
        await person.app.conversation.refresh()
        await person.go_to("operator")
        await person.press("I")
        await person.wait_until(lambda: person.sees("The timer shows yesterday"))
        await person.press("y")
        assert person.app.clipboard == "a@b.org"
        await person.press("enter")
        await person.wait_until(lambda: person.sees("It did so today."))
        assert person.sees("ISSUE-000001")
        await person.press("escape")
        assert not person.sees("It did so today.")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_what_a_report_says_is_only_ever_read(opened, backend, text):
    async with opened() as person:
        await be(person, backend, "operator")
        name = text if text.isprintable() else "odd"
        issue = {"name": name, "details": f"{text}\n{text}", "log": text * 40}
        assert not (await person.app.ask(action="report", report="issue", issue=issue))["failed"]
        await person.go_to("operator")
        await person.press("I")
        await person.wait_until(lambda: person.sees("ada@example.org"))
        await person.press("enter")
        await person.wait_until(lambda: person.sees("Details"))
        assert not set(person.screen_text) & set("\x1b\x07\u202e")
        await person.press("j", "j", "k", "escape")
        assert person.app.is_running
