"""The form that asks from when until when records are to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ewallet_core.instructions import fields
from ewallet_tui.periods import Period, read_period
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.form_plan import FormPlan, Values

SUGGESTIONS = (
    "today",
    "this week",
    "this month",
    "this year",
    "yesterday",
    "last week",
    "last month",
    "last year",
    "last 30 days",
    "all the time",
)
NOTE = "Such as today, last month, 2026-11, or 3 Nov to 9 Nov.\nNothing means all the time."


def period_plan(today: date, period: Period | None = None) -> FormPlan:
    """A time as people write it, beginning with the one that is shown now."""

    def preview(values: Values) -> str:
        return "" if objections(values) else f"Shows {chosen_period(values, today).words}."

    def objections(values: Values) -> Mapping[str, str]:
        try:
            chosen_period(values, today)
        except ValueError as problem:
            return {"period": str(problem)}
        return {}

    initial = period.words if period else ""
    field = Field(
        "period",
        "Time",
        fields.SearchText,
        initial,
        "such as last month",
        optional=True,
        suggestions=SUGGESTIONS,
    )
    return FormPlan("Period", "Show", (field,), note=NOTE, preview=preview, objections=objections)


def chosen_period(values: Values, today: date) -> Period:
    """The time that was typed; raises `ValueError` with words for the person."""
    return read_period(values.get("period", ""), today)
