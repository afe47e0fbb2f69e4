"""Leaving for good: the form that has an account deleted, and where its owner is afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ewallet_core.instructions import fields
from ewallet_tui.picture import Account
from ewallet_tui.screens.login_forms import PASSWORD
from ewallet_tui.text import one_line
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.form_plan import Answer, FormPlan, Values
from ewallet_tui.words import full_day, parse_timestamp

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

DAYS_TO_RECOVER = 30
TYPED_NAME = "typed_name"
DELETE = "Delete this account"


def leaving_plan(account: Account, now: datetime) -> FormPlan:
    """The form that takes the name, typed out, and the password."""
    last_day = full_day(now + timedelta(days=DAYS_TO_RECOVER))

    def objections(values: Values) -> Mapping[str, str]:
        if values.get(TYPED_NAME, account.name) != account.name:
            return {TYPED_NAME: f"The name of this account is {one_line(account.name)}."}
        return {}

    return FormPlan(
        DELETE,
        "Delete it",
        (
            Field(
                TYPED_NAME, "Its name", fields.UserName, placeholder=f"{one_line(account.name)}, typed out"
            ),
            PASSWORD,
        ),
        note="You are logged out everywhere at once, and running timers stop."
        f" It is erased for good after {DAYS_TO_RECOVER} days, on {last_day}, with all that is in it."
        " Until then you can recover it by logging in.",
        objections=objections,
        leave="Keep it",
    )


async def go_on_without(app: EWalletApp, answer: Answer, others: Sequence[str]) -> None:
    """Go on as another account of this session, or to the login, and say until when there is a way back."""
    if others:
        await app.act(action="switch", switch="account", account=others[0])
    else:
        await app.leave()
    last_day = full_day(parse_timestamp(answer["to_unlink_timestamp"]))
    app.say(f"Log in by {last_day} to recover it.", title=f"{one_line(answer['account'])} is to be erased.")
