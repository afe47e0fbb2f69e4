"""Logging in and out, and switching between the accounts that are logged in to a session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ewallet_core.actions.accounts.standing import is_gone, why_not_active
from ewallet_core.actions.context import Context, Preparation, PreparationStale
from ewallet_core.actions.data import account_data, session_data
from ewallet_core.actions.shapes import AccountData, SessionData
from ewallet_core.credentials import throttle
from ewallet_core.credentials.passwords import Passwords, must_be_uncommon, must_not_be_name
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Access, NoArguments, Request, instruction
from ewallet_core.instructions.envelope import Answer, ok, timestamp
from ewallet_core.keys import key_of
from ewallet_core.refusals.accounts import NewPasswordNeeded, WrongPassword
from ewallet_core.refusals.askers import AccountNotHere, LoginRefused
from ewallet_core.refusals.requests import ArgumentsClash, BadValue
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.events import EventKind, happened
from ewallet_core.storage.logins import is_new_address, leave_sessions, log_out, login_records
from ewallet_core.storage.sessions import logged_in, session_accounts, sessions
from ewallet_core.storage.transaction import Transaction


class Login(Request, frozen=True):
    """Whose account, by name or email, its password, and one to take its place if there is to be another."""

    user_pass: fields.PasswordAttempt
    user_name: fields.UserName | None = None
    user_email: fields.Email | None = None
    new_pass: fields.Password | None = None

    @property
    def whose(self) -> str:
        """The name or email that was sent."""
        return self.user_name or self.user_email or ""

    @property
    def door(self) -> str:
        """Where a failure counts: names and emails apart, so that neither clears the other's."""
        return throttle.by_email(self.whose) if self.user_name is None else throttle.by_name(self.whose)

    def check(self) -> None:
        """Exactly one of name and email says whose, and a new password is another one."""
        if (self.user_name is None) == (self.user_email is None):
            raise ArgumentsClash("user_name", "user_email")
        if self.new_pass == self.user_pass:
            raise BadValue("new_pass", "another password than `user_pass`")


class SwitchAccount(Request, frozen=True):
    """Which of the session's accounts is to be active."""

    account: fields.Email


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of checking a password: against which hash, and the hash it is to have from now on."""

    account: Account | None
    is_right: bool
    new_hash: str | None = None

    def holds_for(self, account: Account | None) -> bool:
        """Whether the password was right; raises `PreparationStale` if it is not what was checked."""
        checked, kept = (found.password_hash if found else None for found in (self.account, account))
        if checked != kept:
            raise PreparationStale
        return self.is_right


def prove_login(asked: Login, preparation: Preparation) -> Proof:
    """The slow part of a login; who has to wait is refused before it."""

    def look(context: Context) -> Account | None:
        throttle.must_not_wait(context.transaction, asked.door, context.address, context.now)
        return _find(context.transaction, asked)

    if asked.new_pass is not None:
        # Before the password is checked: what is wrong with the new one must not tell that the old is right.
        must_be_uncommon(asked.new_pass, "new_pass")
    account: Account | None = preparation.look(look)
    passwords = preparation.passwords
    if not passwords.matches(asked.user_pass, account.password_hash if account else None) or account is None:
        return Proof(account, is_right=False)
    return Proof(account, is_right=True, new_hash=_new_hash(asked, account, passwords))


def prove_own_password(attempt: str, preparation: Preparation) -> Proof:
    """Check the password of the account that asks, before the transaction; who has to wait is refused."""

    def look(context: Context) -> Account:
        door = throttle.by_account(context.account.id)
        throttle.must_not_wait(context.transaction, door, context.address, context.now)
        return context.account

    account: Account = preparation.look(look)
    return Proof(account, is_right=preparation.passwords.matches(attempt, account.password_hash))


def must_be_proven(context: Context, proof: Proof, field: str) -> None:
    """Raise `WrongPassword`, about that argument, unless the account's own password was proven."""
    transaction, account = context.transaction, context.account
    door = throttle.by_account(account.id)
    throttle.must_not_wait(transaction, door, context.address, context.now)
    if not proof.holds_for(account):
        raise WrongPassword(field).keeping(partial(note_failure, context, door, account))
    throttle.succeeded(transaction, door, context.address)


@instruction(
    Login,
    {"action": "login"},
    access=Access.SESSION,
    prepare=prove_login,
    remembered=False,
    answers={"account": str, "account_data": AccountData, "session_data": SessionData},
)
def login(asked: Login, context: Context) -> Answer:
    """Log an account in to this session and make it the active one.

    With `new_pass` the account has that password from then on, and its other sessions end.
    """
    account = proven_account(asked, context)
    _must_be_active(context, account)
    return log_in(asked, context, account)


def proven_account(asked: Login, context: Context) -> Account:
    """The account whose password was proven; raises `LoginRefused` where it was not, and writes that down."""
    transaction, now, proof = context.transaction, context.now, context.prepared
    throttle.must_not_wait(transaction, asked.door, context.address, now)
    account = _find(transaction, asked)
    if not proof.holds_for(account) or account is None or is_gone(account, now) or _is_over(account, now):
        raise LoginRefused().keeping(partial(note_failure, context, asked.door, account))
    return account


def log_in(asked: Login, context: Context, account: Account) -> Answer:
    """Log the proven account in, and answer as a login does."""
    transaction = context.transaction
    if account.one_time_until is not None and asked.new_pass is None:
        raise NewPasswordNeeded().keeping(partial(refuse_login, context, account))
    if asked.new_pass is not None:
        must_not_be_name(asked.new_pass, "new_pass", account.name, account.email)
    throttle.succeeded(transaction, asked.door, context.address)
    _take_new_hash(asked, context, account)
    _join_session(context, account)
    _record_accepted(context, account)
    return ok(
        account=account.email,
        account_data=account_data(context, accounts.require(transaction, id=account.id)),
        session_data=session_data(context),
    )


# Who is frozen may still leave, and go on with another account: these two ask for no active account.
@instruction(
    NoArguments,
    {"action": "logout"},
    access=Access.SESSION,
    answers={"account": str, "session_data": SessionData},
)
def logout(_asked: NoArguments, context: Context) -> Answer:
    """Log the active account out; the next of the session's accounts becomes active, or none."""
    log_out(context.transaction, context.session, context.account.id, context.now)
    record_logout(context, context.account)
    return ok(account=context.account.email, session_data=session_data(context))


@instruction(
    SwitchAccount,
    {"action": "switch", "switch": "account"},
    access=Access.SESSION,
    answers={"account": str, "session_data": SessionData},
)
def switch_account(asked: SwitchAccount, context: Context) -> Answer:
    """Make another of the accounts that are logged in to this session the active one."""
    key = key_of(asked.account)
    members = logged_in(context.transaction, context.session.id)
    chosen = next((account for account in members if key_of(account.email) == key), None)
    if chosen is None:
        raise AccountNotHere
    _must_be_active(context, chosen)
    sessions.change(context.transaction, context.session.id, account_id=chosen.id, written_at=context.now)
    return ok(account=chosen.email, session_data=session_data(context))


def note_failure(context: Context, door: str, account: Account | None) -> None:
    """Write down that somebody did not know the account's password."""
    throttle.failed(context.transaction, door, context.address, context.now)
    refuse_login(context, account)


def refuse_login(context: Context, account: Account | None) -> None:
    """Write down that a login was refused."""
    _record(context, account.id if account else None, "login", "refused")


def record_logout(context: Context, account: Account) -> None:
    """Write down that the account was logged out."""
    _record(context, account.id, "logout", "accepted")


def _find(transaction: Transaction, asked: Login) -> Account | None:
    column = "name_key" if asked.user_name is not None else "email_key"
    return accounts.find(transaction, **{column: key_of(asked.whose)})


def _is_over(account: Account, now: int) -> bool:
    """Whether the account's password was a one-time one, and its time is over."""
    return account.one_time_until is not None and account.one_time_until <= now


def _new_hash(asked: Login, account: Account, passwords: Passwords) -> str | None:
    """The hash that the account is to have from this login on, where it is to have another."""
    if asked.new_pass is not None:
        return passwords.hash(asked.new_pass)
    is_outdated = account.password_hash is not None and passwords.is_outdated(account.password_hash)
    return passwords.hash(asked.user_pass) if is_outdated else None


def _take_new_hash(asked: Login, context: Context, account: Account) -> None:
    transaction, new_hash, now = context.transaction, context.prepared.new_hash, context.now
    if asked.new_pass is not None:
        accounts.change(transaction, account.id, password_hash=new_hash, one_time_until=None, written_at=now)
        happened(transaction, account.id, EventKind.ACCOUNT_CHANGED, now)
        leave_sessions(transaction, account.id, now, but=context.session.id)
    elif new_hash is not None:
        # The same password in a newer hash: nothing that its owner would call a change.
        accounts.change(transaction, account.id, password_hash=new_hash)


def _must_be_active(context: Context, account: Account) -> None:
    refusal = why_not_active(account)
    if refusal is not None:
        raise refusal.keeping(partial(refuse_login, context, account))


def _join_session(context: Context, account: Account) -> None:
    transaction, session_id = context.transaction, context.session.id
    session_accounts.delete(transaction, session_id=session_id, account_id=account.id)
    session_accounts.insert(
        transaction, session_id=session_id, account_id=account.id, logged_in_at=context.now
    )
    sessions.change(transaction, session_id, account_id=account.id, written_at=context.now)


def _record_accepted(context: Context, account: Account) -> None:
    is_new = is_new_address(context.transaction, account.id, context.address)
    _record(context, account.id, "login", "accepted", is_new=is_new)
    if is_new:
        happened(
            context.transaction,
            account.id,
            EventKind.LOGIN_FROM_NEW_ADDRESS,
            context.now,
            address=context.address,
            time=timestamp(context.now),
        )


def _record(
    context: Context, account_id: int | None, kind: str, outcome: str, *, is_new: bool = False
) -> None:
    login_records.insert(
        context.transaction,
        account_id=account_id,
        kind=kind,
        outcome=outcome,
        address=context.address,
        at=context.now,
        is_new_address=int(is_new),
    )
