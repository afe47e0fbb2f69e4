"""Actions that move credits, and the forms to pay, transfer and refund."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import credit_amount, grouped, one_line
from ewallet_core.presentation.payees import CAUTIONS, CHECK, PAYEE_CHANGED, Contact
from ewallet_core.spelling import email_key
from ewallet_tui.contact_book import ContactBook, OwnRecipient
from ewallet_tui.payees import keep_new_payee
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.form_screen import FormScreen
from ewallet_tui.screens.modal import confirm
from ewallet_tui.screens.moves import moved_credits, wallets_beside
from ewallet_tui.screens.wallet_forms import (
    NOTES,
    credits_form,
    credits_result,
    not_enough_credits,
    supply_form,
    supply_result,
    time_form,
    time_result,
)
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec, Values
from ewallet_tui.widgets.form_field import Field

NOT_PAID = "No one was paid. Ask for their new email."
OWN_ACCOUNT = "That is your own account. Enter someone else."
OR_OWN_WALLET = "That is your own account. Enter someone else, or one of your wallets by its name."
ONLY_HERE = (
    "On this computer's own wallet, you can only pay accounts made here. To pay others, share a server."
)
LONGEST_NAME = 20
"""In cells; the email beside it is never cut."""
WHO = "Enter one of your contacts, or an email such as bob@example.org."

Send = Callable[..., Awaitable[Answer]]
Sentence = Callable[[str, str], str]
"""A sentence from a recipient and an amount: `You pay Bob 10 credits.`"""


@dataclass(frozen=True)
class Payer:
    """The user's account, balance and contacts, from which credits are sent."""

    email: str
    balance: int
    ask_above: int
    """From how many credits on to ask for a confirmation; 0 is never."""
    contacts: ContactBook
    is_local: bool = False
    """Whether the accounts are those of this computer's own wallet."""

    def reworded(self, error: Answer) -> Answer:
        if self.is_local and error.get("code") == "partner_unknown":
            return {**error, "warning": ONLY_HERE}
        return error

    def named(self, email: str) -> str:
        """The recipient without doubt: `Bob (bob@example.org)`, or the email alone if it has no name."""
        name = self.contacts.name_of(email)
        if self.contacts.own(email) is not None:
            return name
        return email if name == email else f"{plain(name, LONGEST_NAME)} ({email})"

    def who_instead(self, contact: Contact, changed: Mapping[str, Any], credits: int) -> str:
        """The question whether to pay the account that has a contact's email now."""
        name, mark = plain(changed["payee_name"], LONGEST_NAME), CAUTIONS.get(changed["payee_caution"] or "")
        whom = f"{name} ({mark})" if mark else str(name)
        return (
            f"{contact.email} belongs to another account now: {whom}. It is not the one that you saved as"
            f" {plain(contact.name, LONGEST_NAME)}. Pay {whom} {credit_amount(credits)}?"
        )

    def left(self, sentence: Sentence, whom: str, credits: int) -> str:
        """The preview sentence with the new balance; empty if there are too few credits."""
        if credits > self.balance:
            return ""
        amount, left = credit_amount(credits), grouped(self.balance - credits)
        return f"{sentence(one_line(whom), amount)} {left} left."

    def warned(self, sentence: str, email: str) -> str:
        """The sentence with a warning if the account of that email may not be the one that is meant."""
        mark = self.contacts.mark_of(email)
        return f"{sentence} {mark}. {CHECK}" if sentence and mark else sentence

    def lacks(self, credits: int) -> Mapping[str, str]:
        return {"credits": not_enough_credits(credits, self.balance)} if credits > self.balance else {}

    def is_asked(self, credits: int) -> bool:
        """Whether that amount needs a confirmation."""
        return 0 < self.ask_above <= credits


def pay_form(payer: Payer, to: str = "") -> FormSpec:
    return _form("Pay", "Pay", "pay", _paid("You pay"), payer, to)


def transfer_form(payer: Payer, to: str = "") -> FormSpec:
    """The form to transfer to someone else, or to another of the user's own wallets."""
    spec = _form("Transfer", "Transfer", "transfer_to", _transferred("You transfer"), payer, to)

    def confirmation(values: Values) -> str:
        is_own = payer.contacts.own(values["transfer_to"]) is not None
        return "" if is_own else spec.confirmation(values)

    return replace(spec, confirmation=confirmation)


def refund_form(payer: Payer, to: str, most: int) -> FormSpec:
    """The form to refund a payment, up to `most` credits."""

    def preview(values: Values) -> str:
        credits = values.get("credits", 0)
        if not 0 < credits <= most:
            return ""
        left = payer.left(lambda whom, amount: f"{whom} gets {amount} back.", payer.named(to), credits)
        return payer.warned(left, to)

    def validate(values: Values) -> Mapping[str, str]:
        credits = values.get("credits", 0)
        if credits > most:
            return {"credits": f"At most {credit_amount(most)} can be refunded."}
        return payer.lacks(credits)

    return FormSpec(
        "Refund",
        "Refund",
        (Field("credits", "Credits", fields.Credits, initial=str(most)), NOTES),
        note=f"{one_line(to)} paid this.",
        preview=preview,
        validate=validate,
        confirmation=_confirmation(payer, preview, to=to),
    )


def paid_result(payer: Payer) -> Callable[[Answer], str]:
    """The result line of a payment: `Paid Bob 10 credits. 1,230 left.`"""
    sentence = _paid("Paid")
    return lambda answer: _result(payer, sentence, answer["paid"], answer["spent_credits"], answer)


def transferred_result(payer: Payer) -> Callable[[Answer], str]:
    """The result line of a transfer: `Transferred 10 credits to Bob. 1,230 left.`"""
    sentence = _transferred("Transferred")
    return lambda answer: _result(
        payer, sentence, answer["transfered_to"], answer["transfered_credits"], answer
    )


def refunded_result(payer: Payer) -> Callable[[Answer], str]:
    """The result line of a refund: `Bob has 10 credits back. 1,220 left.`"""
    return lambda answer: _result(
        payer,
        lambda whom, amount: f"{whom} has {amount} back.",
        answer["refunded_to"],
        answer["refunded_credits"],
        answer,
    )


def _form(title: str, verb: str, argument: str, sentence: Sentence, payer: Payer, to: str) -> FormSpec:
    book = payer.contacts

    def preview(values: Values) -> str:
        if "credits" not in values:
            return ""
        whom = payer.named(values[argument]) if argument in values else ""
        left = payer.left(sentence, whom, values["credits"])
        return payer.warned(left, values.get(argument, ""))

    def validate(values: Values) -> Mapping[str, str]:
        own = email_key(str(values.get(argument, ""))) == email_key(payer.email)
        problem = OR_OWN_WALLET if book.has_own else OWN_ACCOUNT
        return {**payer.lacks(values.get("credits", 0)), **({argument: problem} if own else {})}

    partner = Field(
        argument,
        "To",
        book.kind_of_recipient(fields.Email),
        initial=to,
        placeholder="name, email or your wallet" if book.has_own else "name or email",
        tidy=book.email_of,
        rule=WHO,
        completion=book,
    )
    return FormSpec(
        title,
        verb,
        (Field("credits", "Credits", fields.Credits, placeholder="such as 10"), partner, NOTES),
        note=f"Balance: {credit_amount(payer.balance)}.",
        preview=preview,
        validate=validate,
        reworded=payer.reworded,
        confirmation=_confirmation(payer, preview, argument),
    )


def _confirmation(
    payer: Payer, sentence: Callable[[Values], str], argument: str = "", to: str = ""
) -> Callable[[Values], str]:
    def confirmation(values: Values) -> str:
        # A new owner is asked about once it is known who it is.
        is_doubtful = payer.contacts.mark_of(values.get(argument, to)) in CAUTIONS.values()
        return sentence(values) if is_doubtful or payer.is_asked(values["credits"]) else ""

    return confirmation


def _paid(begins: str) -> Sentence:
    return lambda whom, amount: f"{' '.join(filter(None, (begins, whom, amount)))}."


def _transferred(begins: str) -> Sentence:
    return lambda whom, amount: f"{begins} {amount}{f' to {whom}' if whom else ''}."


def _result(payer: Payer, sentence: Sentence, email: str, credits: int, answer: Answer) -> str:
    there_before = replace(payer, balance=answer["ewallet_credits"] + credits)
    done, mark = (
        there_before.left(sentence, payer.contacts.name_of(email), credits),
        payer.contacts.mark_of(email),
    )
    return f"{done} {mark}." if mark else done


def supply(screen: BaseScreen) -> None:
    if state := screen.context.state:
        spec = supply_form(state.wallet.credits)
        screen.fill_in(spec, supply_result, writes="transfer", action="supply", supply="credits")


def pay(screen: BaseScreen, to: str = "") -> None:
    if payer := _payer(screen):
        sender = _checking(screen, payer, "pay")
        screen.fill_in(
            pay_form(payer, to), paid_result(payer), writes="transfer", sender=sender, action="pay"
        )


def transfer(screen: BaseScreen, to: str = "") -> None:
    context = screen.context
    if context.state is None or (payer := _payer(screen, wallets_beside(context.state))) is None:
        return
    book, result = payer.contacts, transferred_result(payer)
    moved_to: list[OwnRecipient] = []
    sender = _checking(screen, payer, "transfer_to")

    async def send(values: dict[str, Any]) -> Answer:
        instruction = {"action": "transfer", "transfer": "credits", **values}
        if own := book.own(values["transfer_to"]):
            moved_to.append(own)
            del instruction["transfer_to"]
            return await context.send(**instruction, to_ewallet=own.id)
        return await sender(**instruction)

    def say(answer: Answer | None) -> None:
        if answer is not None:
            is_own = answer["to_ewallet"] is not None
            words = moved_credits(answer, moved_to[-1].name) if is_own else result(answer)
            shows = screen.showing("transfer", answer["transfer_record"])
            screen.query_one(ResultLine).say(words, shows)

    screen.ask_with(transfer_form(payer, to), send, say)


def _checking(screen: BaseScreen, payer: Payer, argument: str) -> Send:
    """Sends a payment to the account that the contact was saved with.

    If another account has the email now, it asks who is to be paid; if that one is, the contact is its own.
    """
    ask = screen.context.send

    async def send(**instruction: Any) -> Answer:
        contacts = payer.contacts.contacts_with(instruction[argument])
        contact = next(iter(contacts), None)
        answer = await ask(**instruction, **(contact.arguments if contact else {}))
        if answer.get("code") != PAYEE_CHANGED or contact is None:
            return answer
        details = answer["details"]
        question = payer.who_instead(contact, details, instruction["credits"])
        form = screen.app.screen
        # A form that was left, or is covered by the lock, asks nothing.
        if not isinstance(form, FormScreen) or not await confirm(form, "Pay someone else?", question, "Pay"):
            return {**answer, "error": NOT_PAID, "warning": "", "details": {"field": argument}}
        answer = await ask(**instruction, payee_account=details["payee_account"])
        if not answer["failed"]:
            await keep_new_payee(ask, contacts)
            payer.contacts.take_new_payee(contacts, details["payee_account"])
        return answer

    return send


async def refund(screen: BaseScreen, record_id: int, to: str, most: int) -> None:
    """Ask how much of a received payment to refund, up to `most` credits."""
    if payer := _payer(screen):
        # The form shows the payer's name, but has no field that loads the contacts.
        await payer.contacts.learn(to)
        spec, result = refund_form(payer, to, most), refunded_result(payer)
        instruction: dict[str, Any] = {"action": "refund", "refund": "payment", "record_id": record_id}
        screen.fill_in(spec, result, writes="transfer", **instruction)


def convert_to_time(screen: BaseScreen) -> None:
    if state := screen.context.state:
        rate = state.clock.milliseconds_per_credit
        spec = time_form(state.wallet.credits, rate)
        screen.fill_in(
            spec, time_result(rate), writes="conversion", action="convert", convert="credits2clock"
        )


def convert_to_credits(screen: BaseScreen) -> None:
    context = screen.context

    def left_ms() -> int:
        return context.state.clock.left_ms(context.now()) if context.state else 0

    if state := context.state:
        spec = credits_form(left_ms, state.clock.milliseconds_per_credit)
        screen.fill_in(spec, credits_result, writes="conversion", action="convert", convert="clock2credits")


def _payer(screen: BaseScreen, own: Sequence[OwnRecipient] = ()) -> Payer | None:
    context = screen.context
    if context.state is None:
        return None
    email, balance = context.state.account.email, context.state.wallet.credits
    is_local = context.connecting.server is None
    book = ContactBook(context.send, own, lambda: context.connection.is_connected)
    return Payer(email, balance, context.preferences.ask_above, book, is_local)
