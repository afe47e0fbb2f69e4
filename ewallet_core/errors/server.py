"""Errors of the engine, its storage and the server around it."""

from ewallet_core.errors.base import ErrorCategory, InSentence, WalletError


class OutcomeUnknownError(
    WalletError, code="outcome_unknown", category=ErrorCategory.UNAVAILABLE, logged=True
):
    """The storage failed during the commit: the change may have happened."""

    error_text = "The storage failed during the commit, so it is not known whether this was done."
    warning_text = "Send it again with the same request id: it is then done once."


class StorageFailedError(WalletError, code="storage_failed", category=ErrorCategory.UNAVAILABLE, logged=True):
    """The storage could not save the change; nothing was changed."""

    error_text = "The storage could not save this ({reason}), so nothing was changed."
    warning_text = "{remedy}"
    reason: InSentence[str]
    remedy: InSentence[str] = (
        "Check the free space on the disk and the permissions of the data folder, then send it again."
    )


class StorageUnavailableError(WalletError, code="storage_unavailable", category=ErrorCategory.UNAVAILABLE):
    """The database can't be opened."""

    error_text = "The database can't be opened: {reason}."
    warning_text = "{remedy}"
    reason: InSentence[str]
    remedy: InSentence[str] = "Check the folder and its permissions, or choose another."


class StorageDamagedError(
    StorageUnavailableError, code="storage_damaged", category=ErrorCategory.UNAVAILABLE, logged=True
):
    """What is stored is not what the engine wrote."""

    error_text = "The database is damaged: {reason}."
    warning_text = "{remedy}"
    reason: InSentence[str]
    remedy: InSentence[str] = (
        "Stop the programs that use it, and restore a backup; `ewallet verify` says what is wrong."
    )


class StorageReplacedError(
    StorageUnavailableError,
    code="storage_replaced",
    category=ErrorCategory.UNAVAILABLE,
    transient=True,
    logged=True,
):
    """The database file was replaced or deleted while the engine had it open."""

    error_text = "The database file was {reason} while it was in use, so it is no longer read or written."
    warning_text = "{remedy}"
    reason: InSentence[str] = "replaced or deleted"
    remedy: InSentence[str] = (
        "Stop this program, put the right file in its place with `ewallet restore`, and start it again."
    )


class ClockInDoubtError(
    WalletError, code="clock_in_doubt", category=ErrorCategory.UNAVAILABLE, transient=True
):
    """The wall clock of the engine's machine has leapt or went back, so no change can be dated."""

    error_text = (
        "The clock of the machine that keeps the wallets can't be trusted"
        " (it showed {shown} when {expected} was expected), so nothing was changed."
    )
    warning_text = (
        "Set it right, or if it is right run `ewallet doctor --confirm-clock` there, then send this again."
    )
    shown: str
    expected: str


class EngineFailedError(WalletError, code="engine_failed", category=ErrorCategory.UNAVAILABLE):
    """The engine has a fault of its own; nothing was changed."""

    error_text = "The engine failed, and nothing was changed."
    warning_text = "Try again; if it fails again, report it."


class EngineClosedError(WalletError, code="engine_closed", category=ErrorCategory.UNAVAILABLE):
    """The session manager was closed."""

    error_text = "This session manager is closed."
    warning_text = "Open a new one."


class TooManyConnectionsError(WalletError, code="too_many_connections", category=ErrorCategory.UNAVAILABLE):
    """The server has reached its limit of connections."""

    error_text = "This server has reached its limit of {limit:,} connections."
    warning_text = "Try again later."
    limit: int


class TooManyFromAddressError(WalletError, code="too_many_from_address", category=ErrorCategory.TOO_MANY):
    """One address has reached its limit of connections."""

    error_text = "Your address has reached the limit of {limit:,} connections to this server."
    warning_text = "Close one of them first."
    limit: int


class TooManyRequestsError(
    WalletError, code="too_many_requests", category=ErrorCategory.TOO_MANY, transient=True
):
    """A session or an address has sent more requests within a second than it may."""

    error_text = "This {sender} may send {per_second:,} requests a second, and has sent more."
    warning_text = "Wait a moment, then send it again."
    sender: InSentence[str]
    per_second: int
    retry_after_ms: int


class ServerBusyError(WalletError, code="server_busy", category=ErrorCategory.UNAVAILABLE, transient=True):
    """The server has reached its limit of passwords waiting to be checked."""

    error_text = "The server is busy with other logins."
    warning_text = "Wait a moment, then send it again."
    retry_after_ms: int


class IdleTooLongError(WalletError, code="idle_too_long", category=ErrorCategory.INVALID):
    """The connection sent no request for longer than it may be idle."""

    error_text = "No request arrived here for {seconds:,} seconds, so this connection ends."
    warning_text = "Connect again to send another."
    seconds: int


class LineUnfinishedError(WalletError, code="line_unfinished", category=ErrorCategory.INVALID):
    """A line was begun and not completed in time."""

    error_text = "A line was begun and not completed within {seconds:,} seconds, so this connection ends."
    warning_text = "Send each line at once, with its end."
    seconds: int


class ProxyHeaderError(WalletError, code="proxy_header_invalid", category=ErrorCategory.INVALID):
    """A connection from a trusted proxy does not begin with a PROXY header."""

    error_text = "This server expects a PROXY header from your address, and {problem}."
    warning_text = "Let the proxy send one first, or remove its address from `[proxy] trusted`."
    problem: InSentence[str]


class ReaderTooSlowError(WalletError, code="reader_too_slow", category=ErrorCategory.INVALID):
    """The client does not read what the server sends."""

    error_text = "What the server sent was not read for {seconds:,} seconds, so this connection ends."
    warning_text = "Connect again with the sequence you have read: nothing is lost."
    seconds: int


class ServerStoppingError(
    WalletError, code="server_stopping", category=ErrorCategory.UNAVAILABLE, transient=True
):
    """The server is stopping, or no longer listens here."""

    error_text = "This server no longer listens here."
    warning_text = "Connect again later; answered changes are stored."


class NoListenerError(WalletError, code="no_listener", category=ErrorCategory.CONFLICT):
    """The engine runs in process and has no sockets."""

    error_text = "This engine runs inside its program and has no sockets."
    warning_text = "Send instructions to its session manager, or start a server with `ewallet serve`."


class PortUnavailableError(WalletError, code="port_unavailable", category=ErrorCategory.CONFLICT):
    """The server can't listen on a port."""

    error_text = "The server can't listen on port {port} of {host}: {reason}."
    warning_text = "Choose another, or stop the program that listens there."
    host: InSentence[str]
    port: int
    reason: InSentence[str]


class TlsNeededError(WalletError, code="tls_needed", category=ErrorCategory.FORBIDDEN):
    """Other machines may send instructions under TLS only."""

    error_text = "Listening on {host} without TLS would let others read passwords on the way."
    warning_text = "Give a certificate, have one made with `--self-signed`, or use `--insecure`."
    host: InSentence[str]


class WorkerBusyError(WalletError, code="worker_busy", category=ErrorCategory.CONFLICT):
    """The worker has live sessions, so it can't be removed."""

    warning_text = "End them, or let another worker take them over, then try again."
    session_count: int
    field: str = "worker_id"

    @property
    def error(self) -> str:
        """How many live sessions there are."""
        return f"This worker has {self.session_count} live session{'' if self.session_count == 1 else 's'}."


class WorkerFullError(WalletError, code="worker_full", category=ErrorCategory.CONFLICT):
    """The worker has reached its limit of sessions."""

    error_text = "This worker has reached its limit of {session_limit:,} sessions."
    warning_text = "Let another worker take the session."
    session_limit: int


class OnlyCoreSuppliesError(WalletError, code="only_core_supplies", category=ErrorCategory.REFUSED):
    """The supply names another account than the system core account."""

    error_text = "Only the system core account supplies credits."
    warning_text = "Leave `partner_account` out, or send {core_email}."
    core_email: InSentence[str]
    field: str = "partner_account"
