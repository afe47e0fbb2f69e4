"""Who asks is not known, not logged in, or may not."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class ClientUnknown(Refusal):
    """The client id was never given out, or has expired."""

    code = "client_unknown"
    passes = True

    def __init__(self) -> None:
        super().__init__("This client id is not known here, or has expired.", "Request a new client id.")


class SessionTokenExists(Refusal):
    """The client id has a live session; it alone opens nothing."""

    code = "session_token_exists"

    def __init__(self) -> None:
        super().__init__(
            "This client id has a session token already.",
            "Send that token to renew it, or request a new client id.",
        )


class SessionUnknown(Refusal):
    """The session token is absent, or does not belong to the client id."""

    code = "session_unknown"
    passes = True

    def __init__(self) -> None:
        super().__init__("This session is not known here.", "Request a session token, then log in.")


class SessionExpired(Refusal):
    """The session was left unused for longer than it lives."""

    code = "session_expired"
    passes = True

    def __init__(self) -> None:
        super().__init__(
            "This session has ended, it was unused for too long.", "Request a session token, then log in."
        )


class NotLoggedIn(Refusal):
    """The instruction is an account's, and nobody is logged in to this session."""

    code = "not_logged_in"
    passes = True

    def __init__(self) -> None:
        super().__init__("Nobody is logged in to this session.", "Log in first.")


class NotPermitted(Refusal):
    """The permission rules keep this instruction from the asking account."""

    code = "not_permitted"
    passes = True

    def __init__(self) -> None:
        super().__init__("This account may not do that.", "Ask an operator.")


class LoginRefused(Refusal):
    """No account has that name and password; which of the two is wrong is not told."""

    code = "login_refused"

    def __init__(self) -> None:
        super().__init__(
            "The name or the password is not right.", "Check both and try again.", field="user_pass"
        )


class Throttled(Refusal):
    """Too many failed logins of that name from that address just now."""

    code = "throttled"
    passes = True

    def __init__(self, retry_after_ms: int) -> None:
        seconds = -(-retry_after_ms // 1000)
        super().__init__(
            "Too many failed logins.",
            f"Try again in {seconds} second{'' if seconds == 1 else 's'}.",
            retry_after_ms=retry_after_ms,
        )


class AccountNotHere(Refusal):
    """The account is not among those logged in to this session."""

    code = "account_not_logged_in"

    def __init__(self) -> None:
        super().__init__("That account is not logged in to this session.", "Log in to it.", field="account")
