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
    overview,
    permissions,
    search,
    sessions,
    sheets,
    sockets,
    statement,
    summary,
    supply,
    timer,
    tokens,
    transfers,
    wallets,
    workers,
)
from ewallet_core.handlers.accounts import new_account
from ewallet_core.handlers.logins import login
from ewallet_core.handlers.session_maps import WORKER_REGISTRY
from ewallet_core.handlers.supply import Bought, SuppliedAnswer, issue_credits, supply_credits
from ewallet_core.instructions import fields
from ewallet_core.instructions.reference import RegistrySection, first_line
from ewallet_core.instructions.registry import Instruction, InstructionRegistry, instruction, instructions_in
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.movements import own_side
from ewallet_core.spelling import email_key

SUBJECTS = {
    "Client ids and tokens": tokens,
    "Sessions": sessions,
    "Logins": logins,
    "Accounts": accounts,
    "Supply": supply,
    "Conversions": conversions,
    "Timer": timer,
    "Transfers": transfers,
    "Daily limit": daily_limit,
    "Wallets": wallets,
    "Sheets": sheets,
    "Contacts": contacts,
    "Overview": overview,
    "Statement": statement,
    "Summary": summary,
    "Search": search,
    "Export": export,
    "Issue reports": issue_reports,
    "Permissions": permissions,
    "Operators": operators,
    "Workers": workers,
    "Cleanup": cleanup,
    "Sockets": sockets,
}
"""The modules of handlers, by their title in the reference."""

REGISTRY = InstructionRegistry.of(*SUBJECTS.values())


class SupplyFromPartner(Bought, frozen=True):
    """How many credits to supply, what they cost, and where they come from: the system core account."""

    partner_account: fields.Email | None = None


def _for_live_session(instruction: Instruction, **selectors: str) -> Instruction:
    """The same instruction in the form for a live session."""
    form = {"controller": "user", "ctype": "action", **selectors}
    return replace(instruction, forms=(form,), permitted_as=instruction)


@instruction({"controller": "user", "action": "create", "create": "transfer", "ttype": "supply"})
def create_supply(request: SupplyFromPartner, context: AccountContext) -> SuppliedAnswer:
    """Supply the active wallet with credits from the system core account, against an invoice."""
    core = context.system_core.email
    if request.partner_account is not None and email_key(request.partner_account) != email_key(core):
        raise OnlyCoreSuppliesError(core)
    return issue_credits(context, request, own_side(context))


SESSION_REGISTRY = InstructionRegistry(
    (
        _for_live_session(new_account, action="create", create="account"),
        _for_live_session(login, action="login"),
        replace(create_supply, permitted_as=supply_credits),
    )
)


SECTIONS = (
    *(
        RegistrySection(title, first_line(subject), REGISTRY, tuple(instructions_in(subject)))
        for title, subject in SUBJECTS.items()
    ),
    RegistrySection(
        "Live sessions",
        "Sent to a session's live object in the engine's own process:"
        " `manager.sessions[id].ewallet_controller(…)`.",
        SESSION_REGISTRY,
        tuple(SESSION_REGISTRY),
        is_live=True,
    ),
    RegistrySection(
        "Live workers",
        "Sent to a worker's live object in the engine's own process:"
        " `manager.workers[id].main_controller(…)`.",
        WORKER_REGISTRY,
        tuple(WORKER_REGISTRY),
        is_live=True,
    ),
)
