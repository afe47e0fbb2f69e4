"""Errors about the caller: not authenticated, not permitted, or an account that can't be used that way."""

from ewallet_core.errors.base import ErrorCategory, InSentence, WalletError

_BETTER_PASSWORD = "Choose another, such as four unrelated words."  # noqa: S105 - a sentence


class NameTakenError(WalletError, code="name_taken", category=ErrorCategory.CONFLICT):
    """Another account has that name, ignoring case."""

    error_text = "This name is taken."
    warning_text = "Choose another."
    field: str = "user_name"


class EmailTakenError(WalletError, code="email_taken", category=ErrorCategory.CONFLICT):
    """Another account has that email in any spelling, or gave it up less than 90 days ago."""

    error_text = "This email belongs to another account, or did within the last 90 days."
    warning_text = "Log in to that account, or use another email."
    field: str = "user_email"


class CommonPasswordError(WalletError, code="common_password", category=ErrorCategory.REFUSED):
    """The password is on the list of common passwords."""

    error_text = "Many people use this password, so it is easy to guess."
    warning_text = _BETTER_PASSWORD
    field: str


class PasswordIsNameError(WalletError, code="password_is_name", category=ErrorCategory.REFUSED):
    """The password is the account's own name or email."""

    error_text = "This password is the account's own name or email, so it is easy to guess."
    warning_text = _BETTER_PASSWORD
    field: str


class NewPasswordNeededError(WalletError, code="new_password_needed", category=ErrorCategory.REFUSED):
    """The password is a one-time password, and the login must replace it."""

    error_text = "This password works for one login only, and that login must replace it."
    warning_text = "Send it again with `new_pass`, your new password."
    field: str = "new_pass"


class WrongPasswordError(
    WalletError, code="wrong_password", category=ErrorCategory.FORBIDDEN, transient=True
):
    """The password is not the account's."""

    error_text = "Wrong password."
    warning_text = "Try again."
    field: str


class AccountFrozenError(
    WalletError, code="account_frozen", category=ErrorCategory.FORBIDDEN, transient=True
):
    """An operator has frozen the account."""

    error_text = "This account is frozen."
    warning_text = "Ask an operator."


class AccountUnlinkPendingError(
    WalletError, code="account_leaving", category=ErrorCategory.FORBIDDEN, transient=True
):
    """The account is about to be deleted, and can only be recovered."""

    error_text = "This account is about to be deleted."
    warning_text = "Recover it to use it again."
    recoverable_until: str | None


class AccountNotUnlinkedError(WalletError, code="account_not_leaving", category=ErrorCategory.CONFLICT):
    """The account can't be recovered, because it is not about to be deleted."""

    error_text = "This account is not about to be deleted."
    warning_text = "Log in to it."


class WrongAccountStateError(WalletError, code="wrong_account_state", category=ErrorCategory.CONFLICT):
    """The account is not in the state that the instruction needs."""

    warning_text = "View the accounts to see the state of each."
    state: str
    needed: str
    field: str = "account"

    @property
    def error(self) -> str:
        """The state that the account is in, and the one that is needed."""
        return f"This account is {self.state.replace('_', ' ')}, and must be {self.needed} for that."


class LastOperatorError(WalletError, code="last_operator", category=ErrorCategory.CONFLICT):
    """The only operator would be lost."""

    error_text = "That is the last operator, and there must be one."
    warning_text = "Make another account an operator first."
    field: str = "account"


class TooManyIssuesError(
    WalletError, code="too_many_issues", category=ErrorCategory.TOO_MANY, transient=True
):
    """The address has reported as many issues within an hour as are accepted."""

    error_text = "Your address has reported {limit} issues within an hour, which is the limit."
    warning_text = "Try again later."
    limit: InSentence[int]
    retry_after_ms: int


class ClientUnknownError(
    WalletError, code="client_unknown", category=ErrorCategory.UNAUTHENTICATED, transient=True
):
    """The client id was never issued, or has expired."""

    error_text = "This client id is unknown or has expired."
    warning_text = "Request a new client id."


class LifetimeTooLongError(WalletError, code="lifetime_too_long", category=ErrorCategory.REFUSED):
    """The session is to live longer than the operator lets sessions live."""

    error_text = "A session lives at most {longest:,} minutes here."
    warning_text = "Ask for a shorter `lifetime`, or leave it out for the usual one."
    longest: int
    field: str = "lifetime"


class SessionTokenExistsError(WalletError, code="session_token_exists", category=ErrorCategory.CONFLICT):
    """The client id has a live session, for which its session token is needed."""

    error_text = "This client id has a session token already."
    warning_text = "Send that token to renew it, or request a new client id."


class SessionUnknownError(
    WalletError, code="session_unknown", category=ErrorCategory.UNAUTHENTICATED, transient=True
):
    """The session token is absent, or does not belong to the client id."""

    error_text = "This session is unknown."
    warning_text = "Request a session token, then log in."


class SessionExpiredError(
    WalletError, code="session_expired", category=ErrorCategory.UNAUTHENTICATED, transient=True
):
    """The session was unused for longer than its lifetime."""

    error_text = "This session has expired, because it was unused for too long."
    warning_text = "Request a session token, then log in."


class NotLoggedInError(
    WalletError, code="not_logged_in", category=ErrorCategory.UNAUTHENTICATED, transient=True
):
    """The instruction needs an account, and none is logged in to this session."""

    error_text = "No account is logged in to this session."
    warning_text = "Log in first."


class NotPermittedError(WalletError, code="not_permitted", category=ErrorCategory.FORBIDDEN, transient=True):
    """The permission sheet, or the server for everyone, does not allow this to the account's role."""

    error_text = "{problem}"
    warning_text = "{remedy}"
    problem: InSentence[str] = "This account may not do that."
    remedy: InSentence[str] = "Ask an operator."


class LoginRefusedError(WalletError, code="login_refused", category=ErrorCategory.UNAUTHENTICATED):
    """No account has that name and password; the answer does not say which of the two is wrong."""

    error_text = "The name or the password is wrong."
    warning_text = "Check both and try again."
    field: str = "user_pass"


class ThrottledError(WalletError, code="throttled", category=ErrorCategory.TOO_MANY, transient=True):
    """There were too many failed logins for that name from that address."""

    error_text = "Too many failed logins."
    retry_after_ms: int

    @property
    def warning(self) -> str:
        """How many seconds to wait."""
        seconds = -(-self.retry_after_ms // 1000)
        return f"Try again in {seconds} second{'' if seconds == 1 else 's'}."


class AccountNotInSessionError(WalletError, code="account_not_logged_in", category=ErrorCategory.MISSING):
    """The account is not logged in to this session."""

    error_text = "That account is not logged in to this session."
    warning_text = "Log in to it."
    field: str = "account"


class OwnPermissionError(WalletError, code="operators_own_permission", category=ErrorCategory.REFUSED):
    """Operators would lose the permission to edit the permission sheet."""

    error_text = "Operators must be able to edit the permission sheet, or no one could."
    warning_text = "Forbid it to other roles, or take the role of operator from an account."
