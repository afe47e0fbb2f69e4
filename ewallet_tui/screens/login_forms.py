"""The sheets on which a person says who they are, and what they have in common with a new password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ewallet_core.instructions import fields
from ewallet_tui.widgets.form import FormPlan, Values
from ewallet_tui.widgets.form_field import Field

AGAIN = "password_again"
PASSWORD_RULE = f"A password has at least {fields.SHORTEST_PASSWORD} characters."
NO_WAY_BACK = "A forgotten password can't be recovered: nobody but you keeps it."

NAME = Field("user_name", "Name", fields.UserName, rule="A name has 1 to 64 characters, without @.")
PASSWORD = Field("user_pass", "Password", fields.PasswordAttempt)
NEW_PASSWORD = Field("user_pass", "Password", fields.Password, rule=PASSWORD_RULE)
OWN_PASSWORD = Field("new_pass", "New password", fields.Password, rule=PASSWORD_RULE)
PASSWORD_AGAIN = Field(AGAIN, "Once more", fields.PasswordAttempt)
EMAIL = Field("user_email", "Email", fields.Email, rule="An email looks like ada@example.org.")

WHOSE = Field("user_name", "Name or email", fields.NameOrEmail)

LOG_IN = FormPlan("Log in", "Log in", (WHOSE, PASSWORD), leave="New account")


def login_for(names: Sequence[str]) -> FormPlan:
    """The sheet to log in with, for those who did so here before: the first is taken to be here again."""
    if not names:
        return LOG_IN
    whose = replace(WHOSE, initial=names[0], suggestions=tuple(names))
    return replace(LOG_IN, fields=(whose, PASSWORD))


def credentials(values: Values) -> dict[str, Any]:
    """What a login is asked with: no name has an @, and every email has one."""
    whose = str(values["user_name"])
    return {"user_email" if "@" in whose else "user_name": whose, "user_pass": values["user_pass"]}


def passwords_differ(values: Values) -> Mapping[str, str]:
    """The objection to a new password that isn't the same both times."""
    if AGAIN in values and values[AGAIN] != values.get("new_pass", values.get("user_pass")):
        return {AGAIN: "The passwords differ."}
    return {}


NEEDS_AN_OWN_ONE = "new_password_needed"
REPLACEMENT = FormPlan(
    "Choose a password",
    "Log in",
    (OWN_PASSWORD, PASSWORD_AGAIN),
    note=f"That password was for one login. {PASSWORD_RULE}",
    objections=passwords_differ,
    leave="Back",
)


def registration(*, keeps_passwords_alone: bool) -> FormPlan:
    """The sheet for a new account, with what should be known before a password is chosen."""
    note = f"{PASSWORD_RULE} {NO_WAY_BACK}" if keeps_passwords_alone else PASSWORD_RULE
    return FormPlan(
        "New account",
        "Create account",
        (NAME, EMAIL, NEW_PASSWORD, PASSWORD_AGAIN),
        note=note,
        objections=passwords_differ,
        leave="Back",
    )
