"""Forms for the account: login, registration, its data, password, daily limit and deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ewallet_core.instructions import fields
from ewallet_core.instructions.fields import IssueDetails, IssueName
from ewallet_core.presentation.formatting import count, credit_amount, full_day, one_line
from ewallet_core.spelling import email_key
from ewallet_tui.actions import CHANGE_PASSWORD, DELETE_ACCOUNT, EDIT_LIMIT, LOG_IN_ANOTHER, REPORT_ISSUE
from ewallet_tui.balances import HeldWallet, listed, total_words
from ewallet_tui.state import AccountInfo
from ewallet_tui.widgets.form import Answer, FormSpec, Values
from ewallet_tui.widgets.form_field import Field

AGAIN = "password_again"
PASSWORD_RULE = f"A password has at least {fields.SHORTEST_PASSWORD} characters."
NO_WAY_BACK = "A forgotten password can't be recovered: only you know it."

NAME = Field("user_name", "Name", fields.UserName, rule="A name has 1 to 64 characters, without @.")
PASSWORD = Field("user_pass", "Password", fields.PasswordAttempt)
NEW_PASSWORD = Field("user_pass", "Password", fields.Password, rule=PASSWORD_RULE)
OWN_PASSWORD = Field("new_pass", "New password", fields.Password, rule=PASSWORD_RULE)
PASSWORD_AGAIN = Field(AGAIN, "Repeat password", fields.PasswordAttempt)
EMAIL = Field("user_email", "Email", fields.Email, rule="An email looks like ada@example.org.")

WHOSE = Field("user_name", "Name or email", fields.NameOrEmail)

LOG_IN = FormSpec("Log in", "Log in", (WHOSE, PASSWORD), leave="New account")


def login_for(names: Sequence[str]) -> FormSpec:
    """The login form with the names used here before as suggestions; the first one is filled in."""
    if not names:
        return LOG_IN
    whose = replace(WHOSE, initial=names[0], suggestions=tuple(names))
    return replace(LOG_IN, fields=(whose, PASSWORD))


def credentials(values: Values) -> dict[str, Any]:
    """The login arguments: a name has no @, an email always has one."""
    whose = str(values["user_name"])
    return {"user_email" if "@" in whose else "user_name": whose, "user_pass": values["user_pass"]}


def passwords_differ(values: Values) -> Mapping[str, str]:
    """The field error if the two new passwords are not the same."""
    if AGAIN in values and values[AGAIN] != values.get("new_pass", values.get("user_pass")):
        return {AGAIN: "The passwords don't match."}
    return {}


NEEDS_AN_OWN_ONE = "new_password_needed"
REPLACEMENT = FormSpec(
    "Choose a password",
    "Log in",
    (OWN_PASSWORD, PASSWORD_AGAIN),
    note=f"That password worked for one login only. {PASSWORD_RULE}",
    validate=passwords_differ,
    leave="Back",
)


def registration(*, keeps_passwords_alone: bool) -> FormSpec:
    note = f"{PASSWORD_RULE} {NO_WAY_BACK}" if keeps_passwords_alone else PASSWORD_RULE
    return FormSpec(
        "New account",
        "Create account",
        (NAME, EMAIL, NEW_PASSWORD, PASSWORD_AGAIN),
        note=note,
        validate=passwords_differ,
        leave="Back",
    )


def new_password_form(addresses: Sequence[str]) -> FormSpec:
    """The form to change the password; `addresses` are those of the other sessions, which end."""
    ends = (
        f" This ends your {count(len(addresses), 'other session')}: {listed(addresses)}." if addresses else ""
    )
    return FormSpec(
        CHANGE_PASSWORD.label,
        "Change",
        (
            Field("old_pass", "Current password", fields.PasswordAttempt),
            replace(NEW_PASSWORD, label="New password"),
            PASSWORD_AGAIN,
        ),
        note=f"{PASSWORD_RULE}{ends}",
        validate=passwords_differ,
    )


ANOTHER = FormSpec(
    LOG_IN_ANOTHER.label, "Log in", LOG_IN.fields, note="Both accounts stay logged in, and you can switch."
)


EMAIL_OF_ANOTHER = "An older account has this email in another spelling. Enter another email."


def edit_form(account: AccountInfo) -> FormSpec:
    def validate(values: Values) -> Mapping[str, str]:
        is_same = email_key(values.get("user_email", "")) == email_key(account.email)
        return {"user_email": EMAIL_OF_ANOTHER} if account.must_change_email and is_same else {}

    return FormSpec(
        "Edit account",
        "Save",
        (
            replace(NAME, initial=account.name),
            replace(EMAIL, initial=account.email),
            Field("user_phone", "Phone", fields.Phone, initial=account.phone, optional=True),
            Field("user_alias", "Alias", fields.Alias, initial=account.alias, optional=True),
        ),
        note=EMAIL_OF_ANOTHER if account.must_change_email else "",
        validate=validate,
    )


def limit_form(most: int | None) -> FormSpec:
    """The form for the daily limit; `most` is the current one, `None` for no limit."""

    def validate(values: Values) -> Mapping[str, str]:
        if is_raised(most, values) and "user_pass" not in values:
            return {"user_pass": "To raise the limit, enter your password."}
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
        note="The most credits you can send to others within 24 hours. Leave empty for no limit."
        " To raise the limit, enter your password.",
        preview=_limit_preview,
        validate=validate,
    )


def limit_arguments(most: int | None, values: Values) -> dict[str, Any]:
    wanted = values.get("daily_limit", "")
    changed = {"no_limit": True} if wanted == "" else {"daily_limit": wanted}
    # Lowering the limit needs no password.
    return {**changed, "user_pass": values["user_pass"]} if is_raised(most, values) else changed


def is_raised(most: int | None, values: Values) -> bool:
    """Whether the values allow more spending than the limit `most`."""
    wanted = values.get("daily_limit", "")
    return most is not None and (wanted == "" or wanted > most)


def _limit_preview(values: Values) -> str:
    wanted = values.get("daily_limit", "")
    if wanted == "":
        return "You can spend everything at once."
    return (
        f"You can send at most {credit_amount(wanted)} within 24 hours."
        if wanted
        else "You can't send credits."
    )


def report_form(email: str, who_reads: str) -> FormSpec:
    """The form for an issue report; `email` is used if the user enters none."""
    return FormSpec(
        REPORT_ISSUE.label,
        "Report",
        (
            Field(
                "name", "What is wrong", IssueName, placeholder="in a few words", rule="Say it in one line."
            ),
            Field(
                "details", "Details", IssueDetails, placeholder="what you did, what happened", optional=True
            ),
            Field("email", "Answer to", fields.Email, placeholder=email, optional=True, rule=EMAIL.rule),
        ),
        note=f"{who_reads} Don't include passwords.",
    )


def reported(answer: Answer) -> str:
    """The result line: `Reported as ISSUE-000001.`"""
    return f"Reported as {answer['issue']}. You will be answered at {answer['contact']}."


DAYS_TO_RECOVER = 30
TYPED_NAME = "typed_name"


def deletion_form(account: AccountInfo, wallets: Sequence[HeldWallet], now: datetime) -> FormSpec:
    """The form to delete the account, which says what each wallet and clock still holds."""
    last_day = full_day(now + timedelta(days=DAYS_TO_RECOVER))

    def validate(values: Values) -> Mapping[str, str]:
        if values.get(TYPED_NAME, account.name) != account.name:
            return {TYPED_NAME: f"The name of this account is {one_line(account.name)}."}
        return {}

    return FormSpec(
        DELETE_ACCOUNT.label,
        "Delete",
        (
            Field(
                TYPED_NAME,
                "Confirm",
                fields.UserName,
                placeholder=f"Type {one_line(account.name)} to confirm",
            ),
            PASSWORD,
        ),
        note="\n".join(
            [
                "You are logged out everywhere at once, and your timers stop. On"
                f" {last_day}, after {DAYS_TO_RECOVER} days, the account is erased for good, with its sheets,"
                " its contacts and:",
                *_held_lines(wallets),
                "Log in before then to recover it.",
            ]
        ),
        validate=validate,
        leave="Keep it",
    )


MOST_WALLETS = 6
"""How many wallets the deletion form lists; of the rest, it says what they hold together."""


def _held_lines(wallets: Sequence[HeldWallet]) -> list[str]:
    """A line for each wallet: `Main: 70 credits; Clock 1 12:30, running`."""
    shown, rest = wallets[:MOST_WALLETS], wallets[MOST_WALLETS:]
    more = f"  {count(len(rest), 'more wallet')}: {total_words(rest) or credit_amount(0)}" if rest else ""
    return [*(f"  {wallet.words}" for wallet in shown), *([more] if more else [])]
