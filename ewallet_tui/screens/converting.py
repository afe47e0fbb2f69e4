"""What home, wallet and clock have in common: credits come, become time, and become credits again."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding, BindingType

from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.wallet_forms import (
    credits_plan,
    credits_result,
    supply_plan,
    supply_result,
    time_plan,
    time_result,
)

Record = dict[str, Any]

SUPPLY = Binding("u", "supply", "Supply", tooltip="Supply credits", id="supply")
TO_TIME = Binding("c", "convert_to_time", "To time", tooltip="Convert credits to time", id="convert_to_time")
TO_CREDITS = Binding(
    "b", "convert_to_credits", "To credits", tooltip="Convert time back to credits", id="convert_to_credits"
)
CONVERSIONS: tuple[BindingType, ...] = (TO_TIME, TO_CREDITS)
"""The keys of what these screens have in common, which each puts after its own."""


class ConvertingScreen(BaseScreen):
    """A screen on which credits come, and are turned into time and back."""

    def can(self, action: str) -> bool:
        """Whether one of the screen's actions can be carried out as things stand."""
        if action == "supply":
            return self.may_supply()
        if action == "convert_to_time":
            return self.balance() > 0
        if action == "convert_to_credits":
            return self.left_ms() > 0
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the keys of what can't be done now."""
        return super().check_action(action, parameters) if self.can(action) else None

    def left_ms(self) -> int:
        """The time that is not used yet, at this very instant."""
        state = self.context.state
        return state.clock.left_ms(self.context.now()) if state else 0

    def may_supply(self) -> bool:
        """Whether credits can be had by supplying oneself, as far as is known."""
        state = self.context.state
        return state is None or state.may_supply

    def balance(self) -> int:
        """The credits in the active wallet."""
        state = self.context.state
        return state.wallet.credits if state else 0

    def action_supply(self) -> None:
        """Ask how many credits should come, and for what."""
        self.fill_in(
            supply_plan(self.balance()), supply_result, writes="transfer", action="supply", supply="credits"
        )

    def action_convert_to_time(self) -> None:
        """Ask how many credits should become time."""
        if state := self.context.state:
            rate = state.clock.milliseconds_per_credit
            plan = time_plan(self.balance(), rate)
            self.fill_in(
                plan, time_result(rate), writes="conversion", action="convert", convert="credits2clock"
            )

    def action_convert_to_credits(self) -> None:
        """Ask how much time should become credits."""
        if state := self.context.state:
            plan = credits_plan(self.left_ms, state.clock.milliseconds_per_credit)
            self.fill_in(plan, credits_result, writes="conversion", action="convert", convert="clock2credits")

    async def newest(self, kind: str, most: int) -> list[Record]:
        """The newest records of the active sheet of that kind."""
        answer = await self.context.act(action="view", view=kind, limit=most, **{kind: "list"})
        return [] if answer["failed"] else answer["sheet_data"]["rows"]
