"""The contacts of a list."""

from __future__ import annotations

from ewallet_tui.screens.framed import FramedScreen


class ContactsScreen(FramedScreen):
    """The contacts of a list."""

    PLACE = "contacts"
