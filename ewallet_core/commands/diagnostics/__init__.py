"""What `ewallet doctor` finds out, a section for each subject, with nothing private in it."""

from ewallet_core.commands.diagnostics.machine import (
    examine_clock,
    examine_locale,
    examine_terminal,
    examine_versions,
)
from ewallet_core.commands.diagnostics.postgresql import (
    examine_database,
    examine_replication,
    examine_server,
    examine_versions_with_driver,
    is_at_postgresql,
)
from ewallet_core.commands.diagnostics.section import Examine, Section, Target, describe
from ewallet_core.commands.diagnostics.wallet import (
    examine_files,
    examine_integrity,
    examine_settings,
    examine_space,
)

__all__ = ["Section", "Target", "examine"]

SECTIONS: dict[str, Examine] = {
    "versions": examine_versions,
    "files": examine_files,
    "space": examine_space,
    "integrity": examine_integrity,
    "clock": examine_clock,
    "locale": examine_locale,
    "terminal": examine_terminal,
    "settings": examine_settings,
}


AT_POSTGRESQL: dict[str, Examine] = {
    "versions": examine_versions_with_driver,
    "files": examine_files,
    "server": examine_server,
    "database": examine_database,
    "replication": examine_replication,
    "clock": examine_clock,
    "locale": examine_locale,
    "terminal": examine_terminal,
    "settings": examine_settings,
}
"""The sections if the database is at PostgreSQL."""


def examine(target: Target) -> list[Section]:
    """All sections; one that fails says so, beside what it had found out before."""
    sections = AT_POSTGRESQL if is_at_postgresql(target) else SECTIONS
    return [_examine(title, look, target) for title, look in sections.items()]


def _examine(title: str, look: Examine, target: Target) -> Section:
    section = Section(title)
    try:
        look(section, target)
    except Exception as reason:  # noqa: BLE001 - the other sections are wanted most when something is broken
        section.warn(
            f"The rest about the {title} could not be found out: {describe(reason)}.",
            "Report it with this output.",
        )
    return section
