"""Actions on the account: its data, password and daily limit; log in and out; report an issue; delete it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import work

from ewallet_core.presentation.formatting import full_day, one_line, parse_timestamp
from ewallet_tui import actions
from ewallet_tui.actions import Action
from ewallet_tui.balances import read_balances
from ewallet_tui.config.settings import STOP
from ewallet_tui.keyboard import OPENING
from ewallet_tui.screens import account_forms as forms
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.login_forms import log_in_or_recover
from ewallet_tui.screens.overlays import AFTER_LOGOUT, timer_confirmation
from ewallet_tui.widgets.footer import ResultLine

if TYPE_CHECKING:
    from ewallet_core.protocol.address import Servers
    from ewallet_tui.context import AppContext
    from ewallet_tui.widgets.form import Answer


def who_reads(server: Servers | None) -> str:
    if server is None:
        return "It is saved in this wallet's issue reports."
    return "The operators of this server will read it."


def edit(screen: BaseScreen) -> None:
    if (state := screen.context.state) is not None:
        spec = forms.edit_form(state.account)
        screen.fill_in(spec, lambda _: "Saved.", only_changed=True, action="edit", edit="account")


@work(group=OPENING)
async def change_password(screen: BaseScreen) -> None:
    view = await screen.context.act(action="view", view="sessions")
    if view["failed"]:
        return
    others = [session for session in view["sessions"] if not session["is_this"]]

    async def send(values: dict[str, Any]) -> Answer:
        kept = {name: value for name, value in values.items() if name != forms.AGAIN}
        return await screen.context.send(action="edit", edit="account", **kept)

    def say(answer: Answer | None) -> None:
        if answer is not None:
            screen.query_one(ResultLine).say("Password changed. All your other sessions have ended.")

    screen.ask_with(forms.new_password_form([session["address"] for session in others]), send, say)


@work(group=OPENING)
async def edit_limit(screen: BaseScreen) -> None:
    view = await screen.context.act(action="view", view="limit")
    if view["failed"]:
        return
    most = view["daily_limit"]

    async def send(values: dict[str, Any]) -> Answer:
        return await screen.context.send(action="edit", edit="limit", **forms.limit_arguments(most, values))

    screen.ask_with(forms.limit_form(most), send)


@work
async def log_out(screen: BaseScreen) -> None:
    """Log out of this account; the session goes on with the next one. Asks about begun timers first."""
    context = screen.context
    if (state := context.state) is None or screen.app.screen is not screen:
        return
    now = context.now()
    if state.begun(now):
        question = timer_confirmation(
            state, now, may_stop=True, title=actions.LOG_OUT.label, when=AFTER_LOGOUT
        )
        choice = await screen.app.push_screen_wait(question)
        if choice is None:
            return
        if choice == STOP and (await context.act(action="stop", stop="clock_timer"))["failed"]:
            return
    context.lifecycle.log_out()


def log_in_another(screen: BaseScreen) -> None:
    async def send(values: dict[str, Any]) -> Answer:
        context = screen.context
        answer = await log_in_or_recover(screen.app, context, **forms.credentials(values))
        if not answer["failed"]:
            preferences, server = context.preferences, context.connecting.server
            context.settings.keep(preferences.with_account_used(values["user_name"], server))
        return answer

    screen.ask_with(forms.ANOTHER, send)


def report_issue(screen: BaseScreen) -> None:
    context = screen.context
    if context.state is None:
        return

    async def send(values: dict[str, Any]) -> Answer:
        return await context.send(action="report", report="issue", issue={"details": "", **values})

    def say(answer: Answer | None) -> None:
        if answer is not None:
            screen.query_one(ResultLine).say(forms.reported(answer))

    spec = forms.report_form(context.state.account.email, who_reads(context.connecting.server))
    screen.ask_with(spec, send, say)


@work(group=OPENING)
async def delete(screen: BaseScreen) -> None:
    """Ask for the name and the password, then schedule the deletion in 30 days."""
    context = screen.context
    wallets = await read_balances(context.act)
    if wallets is None or (state := context.state) is None:
        return
    others = [email for email in state.accounts if email != state.account.email]

    async def send(values: dict[str, Any]) -> Answer:
        kept = {name: value for name, value in values.items() if name != forms.TYPED_NAME}
        return await context.send(action="unlink", unlink="account", **kept)

    def go_on(answer: Answer | None) -> None:
        # This screen may be among those removed, and must not wait for its own end.
        if answer is not None:
            context.workers.run(partial(_go_on_without, context, answer, others), "account")

    screen.ask_with(forms.deletion_form(state.account, wallets, screen.today()), send, go_on)


async def _go_on_without(context: AppContext, answer: Answer, others: list[str]) -> None:
    """Switch to another account of this session, or log out; say until when this one can be recovered."""
    if others:
        await context.act(action="switch", switch="account", account=others[0])
    else:
        await context.lifecycle.leave()
    last_day = full_day(parse_timestamp(answer["to_unlink_timestamp"]))
    title = f"{one_line(answer['account'])} will be erased."
    context.notify(f"Log in by {last_day} to recover it.", title=title)


ACCOUNT_ACTIONS: Mapping[Action, Callable[[Any], object]] = {
    actions.EDIT_ACCOUNT: edit,
    actions.CHANGE_PASSWORD: change_password,
    actions.EDIT_LIMIT: edit_limit,
    actions.LOG_OUT: log_out,
    actions.LOG_IN_ANOTHER: log_in_another,
    actions.REPORT_ISSUE: report_issue,
    actions.DELETE_ACCOUNT: delete,
}
