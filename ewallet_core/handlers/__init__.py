"""Every instruction: its request types and the functions that carry them out, one module per subject."""

from __future__ import annotations

from dataclasses import replace

from ewallet_core.errors.server import OnlyCoreSuppliesError
from ewallet_core.handlers import (
    accounts,
    cleanup,
    contacts,
    conversions,
    daily_limit,
    export,
    issue_reports,
    logins,
    operators,
    permissions,
    search,
    sessions,
    sheets,
    sockets,
    statement,
    summary,
    supply,
    timer,
    transfers,
    wallets,
    workers,
)
from ewallet_core.handlers.accounts import new_account
from ewallet_core.handlers.logins import login
from ewallet_core.handlers.session_maps import WORKER_REGISTRY
from ewallet_core.handlers.supply import Bought, SupplyCredits, supply_credits
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.reference import RegistrySection
from ewallet_core.instructions.registry import Instruction, InstructionRegistry, instruction
from ewallet_core.operations.context import AccountContext
from ewallet_core.types import user_key

REGISTRY = InstructionRegistry.of(
    sessions,
    logins,
    accounts,
    supply,
    conversions,
    timer,
    transfers,
    daily_limit,
    wallets,
    sheets,
    contacts,
    statement,
    summary,
    search,
    export,
    issue_reports,
    permissions,
    operators,
    workers,
    cleanup,
    sockets,
)


class SupplyFromPartner(Bought, frozen=True):
    """Credits to be had, what they cost, and the account they come from: the system core account."""

    partner_account: fields.Email | None = None


def _said_as(meant: Instruction, **selectors: str) -> Instruction:
    """The same instruction, as a live session is asked it."""
    form = {"controller": "user", "ctype": "action", **selectors}
    return replace(meant, forms=(form,), permitted_as=meant)


@instruction(
    SupplyFromPartner,
    {"controller": "user", "action": "create", "create": "transfer", "ttype": "supply"},
    answers=supply_credits.answers,
)
def create_supply(asked: SupplyFromPartner, context: AccountContext) -> Answer:
    """Supply the active wallet with credits from the system core account, against an invoice."""
    core = context.system_core.email
    if asked.partner_account is not None and user_key(asked.partner_account) != user_key(core):
        raise OnlyCoreSuppliesError(core)
    bought = {name: getattr(asked, name) for name in Bought.__struct_fields__}
    return supply_credits(SupplyCredits(**bought), context)


SESSION_REGISTRY = InstructionRegistry(
    (
        _said_as(new_account, action="create", create="account"),
        _said_as(login, action="login"),
        replace(create_supply, permitted_as=supply_credits),
    )
)


SECTIONS = (
    RegistrySection(REGISTRY),
    RegistrySection(
        SESSION_REGISTRY,
        "Live sessions",
        "Asked of a session's live object in the engine's own process:"
        " `manager.sessions[id].ewallet_controller(…)`.",
    ),
    RegistrySection(
        WORKER_REGISTRY,
        "Live workers",
        "Asked of a worker's live object in the engine's own process:"
        " `manager.workers[id].main_controller(…)`.",
    ),
)
