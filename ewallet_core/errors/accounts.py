"""Errors about the caller: not authenticated, not permitted, or an account that can't be used that way."""

from __future__ import annotations

from ewallet_core.errors.base import WalletError


class NameTakenError(WalletError):
    """Another account has that name, in whatever case."""

    code = "name_taken"

    def __init__(self) -> None:
        super().__init__("This name is taken.", "Choose another.", field="user_name")


class EmailTakenError(WalletError):
    """Another account has that email, in whatever case."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__(
            "This email has an account already.", "Log in with it, or use another.", field="user_email"
        )


class CommonPasswordError(WalletError):
    """The password is among those that are tried first."""

    code = "common_password"

    def __init__(self, field: str) -> None:
        super().__init__(
            "This password is one that many people use, so it is guessed first.",
            "Choose another, such as four words that have nothing to do with each other.",
            field=field,
        )


class PasswordIsNameError(WalletError):
    """The password is the account's own name or email."""

    code = "password_is_name"

    def __init__(self, field: str) -> None:
        super().__init__(
            "This password is the account's own name or email, so it is guessed first.",
            "Choose another, such as four words that have nothing to do with each other.",
            field=field,
        )


class NewPasswordNeededError(WalletError):
    """The password is one that an operator has set, good for one login that replaces it."""

    code = "new_password_needed"

    def __init__(self) -> None:
        super().__init__(
            "This password is good for one login only, which replaces it.",
            "Send it again with `new_pass`, the password that the account is to have from now on.",
            field="new_pass",
        )


class WrongPasswordError(WalletError):
    """The password given to prove whose the account is, is not the account's."""

    code = "wrong_password"
    transient = True

    def __init__(self, field: str) -> None:
        super().__init__("That is not this account's password.", "Try again.", field=field)


class AccountFrozenError(WalletError):
    """An operator has frozen the account."""

    code = "account_frozen"
    transient = True

    def __init__(self) -> None:
        super().__init__("This account is frozen.", "Ask an operator.")


class AccountUnlinkPendingError(WalletError):
    """The account is to be erased and can only be recovered."""

    code = "account_leaving"
    transient = True

    def __init__(self, recoverable_until: str | None) -> None:
        super().__init__(
            "This account is about to be deleted.",
            "Recover it to use it again.",
            recoverable_until=recoverable_until,
        )


class AccountNotUnlinkedError(WalletError):
    """There is nothing to recover: nobody has asked for the account to be deleted."""

    code = "account_not_leaving"

    def __init__(self) -> None:
        super().__init__("This account is not about to be deleted.", "Log in to it.")


class WrongAccountStateError(WalletError):
    """What is asked of an account does not go with the state that it is in."""

    code = "wrong_account_state"

    def __init__(self, state: str, needed: str) -> None:
        super().__init__(
            f"This account is {state.replace('_', ' ')}, and only one that is {needed} can be taken.",
            "View the accounts for the state of each.",
            field="account",
            state=state,
            needed=needed,
        )


class LastOperatorError(WalletError):
    """Nobody who is not at the engine itself could act as an operator any more."""

    code = "last_operator"

    def __init__(self) -> None:
        super().__init__(
            "That is the last operator, and there must be one.",
            "Make another account an operator first.",
            field="account",
        )


class TooManyIssuesError(WalletError):
    """As many issues were reported from that address within an hour as are taken."""

    code = "too_many_issues"
    transient = True

    def __init__(self, most: int, retry_after_ms: int) -> None:
        super().__init__(
            f"{most} issues were reported from there within an hour, and no more are taken.",
            "Try again later.",
            retry_after_ms=retry_after_ms,
        )


class ClientUnknownError(WalletError):
    """The client id was never given out, or has expired."""

    code = "client_unknown"
    transient = True

    def __init__(self) -> None:
        super().__init__("This client id is not known here, or has expired.", "Request a new client id.")


class SessionTokenExistsError(WalletError):
    """The client id has a live session; it alone opens nothing."""

    code = "session_token_exists"

    def __init__(self) -> None:
        super().__init__(
            "This client id has a session token already.",
            "Send that token to renew it, or request a new client id.",
        )


class SessionUnknownError(WalletError):
    """The session token is absent, or does not belong to the client id."""

    code = "session_unknown"
    transient = True

    def __init__(self) -> None:
        super().__init__("This session is not known here.", "Request a session token, then log in.")


class SessionExpiredError(WalletError):
    """The session was left unused for longer than it lives."""

    code = "session_expired"
    transient = True

    def __init__(self) -> None:
        super().__init__(
            "This session has ended, it was unused for too long.", "Request a session token, then log in."
        )


class NotLoggedInError(WalletError):
    """The instruction is an account's, and nobody is logged in to this session."""

    code = "not_logged_in"
    transient = True

    def __init__(self) -> None:
        super().__init__("Nobody is logged in to this session.", "Log in first.")


class NotPermittedError(WalletError):
    """The permission rules keep this instruction from the asking account."""

    code = "not_permitted"
    transient = True

    def __init__(self) -> None:
        super().__init__("This account may not do that.", "Ask an operator.")


class LoginRefusedError(WalletError):
    """No account has that name and password; which of the two is wrong is not told."""

    code = "login_refused"

    def __init__(self) -> None:
        super().__init__(
            "The name or the password is not right.", "Check both and try again.", field="user_pass"
        )


class ThrottledError(WalletError):
    """Too many failed logins of that name from that address just now."""

    code = "throttled"
    transient = True

    def __init__(self, retry_after_ms: int) -> None:
        seconds = -(-retry_after_ms // 1000)
        super().__init__(
            "Too many failed logins.",
            f"Try again in {seconds} second{'' if seconds == 1 else 's'}.",
            retry_after_ms=retry_after_ms,
        )


class AccountNotInSessionError(WalletError):
    """The account is not among those logged in to this session."""

    code = "account_not_logged_in"

    def __init__(self) -> None:
        super().__init__("That account is not logged in to this session.", "Log in to it.", field="account")


class OwnPermissionError(WalletError):
    """Operators would lose the one permission by which they could get it back."""

    code = "operators_own_permission"

    def __init__(self) -> None:
        super().__init__(
            "Operators must be able to edit the permission sheet, or nobody could any more.",
            "Forbid it to other roles, or take the role of operator from an account.",
        )
