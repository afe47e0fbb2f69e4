"""`ewallet pay`, `transfer`, `move` and `refund`: credits go to someone else, or to another own wallet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ewallet_core.commands.lookup import Recipient, find_payee, find_wallet
from ewallet_core.commands.parameters import CREDITS, NUMBER, given, note_option, yes_option
from ewallet_core.commands.problems import RefusedError
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.commands.suggestions import suggest_contacts, suggest_wallets
from ewallet_core.instructions.envelope import Answer
from ewallet_core.presentation.formatting import credit_amount, grouped, one_line
from ewallet_core.presentation.payees import CAUTIONS, PAYEE_CHANGED, Contact

OWN_WALLETS = "Enter someone else, or use `ewallet move` between your own wallets."


@shell_command("pay", changes=True)
@click.argument("to", shell_complete=suggest_contacts)
@click.argument("credits", type=CREDITS)
@note_option
@yes_option
def pay_command(shell: Shell, /, to: str, credits: int, notes: str | None, yes: bool) -> None:
    """Pay CREDITS to a contact, or to an email. They get an invoice for it, and you too.

    \b
    ewallet pay ann 10 --note lunch

    If the account can be mistaken for another, you are asked first; --yes answers that. If the contact's
    email belongs to someone else now, you are asked in any case.
    """
    payee = find_payee(shell, to)
    instruction = {"action": "pay", "pay": payee.email, "credits": credits, **given(notes=notes)}
    _send_to(shell, payee, instruction, "Paid {name} {amount}.", yes=yes)


@shell_command("transfer", changes=True)
@click.argument("to", shell_complete=suggest_contacts)
@click.argument("credits", type=CREDITS)
@note_option
@yes_option
def transfer_command(shell: Shell, /, to: str, credits: int, notes: str | None, yes: bool) -> None:
    """Transfer CREDITS to a contact, or to an email.

    Unlike a payment, it makes no invoice. You are asked as `ewallet pay` asks.
    """
    payee = find_payee(shell, to)
    selectors = {"action": "transfer", "transfer": "credits", "transfer_to": payee.email}
    instruction = {**selectors, "credits": credits, **given(notes=notes)}
    _send_to(shell, payee, instruction, "Transferred {amount} to {name}.", yes=yes)


@shell_command("move", changes=True)
@click.argument("credits", type=CREDITS)
@click.option(
    "--to",
    required=True,
    metavar="WALLET",
    shell_complete=suggest_wallets,
    help="The wallet that gets them, by its name.",
)
@click.option(
    "--from",
    "source",
    metavar="WALLET",
    shell_complete=suggest_wallets,
    help="The wallet that gives them. Default: the active one.",
)
@note_option
def move_command(shell: Shell, /, credits: int, to: str, source: str | None, notes: str | None) -> None:
    """Move CREDITS between your own wallets.

    \b
    ewallet move 30 --to Holidays
    """
    target = find_wallet(shell, to)
    origin = None if source is None else find_wallet(shell, source)
    answer = shell.send(
        action="transfer",
        transfer="credits",
        to_ewallet=target["id"],
        credits=credits,
        **given(notes=notes, ewallet_id=origin and origin["id"]),
    )
    moved = credit_amount(answer["transfered_credits"])
    if origin is not None:
        moved = f"{moved} from {one_line(origin['reference'])}"
    shell.show(answer, f"Moved {moved} to {one_line(target['reference'])}. {_left(answer)}")


@shell_command("refund", changes=True)
@click.argument("record", type=NUMBER)
@click.argument("credits", type=CREDITS, required=False)
@note_option
def refund_command(shell: Shell, /, record: int, credits: int | None, notes: str | None) -> None:
    """Refund a payment that you received, or CREDITS of it.

    RECORD is the number of its transfer, as `ewallet search` shows it.
    """
    arguments = given(credits=credits, notes=notes)
    answer = shell.send(action="refund", refund="payment", record_id=record, **arguments)
    refunded = credit_amount(answer["refunded_credits"])
    shell.show(answer, f"Refunded {refunded} to {one_line(answer['refunded_to'])}. {_left(answer)}")


def _send_to(
    shell: Shell, payee: Recipient, instruction: Mapping[str, Any], sentence: str, *, yes: bool
) -> None:
    """Send the payment to the account that is meant, and say so with the sentence.

    If it is in doubt which account that is, ask first.
    """
    amount = credit_amount(instruction["credits"])
    if payee.doubt:
        shell.confirm(f"{payee.doubt} Send {amount}?", yes=yes)
    replaced = None
    try:
        answer = shell.send(**instruction, **payee.arguments)
    except RefusedError as refused:
        if refused.answer["code"] == "own_account":
            raise RefusedError({**refused.answer, "warning": OWN_WALLETS}) from None
        if refused.answer["code"] != PAYEE_CHANGED or payee.contact is None:
            raise
        replaced = payee.contact
        payee = _new_owner(replaced, refused.answer["details"])
        shell.ask_user(f"{payee.doubt} Send {amount} to it?")
        answer = shell.send(**instruction, **payee.arguments)
    done = sentence.format(name=payee.name or payee.email, amount=amount)
    shell.show(answer, f"{done} {_left(answer)}")
    if replaced is not None:
        _save_again(shell, replaced)


def _save_again(shell: Shell, contact: Contact) -> None:
    """Save the contact again, so that it is of the account that has the email now."""
    saved = {"record_id": contact.record, "user_email": contact.email}
    try:
        shell.send(action="edit", edit="contact", contact="record", **saved)
    except RefusedError as refused:
        # What was asked is done.
        shell.say(f"The contact {contact.name} still means the account from before. {refused}")


def _new_owner(contact: Contact, changed: Mapping[str, Any]) -> Recipient:
    """The account that has a contact's email now."""
    name, mark = one_line(changed["payee_name"]), CAUTIONS.get(changed["payee_caution"] or "")
    doubt = (
        f"{contact.email} belongs to another account now: {name}{f' ({mark})' if mark else ''}."
        f" It is not the one that you saved as {contact.name}."
    )
    return Recipient(name, contact.email, {"payee_account": changed["payee_account"]}, doubt)


def _left(answer: Answer) -> str:
    return f"{grouped(answer['ewallet_credits'])} left."
