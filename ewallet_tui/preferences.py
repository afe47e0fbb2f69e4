"""What a person likes: kept in a file beside the wallet, and never worth a crash."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ewallet_tui.themes import DARK

FILE_NAME = "preferences.toml"
LOCK_CHOICES = (0, 1, 5, 15, 60)
"""After how many idle minutes the screen may lock; 0 is never."""


@dataclass(frozen=True)
class Preferences:
    """The choices, and the file they are kept in (`None`: nowhere)."""

    file: Path | None = None
    lock_after_minutes: int = 0
    theme: str = DARK.name
    complaint: str = ""
    """What is wrong with the file, in a sentence; the choices are then the usual ones."""

    @classmethod
    def read(cls, folder: Path) -> Preferences:
        """The choices kept in `folder`."""
        # The parser is needed by no one who has never chosen anything.
        file = folder / FILE_NAME
        if not file.exists():
            return cls(file)
        import tomllib  # noqa: PLC0415

        try:
            kept = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return cls(file, complaint=f"{FILE_NAME} can't be read, so the usual settings hold.")
        return _chosen_in(cls(file), kept)

    def without_theme(self, usual: str) -> Preferences:
        """These choices with the usual look, because nothing is known of the one that was kept."""
        return replace(
            self, theme=usual, complaint=f"{FILE_NAME} names an unknown theme, so the usual one holds."
        )

    def with_choice(self, **choice: int | str) -> Preferences:
        """These choices with `choice` in place of the old one, kept in the file."""
        chosen = replace(self, complaint="", **choice)  # type: ignore[arg-type]
        return chosen if _is_written(chosen) else replace(chosen, complaint=f"{FILE_NAME} can't be written.")


def _chosen_in(usual: Preferences, kept: dict[str, object]) -> Preferences:
    minutes, theme = kept.get("lock_after_minutes", 0), kept.get("theme", DARK.name)
    if type(minutes) is not int or minutes not in LOCK_CHOICES or not isinstance(theme, str):
        return replace(usual, complaint=f"{FILE_NAME} holds an unknown setting, so the usual ones hold.")
    return replace(usual, lock_after_minutes=minutes, theme=theme)


def _is_written(preferences: Preferences) -> bool:
    if preferences.file is None:
        return True
    text = f'theme = "{preferences.theme}"\nlock_after_minutes = {preferences.lock_after_minutes}\n'
    try:
        preferences.file.write_text(text, encoding="utf-8")
    except OSError:
        return False
    return True
