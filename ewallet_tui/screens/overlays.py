"""Short-lived modal screens: jump letters, keys, the list of screens, and the question before quitting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.errors import NoWidget
from textual.events import Click, Key
from textual.geometry import NULL_REGION, Offset, Region
from textual.keys import format_key
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from ewallet_core.presentation.clock_state import BEGUN, ClockState, TimerState
from ewallet_core.presentation.formatting import countdown, one_line
from ewallet_tui.actions import DONE_EVERYWHERE, PALETTE
from ewallet_tui.actions import EVERYWHERE as ACTIONS_EVERYWHERE
from ewallet_tui.balances import listed
from ewallet_tui.config.settings import LEAVE, STOP
from ewallet_tui.navigation import Destination
from ewallet_tui.screens.modal import Choice, ChoiceModal, ConfirmModal, Modal, titled
from ewallet_tui.state import CLOCK, WALLET, AccountState
from ewallet_tui.status import timer_text
from ewallet_tui.widgets.footer import LAST
from ewallet_tui.widgets.inputs import PlainInput
from ewallet_tui.widgets.tabs import PartTab, ScreenTab
from ewallet_tui.word_search import score

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext

LETTERS = "asdfghjklqwertyuiopzxcvbnm1234567890"


def targets_on(screen: Screen[Any]) -> list[tuple[Offset, Widget]]:
    """Widgets that can be focused or pressed, with their positions, from top left to bottom right."""
    regions = [(_region(screen, widget), widget) for widget in screen.query("*") if _is_target(widget)]
    found = [(region.offset, widget) for region, widget in regions if region]
    return sorted(found, key=lambda each: (each[0].y, each[0].x))


def _region(screen: Screen[Any], widget: Widget) -> Region:
    try:
        return screen.find_widget(widget).visible_region
    except NoWidget:
        return NULL_REGION


def _is_target(widget: Widget) -> bool:
    if not widget.display or widget.disabled:
        return False
    return widget.focusable or isinstance(widget, ScreenTab | PartTab)


class Jump(Modal[None]):
    """Letters over the screen; pressing one focuses or presses its widget."""

    DEFAULT_CSS = """
    Jump {
        background: transparent;
        Static {
            position: absolute; width: 1; height: 1;
            background: $warning; color: $background; text-style: bold;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back")]

    def __init__(self, beneath: Screen[Any]) -> None:
        super().__init__()
        self._targets = dict(zip(LETTERS, targets_on(beneath), strict=False))

    def compose(self) -> ComposeResult:
        for letter, (place, _) in self._targets.items():
            label = Static(letter, markup=False)
            label.styles.offset = place
            yield label

    def on_key(self, event: Key) -> None:
        event.stop()
        self.dismiss()
        if (target := self._targets.get(event.character or "")) is not None:
            self.call_later(_take, target[1])

    def on_click(self, event: Click) -> None:
        event.stop()
        self.dismiss()


def _take(target: Widget) -> None:
    if isinstance(target, ScreenTab | PartTab):
        target.choose()
    else:
        target.focus()
        if isinstance(target, Button):
            target.press()


SCROLLING = "scroll"
MOVING, EVERYWHERE, LAST_OF_ALL = 2, 3, 4
KEYS_WIDTH = 16
NO_KEY, ALL_COMMANDS = "No key here does that.", "Press esc, then {}, to search all commands."


class HelpScreen(Modal[None]):
    """The keys that work beneath, narrowed as the user types."""

    DEFAULT_CSS = """
    HelpScreen {
        .sheet { width: 72; max-height: 90%; }
        PlainInput { margin-bottom: 1; }
        VerticalScroll { height: auto; max-height: 100%; }
        Static { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("pagedown", "scroll(10)", "Page down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
    ]

    def __init__(self, beneath: Screen[Any]) -> None:
        super().__init__()
        self._keys = keys_of(beneath)
        bindings = [active.binding for active in beneath.active_bindings.values()]
        opens_palette = (beneath.app.get_key_display(each) for each in bindings if each.id == PALETTE.id)
        self._palette = next(opens_palette, "")
        """The key that opens the palette; empty if none does."""
        functions = [action for action, _ in getattr(beneath, "functions", {}).values()]
        self._synonyms = {
            action.help or action.label: action.synonyms for action in (*ACTIONS_EVERYWHERE, *functions)
        }

    def compose(self) -> ComposeResult:
        with Vertical() as sheet:
            titled(sheet, "Keys that work here", "type to find   esc back")
            yield PlainInput(placeholder="type what you want to do, or a key")
            with VerticalScroll(can_focus=False):
                yield Static(self._listed(""))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        listed = self.query_one(VerticalScroll)
        # The sheet keeps its size.
        listed.styles.height = max(listed.size.height, 1)
        self.query_one(Static).update(self._listed(event.value))
        listed.scroll_home(animate=False)

    def _listed(self, typed: str) -> Table | Text:
        found = {words: keys for words, keys in self._keys.items() if self._is_found(words, keys, typed)}
        if not found:
            return Text(f"{NO_KEY} {ALL_COMMANDS.format(self._palette)}" if self._palette else NO_KEY)
        # It fills the sheet, so that the second column takes what the first one leaves.
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(justify="right", style="bold", width=KEYS_WIDTH)
        table.add_column(no_wrap=True, ratio=1)
        for description, keys in found.items():
            also = ", ".join(self._synonyms.get(description, ())).lower()
            table.add_row(Text(" ".join(keys)), Text.assemble(description, (f"   {also}", "dim")))
        return table

    def _is_found(self, words: str, keys: Sequence[str], typed: str) -> bool:
        wanted = typed.strip()
        return not wanted or wanted in keys or score(wanted, words, self._synonyms.get(words, ())) > 0


def keys_of(screen: Screen[Any]) -> dict[str, list[str]]:
    """The actions enabled on `screen` with their keys; those of the screen itself first."""
    words: dict[str, str] = {}
    keys: dict[str, list[str]] = {}
    ranks: dict[str, int] = {}
    for node, binding, enabled, _ in screen.active_bindings.values():
        if not enabled or binding.system or not binding.description:
            continue
        action = _plain_action(binding.action)
        rank = _rank(binding, is_own=node is screen, is_everywhere=_is_everywhere(binding))
        if rank < ranks.get(action, LAST_OF_ALL + 1):
            words[action], ranks[action] = binding.tooltip or binding.description, rank
        keys.setdefault(action, []).append(screen.app.get_key_display(binding))
    words[SCROLLING] = "Scroll"
    return {words[action]: keys[action] for action in sorted(keys, key=lambda action: ranks[action])}


def _is_everywhere(binding: Binding) -> bool:
    # A screen that lists such an action among its own shows it.
    return binding.action in DONE_EVERYWHERE and not binding.show


def _plain_action(action: str) -> str:
    name = action.rpartition(".")[2] if "(" not in action else action
    return SCROLLING if name.startswith(("scroll_", "page_")) else name


def _rank(binding: Binding, *, is_own: bool, is_everywhere: bool) -> int:
    """The screen's own actions first, then list movement, then what every screen offers."""
    if binding.action in LAST:
        return LAST_OF_ALL
    if binding.action.startswith(("scroll_", "page_", "screen.")):
        return MOVING
    if is_own and not is_everywhere:
        return 0 if binding.show else 1
    return EVERYWHERE if is_everywhere else MOVING


class GoTo(Modal[str | None]):
    """The list of screens; its result is the mode of the chosen one."""

    DEFAULT_CSS = """
    GoTo {
        align: center bottom;
        #places {
            layout: grid; grid-size: 3; grid-gutter: 0 1; grid-rows: 1; width: 54;
        }
        Button.-style-default { width: 1fr; text-align: left; background: $background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Stay")]

    def __init__(self, places: Sequence[Destination]) -> None:
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        with Container(id="places") as sheet:
            titled(sheet, "Go to", "esc stay")
            for place in self._places:
                key = Content.styled(f"{format_key(place.letter)}  ", "bold $text-accent")
                button = Button(Content.assemble(key, place.title), id=place.mode)
                button.can_focus = False
                yield button

    def on_key(self, event: Key) -> None:
        for place in self._places:
            if event.key == place.letter:
                event.stop()
                self.dismiss(place.mode)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id)


def go_to_timer(app: App[Any], context: AppContext, clock: int | None) -> None:
    """Make that clock the active one and show it; without one, let the user choose of the begun timers."""
    state, now = context.state, context.now()
    if state is None:
        return
    others = {str(other.id): other for other in state.others_begun(now)}
    if clock is None:
        names = {
            id: timer_text(other, state.name_of(other), now, with_time=True).plain
            for id, other in others.items()
        }

        def go(id: str | None) -> None:
            if id is not None:
                go_to_timer(app, context, int(id))

        app.push_screen(ChoiceModal("Timers", names), go)
    elif (other := others.get(str(clock))) is not None:
        context.workers.run(partial(_make_active, context, state, other), "timer", exclusive=True)


async def _make_active(context: AppContext, state: AccountState, clock: ClockState) -> None:
    is_elsewhere = clock.wallet_id != state.wallet.id
    if is_elsewhere and (await context.act(**WALLET.instruction("switch", clock.wallet_id)))["failed"]:
        return
    now_active = context.state.clock.id if context.state else None
    if clock.id != now_active and (await context.act(**CLOCK.instruction("switch", clock.id)))["failed"]:
        return
    await context.navigation.go_to("clock")
    what = "wallet and clock" if is_elsewhere else "clock"
    context.notify(f"{state.name_of(clock)} is now the active {what}.")


UNANSWERED = (
    "The connection is lost, and there was no answer to what you sent last. "
    "Log in again later to see whether it was done."
)
MOST_TIMERS = 3
"""How many begun timers a question names."""
GOES_ON = {TimerState.ACTIVE: "goes on", TimerState.PAUSED: "stays paused"}
WITHOUT_THE_APP, AFTER_LOGOUT = "without the app", "after you log out"


def timer_confirmation(
    account: AccountState, now: float, *, may_stop: bool, title: str = "Quit", when: str = WITHOUT_THE_APP
) -> ConfirmModal:
    """Whether to stop the active timer before leaving, if that is allowed."""
    begun, is_active_begun = account.begun(now), account.clock.runs
    is_alone = len(begun) == 1
    stop = [Choice(STOP, "s", "Stop it" if is_alone else "Stop the active one")]
    words = going_on(account, now, when)
    choices = [*(stop if is_active_begun and may_stop else []), Choice(LEAVE, "l", _leave(begun))]
    return ConfirmModal(title, words, choices)


def unanswered_confirmation(account: AccountState | None, now: float) -> ConfirmModal:
    """Whether to quit although the last request has no answer."""
    words = f"{UNANSWERED} {going_on(account, now, WITHOUT_THE_APP) if account else ''}"
    return ConfirmModal("Quit", words.rstrip(), [Choice(LEAVE, "q", "Quit anyway")])


def going_on(account: AccountState, now: float, when: str) -> str:
    """What the begun timers do: `Clock 1 is running, 12:30 left, and goes on without the app.`

    If they are many, the first few in one sentence, and how many more there are; empty if there is none.
    """
    begun = account.begun(now)
    names = [one_line(account.name_of(clock)) for clock in begun[:MOST_TIMERS]]
    facts = [(BEGUN[clock.state], f"{countdown(clock.left_ms(now))} left") for clock in begun]
    if len(begun) > MOST_TIMERS:
        first = (f"{name} ({is_what}, {left})" for name, (is_what, left) in zip(names, facts, strict=False))
        return f"Timers have begun on {listed(first, len(begun))}. They stay running or paused {when}."
    return " ".join(
        f"{name} is {is_what}, {left}, and {GOES_ON[clock.state]} {when}."
        for clock, name, (is_what, left) in zip(begun, names, facts, strict=True)
    )


def _leave(begun: Sequence[ClockState]) -> str:
    if len(begun) > 1:
        return "Leave them"
    return "Leave it paused" if begun[0].state is TimerState.PAUSED else "Leave it running"
