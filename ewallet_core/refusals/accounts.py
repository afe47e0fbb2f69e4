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

    def __init__(self) -> None:
        super().__init__(
            "This password is one that many people use, so it is guessed first.",
            "Choose another, such as four words that have nothing to do with each other.",
            field="user_pass",
        )


class WrongPassword(Refusal):
    """The password given to prove whose the account is, is not the account's."""

    code = "wrong_password"

    def __init__(self, field: str) -> None:
        super().__init__("That is not this account's password.", "Try again.", field=field)


class AccountFrozen(Refusal):
    """An operator has frozen the account."""

    code = "account_frozen"

    def __init__(self) -> None:
        super().__init__("This account is frozen.", "Ask an operator.")


class AccountLeaving(Refusal):
    """The account is to be erased and can only be recovered."""

    code = "account_leaving"

    def __init__(self) -> None:
        super().__init__("This account is about to be deleted.", "Recover it to use it again.")
