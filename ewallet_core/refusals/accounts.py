"""What an account, its name or its password stands in the way of."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class NameTaken(Refusal):
    """Another account has that name, in whatever case."""

    code = "name_taken"

    def __init__(self) -> None:
        super().__init__("This name is taken.", "Choose another.", field="user_name")


class EmailTaken(Refusal):
    """Another account has that email, in whatever case."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__(
            "This email has an account already.", "Log in with it, or use another.", field="user_email"
        )


class CommonPassword(Refusal):
    """The password is among those that are tried first."""

    code = "common_password"

    def __init__(self, field: str) -> None:
        super().__init__(
            "This password is one that many people use, so it is guessed first.",
            "Choose another, such as four words that have nothing to do with each other.",
            field=field,
        )


class PasswordIsName(Refusal):
    """The password is the account's own name or email."""

    code = "password_is_name"

    def __init__(self, field: str) -> None:
        super().__init__(
            "This password is the account's own name or email, so it is guessed first.",
            "Choose another, such as four words that have nothing to do with each other.",
            field=field,
        )


class NewPasswordNeeded(Refusal):
    """The password is one that an operator has set, good for one login that replaces it."""

    code = "new_password_needed"

    def __init__(self) -> None:
        super().__init__(
            "This password is good for one login only, which replaces it.",
            "Send it again with `new_pass`, the password that the account is to have from now on.",
            field="new_pass",
        )


class WrongPassword(Refusal):
    """The password given to prove whose the account is, is not the account's."""

    code = "wrong_password"
    passes = True

    def __init__(self, field: str) -> None:
        super().__init__("That is not this account's password.", "Try again.", field=field)


class AccountFrozen(Refusal):
    """An operator has frozen the account."""

    code = "account_frozen"
    passes = True

    def __init__(self) -> None:
        super().__init__("This account is frozen.", "Ask an operator.")


class AccountLeaving(Refusal):
    """The account is to be erased and can only be recovered."""

    code = "account_leaving"
    passes = True

    def __init__(self, recoverable_until: str | None) -> None:
        super().__init__(
            "This account is about to be deleted.",
            "Recover it to use it again.",
            recoverable_until=recoverable_until,
        )


class AccountNotLeaving(Refusal):
    """There is nothing to recover: nobody has asked for the account to be deleted."""

    code = "account_not_leaving"

    def __init__(self) -> None:
        super().__init__("This account is not about to be deleted.", "Log in to it.")


class WrongState(Refusal):
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


class LastOperator(Refusal):
    """Nobody who is not at the engine itself could act as an operator any more."""

    code = "last_operator"

    def __init__(self) -> None:
        super().__init__(
            "That is the last operator, and there must be one.",
            "Make another account an operator first.",
            field="account",
        )


class TooManyIssues(Refusal):
    """As many issues were reported from that address within an hour as are taken."""

    code = "too_many_issues"
    passes = True

    def __init__(self, most: int, retry_after_ms: int) -> None:
        super().__init__(
            f"{most} issues were reported from there within an hour, and no more are taken.",
            "Try again later.",
            retry_after_ms=retry_after_ms,
        )
