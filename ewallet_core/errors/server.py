"""Errors of the engine, its storage and the server around it."""

from __future__ import annotations

from ewallet_core.errors.base import WalletError


class OutcomeUnknownError(WalletError):
    """The storage failed while it made a change durable: it may have happened."""

    code = "outcome_unknown"

    def __init__(self) -> None:
        super().__init__(
            "The storage failed at the last moment, so it is not known whether this was done.",
            "Send it again with the same request id: it is then done once.",
        )


class StorageFailedError(WalletError):
    """The storage could not carry the change out; nothing has changed."""

    code = "storage_failed"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The storage could not keep this ({reason}), so nothing was changed.",
            "Check the room on the disk and the rights on the data folder, then send it again.",
        )


class StorageUnavailableError(WalletError):
    """The database can't be opened at all."""

    code = "storage_unavailable"

    def __init__(
        self, reason: str, remedy: str = "Check the folder and its rights, or choose another."
    ) -> None:
        super().__init__(f"The database can't be opened: {reason}.", remedy)


class EngineFailedError(WalletError):
    """A fault of the engine's own; nothing has changed."""

    code = "engine_failed"

    def __init__(self) -> None:
        super().__init__(
            "The engine failed at this, nothing was changed.", "Try again; if it stays so, report it."
        )


class EngineClosedError(WalletError):
    """The session manager was closed."""

    code = "engine_closed"

    def __init__(self) -> None:
        super().__init__("This session manager is closed.", "Open a new one.")


class TooManyConnectionsError(WalletError):
    """The server has as many connections as it takes."""

    code = "too_many_connections"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This server has all the {limit:,} connections that it takes.", "Try again later.", limit=limit
        )


class TooManyFromAddressError(WalletError):
    """One address has as many connections as it may."""

    code = "too_many_from_address"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"Your address has {limit:,} connections to this server, and may have no more.",
            "Close one of them first.",
            limit=limit,
        )


class TooManyRequestsError(WalletError):
    """More was asked within a second than a session, or an address, may ask."""

    code = "too_many_requests"
    transient = True

    def __init__(self, whose: str, per_second: int, retry_after_ms: int) -> None:
        super().__init__(
            f"This {whose} may ask {per_second:,} times a second, and has asked more.",
            "Wait a moment, then send it again.",
            per_second=per_second,
            retry_after_ms=retry_after_ms,
        )


class ServerBusyError(WalletError):
    """As many passwords wait to be checked as the server takes."""

    code = "server_busy"
    transient = True

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(
            "The server is busy with the logins of others.",
            "Wait a moment, then send it again.",
            retry_after_ms=retry_after_ms,
        )


class IdleTooLongError(WalletError):
    """Nothing was asked on this connection for longer than it may be idle."""

    code = "idle_too_long"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Nothing was asked here for {seconds:,} seconds, so this connection ends.",
            "Connect again when there is something to ask.",
            seconds=seconds,
        )


class LineUnfinishedError(WalletError):
    """A line was begun and not brought to its end in time."""

    code = "line_unfinished"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"A line was begun and not ended within {seconds:,} seconds, so this connection ends.",
            "Send each line at once, and end it.",
            seconds=seconds,
        )


class ReaderTooSlowError(WalletError):
    """What is sent here is not taken."""

    code = "reader_too_slow"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"What is sent here was not read for {seconds:,} seconds, so this connection ends.",
            "Connect again with the sequence you have read: nothing is lost.",
            seconds=seconds,
        )


class ServerStoppingError(WalletError):
    """The server stops, or listens here no more."""

    code = "server_stopping"
    transient = True

    def __init__(self) -> None:
        super().__init__(
            "This server listens here no more.", "Connect again later; what was answered is kept."
        )


class NoListenerError(WalletError):
    """The engine runs in process, and listens to no sockets."""

    code = "no_listener"

    def __init__(self) -> None:
        super().__init__(
            "This engine runs inside its program and listens to no sockets.",
            "Send instructions to its session manager, or start a server with `ewallet serve`.",
        )


class PortUnavailableError(WalletError):
    """A port can't be listened on."""

    code = "port_unavailable"

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Port {port} of {host} can't be listened on: {reason}.",
            "Choose another, or stop what listens there.",
            port=port,
        )


class TlsNeededError(WalletError):
    """Beyond this machine instructions are listened for under TLS alone."""

    code = "tls_needed"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"Listening on {host} in the clear would let others read passwords on the way.",
            "Give a certificate, have one made with `--self-signed`, or say `--insecure`.",
        )


class WorkerBusyError(WalletError):
    """A worker that has live sessions is not removed."""

    code = "worker_busy"

    def __init__(self, sessions: int) -> None:
        super().__init__(
            f"This worker has {sessions} live session{'' if sessions == 1 else 's'}.",
            "End them, or let another worker take them over, then try again.",
            field="worker_id",
            session_count=sessions,
        )


class WorkerFullError(WalletError):
    """A worker has as many sessions as it takes."""

    code = "worker_full"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This worker has all the {limit:,} sessions that it takes.",
            "Let another worker take the session.",
            session_limit=limit,
        )


class OnlyCoreSuppliesError(WalletError):
    """A supply is asked of an account that does not issue credits."""

    code = "only_core_supplies"

    def __init__(self, core_email: str) -> None:
        super().__init__(
            "Credits are supplied by the system core account alone.",
            f"Leave `partner_account` out, or send {core_email}.",
            field="partner_account",
        )
