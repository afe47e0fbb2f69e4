"""The settings file, the settings in force, and the user's own keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewallet_core.presentation import periods as periods
    from ewallet_tui.config.writer import write_settings as write_settings


def __getattr__(name: str) -> Any:
    if name == "write_settings":
        # Only a changed setting needs the TOML writer; most runs change none.
        from ewallet_tui.config.writer import write_settings

        return write_settings
    if name == "periods":
        # Time zones take longer to load than the settings, and the first screen shows no time.
        from ewallet_core.presentation import periods

        return periods
    raise AttributeError(name)
