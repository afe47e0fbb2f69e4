"""Errors about the caller: not authenticated, not permitted, or an account that can't be used that way."""

from ewallet_core.errors.base import InSentence, WalletError

_BETTER_PASSWORD = "Choose another, such as four unrelated words."  # noqa: S105 - a sentence


class NameTakenError(WalletError):
    """Another account has that name, ignoring case."""

    code = "name_taken"
    error_text = "This name is taken."
    warning_text = "Choose another."
    field: str = "user_name"


class EmailTakenError(WalletError):
    """Another account has that email, ignoring case."""

    code = "email_taken"
    error_text = "There is already an account with this email."
    warning_text = "Log in with it, or use another."
    field: str = "user_email"


class CommonPasswordError(WalletError):
    """The password is on the list of common passwords."""

    code = "common_password"
    error_text = "Many people use this password, so it is easy to guess."
    warning_text = _BETTER_PASSWORD
    field: str


class PasswordIsNameError(WalletError):
    """The password is the account's own name or email."""

    code = "password_is_name"
    error_text = "This password is the account's own name or email, so it is easy to guess."
    warning_text = _BETTER_PASSWORD
    field: str


class NewPasswordNeededError(WalletError):
    """The password is a one-time password, and the login must replace it."""

    code = "new_password_needed"
    error_text = "This password works for one login only, and that login must replace it."
    warning_text = "Send it again with `new_pass`, your new password."
    field: str = "new_pass"


class WrongPasswordError(WalletError):
    """The password is not the account's."""

    code = "wrong_password"
    error_text = "Wrong password."
    warning_text = "Try again."
    transient = True
    field: str


class AccountFrozenError(WalletError):
    """An operator has frozen the account."""

    code = "account_frozen"
    error_text = "Your account is frozen."
    warning_text = "Ask an operator."
    transient = True


class AccountUnlinkPendingError(WalletError):
    """The account is about to be deleted, and can only be recovered."""

    code = "account_leaving"
    error_text = "This account is about to be deleted."
    warning_text = "Recover it to use it again."
    transient = True
    recoverable_until: str | None


class AccountNotUnlinkedError(WalletError):
    """The account can't be recovered, because it is not about to be deleted."""

    code = "account_not_leaving"
    error_text = "This account is not about to be deleted."
    warning_text = "Log in to it."


class WrongAccountStateError(WalletError):
    """The account is not in the state that the instruction needs."""

    code = "wrong_account_state"
    warning_text = "View the accounts to see the state of each."
    state: str
    needed: str
    field: str = "account"

    @property
    def error(self) -> str:
        """The state that the account is in, and the one that is needed."""
        return f"This account is {self.state.replace('_', ' ')}, and must be {self.needed} for that."


class LastOperatorError(WalletError):
    """The only operator would be lost."""

    code = "last_operator"
    error_text = "That is the last operator, and there must be one."
    warning_text = "Make another account an operator first."
    field: str = "account"


class TooManyIssuesError(WalletError):
    """The address has reported as many issues within an hour as are accepted."""

    code = "too_many_issues"
    error_text = "Your address has reported {most} issues within an hour, which is the limit."
    warning_text = "Try again later."
    transient = True
    most: InSentence[int]
    retry_after_ms: int


class ClientUnknownError(WalletError):
    """The client id was never issued, or has expired."""

    code = "client_unknown"
    error_text = "This client id is unknown or has expired."
    warning_text = "Request a new client id."
    transient = True


class SessionTokenExistsError(WalletError):
    """The client id has a live session, for which its session token is needed."""

    code = "session_token_exists"
    error_text = "This client id has a session token already."
    warning_text = "Send that token to renew it, or request a new client id."


class SessionUnknownError(WalletError):
    """The session token is absent, or does not belong to the client id."""

    code = "session_unknown"
    error_text = "This session is unknown."
    warning_text = "Request a session token, then log in."
    transient = True


class SessionExpiredError(WalletError):
    """The session was unused for longer than its lifetime."""

    code = "session_expired"
    error_text = "This session has expired, because it was unused for too long."
    warning_text = "Request a session token, then log in."
    transient = True


class NotLoggedInError(WalletError):
    """The instruction needs an account, and none is logged in to this session."""

    code = "not_logged_in"
    error_text = "Nobody is logged in to this session."
    warning_text = "Log in first."
    transient = True


class NotPermittedError(WalletError):
    """The permission sheet does not allow this instruction for the account's role."""

    code = "not_permitted"
    error_text = "This account may not do that."
    warning_text = "Ask an operator."
    transient = True


class LoginRefusedError(WalletError):
    """No account has that name and password; the answer does not say which of the two is wrong."""

    code = "login_refused"
    error_text = "The name or the password is wrong."
    warning_text = "Check both and try again."
    field: str = "user_pass"


class ThrottledError(WalletError):
    """There were too many failed logins for that name from that address."""

    code = "throttled"
    error_text = "Too many failed logins."
    transient = True
    retry_after_ms: int

    @property
    def warning(self) -> str:
        """How many seconds to wait."""
        seconds = -(-self.retry_after_ms // 1000)
        return f"Try again in {seconds} second{'' if seconds == 1 else 's'}."


class AccountNotInSessionError(WalletError):
    """The account is not logged in to this session."""

    code = "account_not_logged_in"
    error_text = "That account is not logged in to this session."
    warning_text = "Log in to it."
    field: str = "account"


class OwnPermissionError(WalletError):
    """Operators would lose the permission to edit the permission sheet."""

    code = "operators_own_permission"
    error_text = "Operators must be able to edit the permission sheet, or no one could."
    warning_text = "Forbid it to other roles, or take the role of operator from an account."
