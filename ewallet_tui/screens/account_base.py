"""What the parts of the account's place have in common: everything that is done with the account."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual import work
from textual.binding import Binding, BindingType

from ewallet_tui.navigation import AUDITOR
from ewallet_tui.screens import account_forms as forms
from ewallet_tui.screens.account_forms import (
    AGAIN,
    CHANGE_PASSWORD,
    DELETE,
    LOG_IN_TO_ANOTHER,
    REPORT_ISSUE,
    SET_LIMIT,
    TYPED_NAME,
    credentials,
    deletion_form,
    go_on_without,
)
from ewallet_tui.screens.login_forms import log_in_or_recover
from ewallet_tui.screens.tabbed import TabbedScreen, keys_of_parts
from ewallet_tui.widgets.form_spec import Answer
from ewallet_tui.widgets.result_line import ResultLine
from ewallet_tui.widgets.tabs import Part

if TYPE_CHECKING:
    from ewallet_core.protocol.address import ServerAddress


PARTS = (Part("account", "Account", "A"), Part("sessions", "Sessions and logins", "S"))
LOG_OUT, LOCK_NOW = "Log out", "Lock now"
NOT_AUDITORS = frozenset({"edit_limit", "delete"})
"""What is not for auditors, who change nothing."""
ACCOUNT_KEYS: tuple[BindingType, ...] = (
    Binding("e", "edit", "Edit", id="edit"),
    Binding("p", "change_password", CHANGE_PASSWORD, id="change_password"),
    Binding("m", "edit_limit", SET_LIMIT, tooltip="Set the daily limit", id="edit_limit"),
    Binding("o", "log_out", LOG_OUT, id="log_out"),
    Binding("n", "log_in_another", LOG_IN_TO_ANOTHER, id="log_in_another"),
    Binding("i", "report_issue", REPORT_ISSUE, show=False, id="report_issue"),
    Binding("L", "app.lock", LOCK_NOW, show=False, key_display="L", id="lock"),
    Binding("D", "delete", DELETE, show=False, key_display="D", id="delete"),
    *keys_of_parts(PARTS),
)
"""What is done with the account, from its own part."""


def who_reads(server: ServerAddress | None) -> str:
    """Where an issue goes that is reported at that server, or on this machine."""
    if server is None:
        return "It is kept in this wallet's issue reports."
    return "The operators of this server read it."


class AccountPart(TabbedScreen):
    """A part of the account's place."""

    MODE = "account"
    PARTS = PARTS

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what auditors can't do."""
        state = self.context.state
        if action in NOT_AUDITORS and (state is None or state.account.role == AUDITOR):
            return None
        return super().check_action(action, parameters)

    def action_edit(self) -> None:
        """Change what is known of the account."""
        if (state := self.context.state) is not None:
            plan = forms.edit_plan(state.account)
            self.fill_in(plan, lambda _: "Saved.", only_changed=True, action="edit", edit="account")

    def action_change_password(self) -> None:
        """Change the password, with the old one."""
        self.ask_with(forms.NEW_PASSWORD_PLAN, self._change_password, self._say_changed)

    def action_log_in_another(self) -> None:
        """Log in to another account as well."""
        self.ask_with(forms.ANOTHER, self._log_in)

    def action_log_out(self) -> None:
        """Log out of this account; the next of this session, if there is one, goes on."""
        self.context.lifecycle.log_out()

    @work
    async def action_edit_limit(self) -> None:
        """Set how much may leave within 24 hours, or lift that."""
        view = await self.context.act(action="view", view="limit")
        if view["failed"]:
            return
        most = view["daily_limit"]

        async def send(values: dict[str, Any]) -> Answer:
            arguments = forms.limit_arguments(most, values)
            return await self.context.send(action="edit", edit="limit", **arguments)

        self.ask_with(forms.limit_plan(most), send)

    def action_report_issue(self) -> None:
        """Tell the operators what is wrong."""
        if (state := self.context.state) is None:
            return

        async def send(values: dict[str, Any]) -> Answer:
            return await self.context.send(action="report", report="issue", issue=forms.issue_of(values))

        def say(answer: Answer | None) -> None:
            if answer is not None:
                self.query_one(ResultLine).say(forms.reported(answer))

        self.ask_with(
            forms.report_plan(state.account.email, who_reads(self.context.connecting.server)), send, say
        )

    def action_delete(self) -> None:
        """Have the account deleted in 30 days, with its name typed out and the password."""
        if (state := self.context.state) is not None:
            others = [email for email in state.accounts if email != state.account.email]
            plan = deletion_form(state.account, self.today())
            self.ask_with(plan, self._delete, partial(self._go_on, others))

    async def _change_password(self, values: dict[str, Any]) -> Answer:
        kept = {name: value for name, value in values.items() if name != AGAIN}
        return await self.context.send(action="edit", edit="account", **kept)

    def _say_changed(self, answer: Answer | None) -> None:
        if answer is not None:
            self.query_one(ResultLine).say("The password is changed. Every other session has ended.")

    async def _log_in(self, values: dict[str, Any]) -> Answer:
        context = self.context
        answer = await log_in_or_recover(self.app, context, **credentials(values))
        if not answer["failed"]:
            context.settings.keep(
                context.preferences.with_account_used(values["user_name"], context.connecting.server)
            )
        return answer

    async def _delete(self, values: dict[str, Any]) -> Answer:
        kept = {name: value for name, value in values.items() if name != TYPED_NAME}
        return await self.context.send(action="unlink", unlink="account", **kept)

    def _go_on(self, others: list[str], answer: Answer | None) -> None:
        # This screen may be among those removed, and must not wait for its own end.
        if answer is not None:
            self.app.run_worker(go_on_without(self.context, answer, others), group="account")
