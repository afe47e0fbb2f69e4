"""What operators do with accounts: listing, freezing, granting roles and resetting passwords."""

from __future__ import annotations

from typing import Any, TypedDict

from ewallet_core.errors.accounts import LastOperatorError, WrongAccountStateError
from ewallet_core.errors.credits import PartnerUnknownError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import NoArguments, instruction
from ewallet_core.operations.account_status import ONE_TIME_MS, is_gone
from ewallet_core.operations.answer_data import Dated, Timestamp, dates
from ewallet_core.operations.context import Context, Preparation
from ewallet_core.operations.events import record_event
from ewallet_core.operations.requests import PageRequest, WhichAccount
from ewallet_core.operations.settlement import stop_timers
from ewallet_core.security.tokens import new_one_time_password
from ewallet_core.spelling import email_key
from ewallet_core.storage.accounts import Account, AccountStatus, accounts, is_last_operator, list_accounts
from ewallet_core.storage.events import EventKind
from ewallet_core.storage.logins import leave_sessions
from ewallet_core.storage.payees import find_without_email_key
from ewallet_core.types import Role


class _StateAnswer(TypedDict):
    account: str
    state: str


class GrantRole(WhichAccount, frozen=True):
    """The account, and its new role."""

    role: fields.RoleName


class ViewAccounts(PageRequest, frozen=True):
    """A page of accounts, from the newest or from a cursor on; `text` is searched in names and emails."""

    text: fields.SearchText = ""
    state: fields.StateOfAccount | None = None


class AccountRow(Dated):
    """An account as operators see it."""

    id: int
    name: str
    email: str
    state: str
    role: str
    to_unlink_timestamp: Timestamp | None


@instruction({"controller": "system", "action": "freeze", "freeze": "account"})
def freeze_account(request: WhichAccount, context: Context) -> _StateAnswer:
    """Freeze an account: its timers stop, and it can't be used until it is unfrozen."""
    account = _in_state(context, request.account, AccountStatus.ACTIVE)
    _reject_last_operator(context, account)
    stop_timers(context, account.id)
    return _changed(context, account, state=AccountStatus.FROZEN)


@instruction({"controller": "system", "action": "unfreeze", "unfreeze": "account"})
def unfreeze_account(request: WhichAccount, context: Context) -> _StateAnswer:
    """Unfreeze an account, so that it can be used again."""
    account = _in_state(context, request.account, AccountStatus.FROZEN)
    return _changed(context, account, state=AccountStatus.ACTIVE)


class _GrantRoleAnswer(TypedDict):
    account: str
    role: str


@instruction({"controller": "system", "action": "grant", "grant": "role"})
def grant_role(request: GrantRole, context: Context) -> _GrantRoleAnswer:
    """Give an account the role of user, operator or auditor.

    Only the program that runs the engine can change the last operator's role.
    """
    account, role = _person(context, request.account), Role(request.role)
    if role is not account.role:
        if role is not Role.OPERATOR:
            _reject_last_operator(context, account)
        _changed(context, account, role=role)
    return _GrantRoleAnswer(account=account.email, role=str(role))


def make_one_time_password(request: WhichAccount, preparation: Preparation) -> tuple[str, str]:
    """A one-time password, and its hash."""

    def make(context: Context) -> str:
        _person(context, request.account)
        return new_one_time_password(context.randomness)

    password = preparation.look(make)
    return password, preparation.passwords.hash(password)


class _ResetPasswordAnswer(TypedDict):
    account: str
    user_pass: str
    valid_to: Timestamp


@instruction(
    {"controller": "system", "action": "reset", "reset": "password"},
    prepare=make_one_time_password,
    remembered=False,
)
def reset_password(request: WhichAccount, context: Context) -> _ResetPasswordAnswer:
    """Give an account a password for one login within 24 hours, and end its sessions.

    That login must send `new_pass`, the account's new password.
    """
    account, (password, password_hash) = _person(context, request.account), context.prepared
    until = context.now + ONE_TIME_MS
    _changed(context, account, password_hash=password_hash, one_time_until=until)
    leave_sessions(context.transaction, account.id, context.now)
    return _ResetPasswordAnswer(account=account.email, user_pass=password, valid_to=timestamp(until))


class _ViewAccountsAnswer(TypedDict):
    accounts: list[AccountRow]
    next: int | None


@instruction({"controller": "system", "action": "view", "view": "accounts"})
def view_accounts(request: ViewAccounts, context: Context) -> _ViewAccountsAnswer:
    """View the accounts of people, newest first, without erased ones."""
    state = None if request.state is None else AccountStatus(request.state)
    page, following = list_accounts(context.transaction, request.before, request.limit, request.text, state)
    return _ViewAccountsAnswer(accounts=[_row(account) for account in page], next=following)


class MetricRow(TypedDict):
    """A number that is counted or measured, with its labels, as Prometheus names them."""

    metric: str
    labels: dict[str, str]
    value: float


class _ViewMetricsAnswer(TypedDict):
    metrics: list[MetricRow]


@instruction({"controller": "system", "action": "view", "view": "metrics"})
def view_metrics(_request: NoArguments, context: Context) -> _ViewMetricsAnswer:
    """View what this process has counted and measured since its start, such as requests and their errors."""
    rows = [
        MetricRow(metric=name, labels=dict(labels), value=value)
        for metric in context.environment.metrics.read()
        for name, labels, value in metric.samples()
    ]
    return _ViewMetricsAnswer(metrics=rows)


def _row(account: Account) -> AccountRow:
    return {
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "state": str(account.state),
        "role": str(account.role),
        "to_unlink_timestamp": timestamp(account.to_unlink_at),
        **dates(account),
    }


def _person(context: Context, email: str) -> Account:
    """The account with that email; raises `PartnerUnknownError` if it is not a person's."""
    account = find_without_email_key(context.transaction, email)
    account = account or accounts.find(context.transaction, email_key=email_key(email))
    if account is None or account.role is Role.ISSUER or is_gone(account, context.now):
        raise PartnerUnknownError("account")
    context.transaction.require_locks((account.id,))
    return account


def _in_state(context: Context, email: str, needed: AccountStatus) -> Account:
    account = _person(context, email)
    if account.state != needed:
        raise WrongAccountStateError(account.state, needed)
    return account


def _reject_last_operator(context: Context, account: Account) -> None:
    if context.caller.is_in_process or account.role is not Role.OPERATOR:
        return
    if is_last_operator(context.transaction, account):
        raise LastOperatorError


def _changed(context: Context, account: Account, **columns: Any) -> _StateAnswer:
    accounts.change(context.transaction, account.id, **columns, written_at=context.now)
    record_event(context, account.id, EventKind.ACCOUNT_CHANGED)
    return _StateAnswer(account=account.email, state=str(columns.get("state", account.state)))
