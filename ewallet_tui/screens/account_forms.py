"""The forms of an account: its facts, its password, its daily limit, another login, and a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ewallet_core.instructions import fields
from ewallet_core.instructions.fields import IssueDetails, IssueName
from ewallet_tui.picture import Account
from ewallet_tui.screens.login_forms import (
    EMAIL,
    LOG_IN,
    NAME,
    NEW_PASSWORD,
    PASSWORD_AGAIN,
    PASSWORD_RULE,
    passwords_differ,
)
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.form_plan import Answer, FormPlan, Values
from ewallet_tui.words import credit_amount

CHANGE_PASSWORD, SET_LIMIT = "Change password", "Set limit"
LOG_IN_TO_ANOTHER, REPORT_ISSUE = "Log in to another", "Report an issue"
"""What is done with an account: the same words on its key, its button and its form."""
NEW_PASSWORD_PLAN = FormPlan(
    CHANGE_PASSWORD,
    "Change",
    (
        Field("old_pass", "Password now", fields.PasswordAttempt),
        replace(NEW_PASSWORD, label="New password"),
        PASSWORD_AGAIN,
    ),
    note=PASSWORD_RULE,
    objections=passwords_differ,
)
ANOTHER = FormPlan(
    LOG_IN_TO_ANOTHER, "Log in", LOG_IN.fields, note="Both stay logged in, and you can switch."
)


def edit_plan(account: Account) -> FormPlan:
    """The form that changes what is known of `account`."""
    return FormPlan(
        "Edit account",
        "Save",
        (
            replace(NAME, initial=account.name),
            replace(EMAIL, initial=account.email),
            Field("user_phone", "Phone", fields.Phone, initial=account.phone, optional=True),
            Field("user_alias", "Alias", fields.Alias, initial=account.alias, optional=True),
        ),
    )


def limit_plan(most: int | None) -> FormPlan:
    """The form for another daily limit than `most`; `None`: there is none."""

    def objections(values: Values) -> Mapping[str, str]:
        if is_raised(most, values) and "user_pass" not in values:
            return {"user_pass": "To let more leave takes your password."}
        return {}

    return FormPlan(
        SET_LIMIT,
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
        objections=objections,
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


def report_plan(email: str, who_reads: str) -> FormPlan:
    """The form for an issue, answered by `email` or another; `who_reads` it is said in a sentence."""
    return FormPlan(
        REPORT_ISSUE,
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
