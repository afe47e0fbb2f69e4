"""The forms of an account: login, registration, its data, its password, its daily limit, and its deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ewallet_core.instructions import fields
from ewallet_core.instructions.fields import IssueDetails, IssueName
from ewallet_core.presentation.formatting import credit_amount, full_day, one_line
from ewallet_tui.actions import CHANGE_PASSWORD, DELETE_ACCOUNT, EDIT_LIMIT, LOG_IN_ANOTHER, REPORT_ISSUE
from ewallet_tui.state import AccountInfo
from ewallet_tui.widgets.form import Answer, FormSpec, Values
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

LOG_IN = FormSpec("Log in", "Log in", (WHOSE, PASSWORD), leave="New account")


def login_for(names: Sequence[str]) -> FormSpec:
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
REPLACEMENT = FormSpec(
    "Choose a password",
    "Log in",
    (OWN_PASSWORD, PASSWORD_AGAIN),
    note=f"That password was for one login. {PASSWORD_RULE}",
    validate=passwords_differ,
    leave="Back",
)


def registration(*, keeps_passwords_alone: bool) -> FormSpec:
    """The sheet for a new account, with what should be known before a password is chosen."""
    note = f"{PASSWORD_RULE} {NO_WAY_BACK}" if keeps_passwords_alone else PASSWORD_RULE
    return FormSpec(
        "New account",
        "Create account",
        (NAME, EMAIL, NEW_PASSWORD, PASSWORD_AGAIN),
        note=note,
        validate=passwords_differ,
        leave="Back",
    )


NEW_PASSWORD_PLAN = FormSpec(
    CHANGE_PASSWORD.label,
    "Change",
    (
        Field("old_pass", "Password now", fields.PasswordAttempt),
        replace(NEW_PASSWORD, label="New password"),
        PASSWORD_AGAIN,
    ),
    note=PASSWORD_RULE,
    validate=passwords_differ,
)
ANOTHER = FormSpec(
    LOG_IN_ANOTHER.label, "Log in", LOG_IN.fields, note="Both stay logged in, and you can switch."
)


def edit_plan(account: AccountInfo) -> FormSpec:
    """The form that changes what is known of `account`."""
    return FormSpec(
        "Edit account",
        "Save",
        (
            replace(NAME, initial=account.name),
            replace(EMAIL, initial=account.email),
            Field("user_phone", "Phone", fields.Phone, initial=account.phone, optional=True),
            Field("user_alias", "Alias", fields.Alias, initial=account.alias, optional=True),
        ),
    )


def limit_plan(most: int | None) -> FormSpec:
    """The form for another daily limit than `most`; `None`: there is none."""

    def validate(values: Values) -> Mapping[str, str]:
        if is_raised(most, values) and "user_pass" not in values:
            return {"user_pass": "To let more leave takes your password."}
        return {}

    return FormSpec(
        EDIT_LIMIT.label,
        "Set",
        (
            Field(
                "daily_limit",
                "Credits",
                fields.DailyLimit,
                initial="" if most is None else str(most),
                placeholder="none",
                optional=True,
            ),
            Field("user_pass", "Password", fields.PasswordAttempt, optional=True),
        ),
        note="At most so many credits leave for others within 24 hours. Left empty, there is no limit."
        " Letting more leave than now takes your password.",
        preview=_limit_preview,
        validate=validate,
    )


def limit_arguments(most: int | None, values: Values) -> dict[str, Any]:
    """What the values of the form change about a limit of `most`."""
    wanted = values.get("daily_limit", "")
    changed = {"no_limit": True} if wanted == "" else {"daily_limit": wanted}
    # A password that isn't needed is not asked about.
    return {**changed, "user_pass": values["user_pass"]} if is_raised(most, values) else changed


def is_raised(most: int | None, values: Values) -> bool:
    """Whether more than `most` could leave, by the values of the form."""
    wanted = values.get("daily_limit", "")
    return most is not None and (wanted == "" or wanted > most)


def _limit_preview(values: Values) -> str:
    wanted = values.get("daily_limit", "")
    if wanted == "":
        return "All that is there may leave at once."
    return f"At most {credit_amount(wanted)} may leave within 24 hours." if wanted else "Nothing may leave."


def report_plan(email: str, who_reads: str) -> FormSpec:
    """The form for an issue, answered by `email` or another; `who_reads` it is said in a sentence."""
    return FormSpec(
        REPORT_ISSUE.label,
        "Report",
        (
            Field(
                "name", "What is wrong", IssueName, placeholder="in a few words", rule="Say it in one line."
            ),
            Field("details", "Details", IssueDetails, placeholder="what you did, what came", optional=True),
            Field("email", "Answer to", fields.Email, placeholder=email, optional=True, rule=EMAIL.rule),
        ),
        note=f"{who_reads} Write no password in it.",
    )


def issue_of(values: Values) -> dict[str, Any]:
    """The report that the values of the form make."""
    return {"details": "", **values}


def reported(answer: Answer) -> str:
    """What came of it: `Reported as ISSUE-000001.`"""
    return f"Reported as {answer['issue']}. The answer goes to {answer['contact']}."


DAYS_TO_RECOVER = 30
TYPED_NAME = "typed_name"


def deletion_form(account: AccountInfo, now: datetime) -> FormSpec:
    """The form that takes the name, typed out, and the password."""
    last_day = full_day(now + timedelta(days=DAYS_TO_RECOVER))

    def validate(values: Values) -> Mapping[str, str]:
        if values.get(TYPED_NAME, account.name) != account.name:
            return {TYPED_NAME: f"The name of this account is {one_line(account.name)}."}
        return {}

    return FormSpec(
        DELETE_ACCOUNT.label,
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
        validate=validate,
        leave="Keep it",
    )
