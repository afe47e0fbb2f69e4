"""What the system's own instructions can't do: listeners, workers, and supplies by a session itself."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class NoListener(Refusal):
    """The engine runs in process, and listens to no sockets."""

    code = "no_listener"

    def __init__(self) -> None:
        super().__init__(
            "This engine runs inside its program and listens to no sockets.",
            "Send instructions to its session manager, or start a server with `ewallet serve`.",
        )


class PortUnavailable(Refusal):
    """A port can't be listened on."""

    code = "port_unavailable"

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Port {port} of {host} can't be listened on: {reason}.",
            "Choose another, or stop what listens there.",
            port=port,
        )


class TlsNeeded(Refusal):
    """Beyond this machine instructions are listened for under TLS alone."""

    code = "tls_needed"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"Listening on {host} in the clear would let others read passwords on the way.",
            "Give a certificate, have one made with `--self-signed`, or say `--insecure`.",
        )


class WorkerBusy(Refusal):
    """A worker that has live sessions is not removed."""

    code = "worker_busy"

    def __init__(self, sessions: int) -> None:
        super().__init__(
            f"This worker has {sessions} live session{'' if sessions == 1 else 's'}.",
            "End them, or let another worker take them over, then try again.",
            field="worker_id",
            session_count=sessions,
        )


class WorkerFull(Refusal):
    """A worker has as many sessions as it takes."""

    code = "worker_full"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"This worker has all the {limit:,} sessions that it takes.",
            "Let another worker take the session.",
            session_limit=limit,
        )


class OnlyCoreSupplies(Refusal):
    """A supply is asked of an account that does not issue credits."""

    code = "only_core_supplies"

    def __init__(self, core_email: str) -> None:
        super().__init__(
            "Credits are supplied by the system core account alone.",
            f"Leave `partner_account` out, or send {core_email}.",
            field="partner_account",
        )
