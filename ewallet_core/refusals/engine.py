"""The engine or its storage could not do it."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class OutcomeUnknown(Refusal):
    """The storage failed while it made a change durable: it may have happened."""

    code = "outcome_unknown"

    def __init__(self) -> None:
        super().__init__(
            "The storage failed at the last moment, so it is not known whether this was done.",
            "Send it again with the same request id: it is then done once.",
        )


class StorageFailed(Refusal):
    """The storage could not carry the change out; nothing has changed."""

    code = "storage_failed"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The storage could not keep this ({reason}), so nothing was changed.",
            "Check the room on the disk and the rights on the data folder, then send it again.",
        )


class StorageUnavailable(Refusal):
    """The database can't be opened at all."""

    code = "storage_unavailable"

    def __init__(
        self, reason: str, remedy: str = "Check the folder and its rights, or choose another."
    ) -> None:
        super().__init__(f"The database can't be opened: {reason}.", remedy)


class EngineFailed(Refusal):
    """A fault of the engine's own; nothing has changed."""

    code = "engine_failed"

    def __init__(self) -> None:
        super().__init__(
            "The engine failed at this, nothing was changed.", "Try again; if it stays so, report it."
        )


class EngineClosed(Refusal):
    """The session manager was closed."""

    code = "engine_closed"

    def __init__(self) -> None:
        super().__init__("This session manager is closed.", "Open a new one.")
