"""The sheets over a screen: each is left once, in its turn, and what it says does nothing."""

import asyncio

from frozen import form_opened
from person import PASSWORD

from ewallet_tui.screens.form_screen import FormScreen
from ewallet_tui.screens.modal import Choice, ConfirmModal


class Held:
    """Holds the engine's answers to what changes something, until it lets them go."""

    def __init__(self, person):
        self._send, self._may_go = person.app.context.store.client.send, asyncio.Event()
        person.app.context.store.client.send = self._sending

    async def _sending(self, **instruction):
        answer = await self._send(**instruction)
        if instruction["action"] != "view":
            await self._may_go.wait()
        return answer

    def let_go(self):
        self._may_go.set()


async def sent_and_held(person):
    """A supply that is sent, and not answered yet."""
    await person.press("u")
    await form_opened(person)
    held = Held(person)
    await person.do_form(credits="7", cost="1")
    return held


async def test_a_form_that_is_answered_behind_the_lock_goes_when_it_is_unlocked(opened):
    async with opened() as person:
        await person.register()
        held = await sent_and_held(person)
        person.app.action_lock()
        await person.wait_until(lambda: person.app.current_mode == "lock" and person.app.focused)
        held.let_go()
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 7)
        assert person.app.current_mode == "lock"
        await person.do_form(user_pass=PASSWORD)
        await person.wait_until(lambda: person.app.current_mode == "home")
        await person.wait_until(lambda: not isinstance(person.app.screen, FormScreen))
        assert person.sees("You got 7 credits.")


async def test_a_form_that_is_answered_elsewhere_goes_when_one_comes_back(opened):
    async with opened() as person:
        await person.register()
        held = await sent_and_held(person)
        await person.go_to("sheets")
        held.let_go()
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 7)
        await person.go_to("home")
        await person.wait_until(lambda: not isinstance(person.app.screen, FormScreen))


async def test_a_form_that_is_answered_under_a_question_leaves_the_question_alone(opened):
    async with opened() as person:
        await person.register()
        await person.have_running_timer()
        held = await sent_and_held(person)
        await person.press("ctrl+q")
        await person.wait_until(lambda: isinstance(person.app.screen, ConfirmModal))
        held.let_go()
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 87)
        assert isinstance(person.app.screen, ConfirmModal)
        await person.press("escape")
        await person.wait_until(lambda: len(person.app.screen_stack) == 1)


async def test_an_answer_given_twice_is_heard_once(opened):
    async with opened() as person:
        await person.register()
        heard = []
        confirmation = ConfirmModal("[/b]Bob [red]x", "Really", [Choice("do", "y", "Do it")])
        person.app.push_screen(confirmation, heard.append)
        await person.pilot.pause()
        assert person.sees("[/b]Bob [red]x")
        confirmation.dismiss("do")
        confirmation.dismiss(None)
        await person.wait_until(lambda: len(person.app.screen_stack) == 1)
        assert heard == ["do"]
