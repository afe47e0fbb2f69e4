"""What happened to the account elsewhere is said where its owner looks, and what they did here is not."""

from __future__ import annotations

from datetime import UTC, datetime

from backends import ask_system, both_backends
from elsewhere import Elsewhere
from frozen import settled
from person import PASSWORD

from ewallet_core.presentation.formatting import MINUS
from ewallet_tui.activity import activity_rows
from ewallet_tui.notifications import AT_ONCE_SECONDS, FROZEN, Notification, folded
from ewallet_tui.store import AccountStore

ELSEWHERE = "192.0.2.7"
LONGER_THAN_AT_ONCE = AT_ONCE_SECONDS + 0.2
BOB = {"user_name": "bob", "user_email": "bob@example.org", "user_pass": PASSWORD}


async def have_bob(person):
    """Be ada, with 100 credits, and know that there is bob."""
    await person.register()
    await person.app.context.send(action="new", new="account", **BOB)
    await person.app.context.send(action="supply", supply="credits", credits=100, currency="EUR", cost="10")


async def test_a_login_from_an_unknown_address_is_said_at_once_and_from_a_known_one_not(
    opened, another_engine
):
    async with opened() as person:
        await person.register()
        Elsewhere(another_engine, "ada")
        Elsewhere(another_engine, "ada", ELSEWHERE)
        await person.wait_until(lambda: f"from {ELSEWHERE}" in person.toasts)
        assert "change your password" in person.toasts
        assert person.toasts.count("Someone logged in") == 1


@both_backends
async def test_credits_that_come_go_and_come_back_elsewhere_are_said_and_own_doings_are_not(
    opened, another_engine, lasting_toasts
):
    async with opened() as person:
        await have_bob(person)
        bob = Elsewhere(another_engine, "bob")
        await person.app.context.send(action="pay", pay="bob@example.org", credits=30)
        paid = bob.ask(action="view", view="transfer", transfer="list")["sheet_data"]["rows"][0]["id"]
        bob.ask(action="transfer", transfer="credits", transfer_to="ada@example.org", credits=7)
        await person.wait_until(lambda: "+ 7 credits bob@example.org sent them to you." in person.toasts)
        assert person.toasts.count("credit") == 1
        bob.ask(action="refund", refund="payment", record_id=paid, credits=5)
        await person.wait_until(lambda: "+ 5 credits bob@example.org refunded you." in person.toasts)
        Elsewhere(another_engine, "ada").ask(action="pay", pay="bob@example.org", credits=1)
        await person.wait_until(lambda: "Sent to bob@" in person.toasts)
        ask_system(
            another_engine,
            action="supply",
            supply="credits",
            credits=40,
            currency="EUR",
            cost="4",
            supply_to="ada@example.org",
        )
        await person.wait_until(lambda: "+ 40 credits Supplied by the operator." in person.toasts)
        assert person.toasts.count("credit") == 4


async def test_what_moves_between_own_wallets_and_clocks_elsewhere_is_said_once(opened, another_engine):
    async with opened() as person:
        await person.register()
        await person.have_time(20)
        ask = person.app.context.send
        wallet = await ask(action="new", new="credit", credit="ewallet", reference="Holidays [b]")
        clock = await ask(action="new", new="credit", credit="clock", reference="Evenings")
        ada = Elsewhere(another_engine, "ada")
        ada.ask(action="transfer", transfer="credits", to_ewallet=wallet["credit_ewallet"], credits=30)
        ada.ask(action="transfer", transfer="time", to_clock=clock["credit_clock"], minutes=5)
        await person.wait_until(lambda: f"Moved to Holidays [b]: {MINUS}30 credits" in person.toasts)
        await person.wait_until(lambda: f"Moved to Evenings: {MINUS}5:00" in person.toasts)
        assert person.toasts.count("Moved to") == 2
        assert person.toasts.count("credit") == 1
        lines = [row.cells for row in activity_rows(person.app.context.state, datetime.now(UTC))]
        assert (f"{MINUS}5:00 to Evenings", "+5:00 from Clock 1") == tuple(
            line[3] for line in lines if ":00 " in line[3] and line[1] == "moved"
        )[::-1]


@both_backends
async def test_what_is_done_here_is_painted_with_its_answer_and_not_again_when_it_is_heard_of(
    opened, another_engine, monkeypatch
):
    heard, handle = [], AccountStore._handle_event

    async def heed_and_note(self, event):
        await handle(self, event)
        heard.append(event["event"])

    monkeypatch.setattr(AccountStore, "_handle_event", heed_and_note)
    async with opened() as person:
        await have_bob(person)
        await person.wait_until(lambda: {"listening", "credits_arrived"} <= set(heard))
        await person.app.context.send(action="pay", pay="bob@example.org", credits=30)
        await settled(person)
        asked = person.count_instructions()
        await person.wait_until(lambda: "credits_left" in heard)
        assert not asked
        bob = Elsewhere(another_engine, "bob")
        bob.ask(action="transfer", transfer="credits", transfer_to="ada@example.org", credits=7)
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 77)
        assert asked["view"]


async def test_many_things_at_once_are_said_in_two(opened, another_engine):
    async with opened() as person:
        await have_bob(person)
        bob = Elsewhere(another_engine, "bob")
        await person.app.context.send(action="pay", pay="bob@example.org", credits=90)
        for credits in range(1, 13):
            bob.ask(action="transfer", transfer="credits", transfer_to="ada@example.org", credits=credits)
        await person.wait_until(lambda: "+ 77 credits 11 movements just now." in person.toasts)
        assert person.toasts.count("\n") == 1
        assert person.toasts.startswith("+ 1 credit bob@example.org sent them to you.")


async def test_no_news_is_said_to_whoever_goes_on_next_nor_over_the_lock(opened, another_engine):
    async with opened() as person:
        await have_bob(person)
        bob = Elsewhere(another_engine, "bob")
        await person.app.context.send(action="pay", pay="bob@example.org", credits=90)
        person.app.action_lock()
        await person.wait_until(lambda: person.app.current_mode == "lock")
        bob.ask(action="transfer", transfer="credits", transfer_to="ada@example.org", credits=7)
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 17)
        await person.pilot.pause(LONGER_THAN_AT_ONCE)
        assert not person.toasts
        await person.do_form(user_pass=PASSWORD)
        await person.wait_until(lambda: "+ 7 credits" in person.toasts)
        for credits in (2, 3):
            bob.ask(action="transfer", transfer="credits", transfer_to="ada@example.org", credits=credits)
        await person.wait_until(lambda: person.app.context.state.wallet.credits == 22)
        await person.app.context.send(action="login", user_name="bob", user_pass=PASSWORD)
        person.app.clear_notifications()
        await person.pilot.pause(LONGER_THAN_AT_ONCE)
        assert not person.toasts


def test_crowds_of_movements_and_of_logins_are_folded_and_nothing_else():
    came, went = Notification("+ 7 credits", "", credits=7), Notification("2 credits gone", "", credits=-2)
    assert folded([]) == []
    assert folded([FROZEN, came]) == [FROZEN, came]
    words = "3 movements just now. Home lists the newest."
    in_one = Notification(f"+ 14 credits   {MINUS} 2 credits", words, "warning", credits=14)
    assert folded([came, FROZEN, went, came]) == [FROZEN, in_one]
    login = Notification(
        "Someone logged in to your account from 192.0.2.7.", "", "warning", address="192.0.2.7"
    )
    assert folded([login, came]) == [login, came]
    *_, logins = folded([login, FROZEN, FROZEN, login, login])
    assert logins.title == "3 logins to your account from new addresses."


async def test_a_refused_payment_hides_no_later_one(opened, another_engine):
    async with opened() as person:
        await have_bob(person)
        await person.app.context.send(action="pay", pay="bob@example.org", credits=1_000)
        Elsewhere(another_engine, "ada").ask(action="pay", pay="bob@example.org", credits=100)
        await person.wait_until(lambda: "100 credits Sent to bob@" in person.toasts)


async def test_a_frozen_account_is_said_and_that_it_can_be_used_again(opened, another_engine):
    async with opened() as person:
        await person.register()
        ask_system(another_engine, action="freeze", freeze="account", account="ada@example.org")
        await person.app.context.send(action="view", view="account")
        await person.wait_until(lambda: "Your account is frozen." in person.toasts)
        ask_system(another_engine, action="unfreeze", unfreeze="account", account="ada@example.org")
        await person.wait_until(lambda: "Your account is active again." in person.toasts)
        await person.app.context.send(action="edit", edit="account", user_alias="the first")
        await person.pilot.pause(0.1)
        assert len(person.toasts.splitlines()) == 2


async def test_the_timer_of_a_clock_out_of_view_is_heard_of_when_it_runs_out(opened, another_engine, instant):
    async with opened() as person:
        await person.register()
        await person.have_running_timer(5)
        await person.app.context.send(action="new", new="credit", credit="clock")
        if person.app.context.state.clock.total_ms(instant()):
            others = await person.app.context.send(action="view", view="credit", credit="clocks")
            newest = max(clock["id"] for clock in others["clocks"])
            await person.app.context.send(action="switch", switch="credit", credit="clock", clock_id=newest)
        instant.pass_by(minutes=6)
        await person.app.context.store.refresh()
        await person.wait_until(lambda: "■ Out of time: Clock 1" in person.toasts)
        assert person.toasts.count("Out of time") == 1
