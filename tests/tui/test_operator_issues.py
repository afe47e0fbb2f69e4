"""Issues: reported by anybody, read by operators."""

from operating import be, grant

from ewallet_tui.widgets.form import Form

HOSTILE = ("[/b] [@click=app.quit]x[/]", "\u202egnirts", "漢字かな交じり文" * 8, "n" * 200)


async def test_whoever_reports_an_issue_gets_its_reference_and_operators_read_it(opened, backend):
    async with opened() as person:
        await person.register()
        await person.go_to("account")
        await person.press("i")
        await person.wait_until(lambda: person.app.screen.query(Form))
        await person.do_form(name="The timer shows yesterday", details="It did so today.", email="a@b.org")
        await person.wait_until(
            lambda: person.sees("Reported as ISSUE-000001. You will be answered at a@b.org.")
        )
        grant(backend, "ada@example.org", "operator")
        await person.app.context.store.refresh()
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


async def test_what_a_report_says_is_only_ever_read(opened, backend):
    async with opened() as person:
        await be(person, backend, "operator")
        for text in HOSTILE:
            name = text if text.isprintable() else "odd"
            issue = {"name": name, "details": f"{text}\n{text}", "log": text * 40}
            assert not (await person.app.context.send(action="report", report="issue", issue=issue))["failed"]
        await person.go_to("operator")
        await person.press("I")
        for number in reversed(range(len(HOSTILE))):
            await person.wait_until(lambda: person.sees("ada@example.org"))
            await person.press("enter")
            await person.wait_until(lambda number=number: person.sees(f"ISSUE-{number + 1:06}"))
            await person.wait_until(lambda: person.sees("Details"))
            assert not set(person.screen_text) & set("\x1b\x07\u202e")
            await person.press("j", "j", "k", "escape", "down")
        assert person.app.is_running
