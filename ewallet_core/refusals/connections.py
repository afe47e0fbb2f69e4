"""What a server refuses to a connection, whoever asks on it; each is said before the connection is cut."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class TooManyConnections(Refusal):
    """The server has as many connections as it takes."""

    code = "too_many_connections"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This server has all the {limit:,} connections that it takes.", "Try again later.", limit=limit
        )


class TooManyFromAddress(Refusal):
    """One address has as many connections as it may."""

    code = "too_many_from_address"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"Your address has {limit:,} connections to this server, and may have no more.",
            "Close one of them first.",
            limit=limit,
        )


class TooManyRequests(Refusal):
    """More was asked within a second than a session, or an address, may ask."""

    code = "too_many_requests"
    passes = True

    def __init__(self, whose: str, per_second: int, retry_after_ms: int) -> None:
        super().__init__(
            f"This {whose} may ask {per_second:,} times a second, and has asked more.",
            "Wait a moment, then send it again.",
            per_second=per_second,
            retry_after_ms=retry_after_ms,
        )


class ServerBusy(Refusal):
    """As many passwords wait to be checked as the server takes."""

    code = "server_busy"
    passes = True

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(
            "The server is busy with the logins of others.",
            "Wait a moment, then send it again.",
            retry_after_ms=retry_after_ms,
        )


class IdleTooLong(Refusal):
    """Nothing was asked on this connection for longer than it may be idle."""

    code = "idle_too_long"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Nothing was asked here for {seconds:,} seconds, so this connection ends.",
            "Connect again when there is something to ask.",
            seconds=seconds,
        )


class LineUnfinished(Refusal):
    """A line was begun and not brought to its end in time."""

    code = "line_unfinished"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"A line was begun and not ended within {seconds:,} seconds, so this connection ends.",
            "Send each line at once, and end it.",
            seconds=seconds,
        )


class ReaderTooSlow(Refusal):
    """What is sent here is not taken."""

    code = "reader_too_slow"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"What is sent here was not read for {seconds:,} seconds, so this connection ends.",
            "Connect again with the sequence you have read: nothing is lost.",
            seconds=seconds,
        )


class ServerStopping(Refusal):
    """The server stops, or listens here no more."""

    code = "server_stopping"
    passes = True

    def __init__(self) -> None:
        super().__init__(
            "This server listens here no more.", "Connect again later; what was answered is kept."
        )
