"""The sheets of four kinds, on one screen: transfers, invoices, conversions and times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from ewallet_tui.record_kinds import SHEET_KINDS, TRANSFER, RecordKind
from ewallet_tui.screens.belonging_screen import BELONGING_KEYS
from ewallet_tui.screens.records import RECORD_KEYS, RecordsScreen
from ewallet_tui.widgets.part_tabs import Part, PartTabs

KINDS = {kind.name: kind for kind in SHEET_KINDS}


class SheetsScreen(RecordsScreen):
    """One sheet at a time, with a tab for each kind."""

    PLACE = "sheets"
    BINDINGS: ClassVar[list[BindingType]] = [
        *RECORD_KEYS,
        *BELONGING_KEYS,
        *(
            Binding(
                kind.key,
                f"show_kind('{kind.name}')",
                kind.title,
                show=False,
                key_display=kind.key,
                id=f"show_{kind.name}",
            )
            for kind in SHEET_KINDS
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kind = TRANSFER

    @property
    def kind(self) -> RecordKind:
        """The kind whose tab is the current one."""
        return self._kind

    def compose_above(self) -> Iterable[PartTabs]:
        """A tab for each kind."""
        tabs = PartTabs([Part(kind.name, kind.title, kind.key) for kind in SHEET_KINDS])
        tabs.current = self.kind.name
        yield tabs

    def action_show_kind(self, name: str) -> None:
        """Show the sheets of another kind."""
        if name == self.kind.name:
            return
        self._kind = KINDS[name]
        self.query_one(PartTabs).current = name
        self.listed.show_columns(self.kind.columns)
        self.action_show_all()
        self.show_line()

    @on(PartTabs.Chosen)
    def _kind_chosen(self, event: PartTabs.Chosen) -> None:
        self.action_show_kind(event.part)
