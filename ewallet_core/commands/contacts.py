"""`ewallet contacts`: listing, adding, editing and removing them."""

from __future__ import annotations

import click

from ewallet_core.commands.listing import Listing, Output, output_options, rows_of
from ewallet_core.commands.lookup import find_saved_contact
from ewallet_core.commands.parameters import given
from ewallet_core.commands.shell import Shell, shell_command
from ewallet_core.commands.subcommands import LIST, ListFirst
from ewallet_core.commands.suggestions import suggest_contacts
from ewallet_core.presentation.formatting import one_line
from ewallet_core.presentation.movements import Record
from ewallet_core.presentation.payees import mark_of
from ewallet_core.presentation.tables import Column, Row, Tone, ToneText

COLUMNS = (
    Column("Name"),
    Column("Email", fills=True),
    Column("Phone", from_width=65),
    Column("Notes", fills=True, from_width=60),
)
VALUES = (
    "id",
    "name",
    "email",
    "phone",
    "notes",
    "create_date",
    "payee_account",
    "payee_changed",
    "payee_caution",
)
NONE_YET = "No contacts yet. Add the first one: `ewallet contacts add Bob bob@example.org`."


@click.group("contacts", cls=ListFirst)
def contacts_command() -> None:
    """List your contacts; add, edit and remove them.

    \b
    ewallet contacts
    ewallet contacts add Bob bob@example.org --notes "from the office"
    ewallet contacts edit Bob --email bob@example.net
    ewallet contacts remove Bob
    """


@shell_command(LIST)
@click.argument("text", default="")
@output_options
def list_contacts(shell: Shell, text: str, output: Output) -> None:
    """List your contacts, or those with TEXT in name, email or notes."""
    search = {"action": "search", "search": "records", "kind": "contact", "sort": "name", "text": text}
    found = [row["record_data"] for row in rows_of(shell, search)]
    empty = f"No contact has {one_line(text)} in its name, email or notes." if text else NONE_YET
    listing = Listing(COLUMNS, _row, VALUES, lambda contact: contact, empty)
    output.show(listing, found, {"failed": False, "rows": found})


def _row(contact: Record) -> Row:
    name: str = contact["name"]
    if caution := mark_of(contact):
        name = ToneText(f"! {name}", Tone.WARNING)
    notes = " · ".join(filter(None, (caution, contact["notes"])))
    return (name, contact["email"], contact["phone"], notes)


@shell_command("add", changes=True)
@click.argument("name")
@click.argument("email")
@click.option("--phone", help="The phone number.")
@click.option("--notes", "--note", "notes", help="Whatever helps you to know who it is.")
def add_contact(shell: Shell, name: str, email: str, phone: str | None, notes: str | None) -> None:
    """Save a contact: `ewallet pay NAME 10` pays the account that has EMAIL now."""
    contact = {"user_name": name, "user_email": email, **given(user_phone=phone, notes=notes)}
    answer = shell.send(action="new", new="contact", contact="record", **contact)
    shell.show(answer, f"Saved {one_line(name)} <{one_line(email)}>.")


@shell_command("edit", changes=True)
@click.argument("who", shell_complete=suggest_contacts)
@click.option("--name", help="A new name.")
@click.option("--email", help="A new email, or the same one to confirm who has it now.")
@click.option("--phone", help="A new phone number.")
@click.option("--notes", "--note", "notes", help="New notes.")
def edit_contact(shell: Shell, who: str, **values: str | None) -> None:
    """Edit the contact WHO: a name, an email or a number."""
    changed = given(
        user_name=values["name"],
        user_email=values["email"],
        user_phone=values["phone"],
        notes=values["notes"],
    )
    if not changed:
        raise click.UsageError("Give what to change: --name, --email, --phone or --notes.")
    contact = find_saved_contact(shell, who)
    answer = shell.send(action="edit", edit="contact", contact="record", record_id=contact.record, **changed)
    record = answer["record_data"]
    shell.show(answer, f"Saved {one_line(record['name'])} <{one_line(record['email'])}>.")


@shell_command("remove", changes=True)
@click.argument("who", shell_complete=suggest_contacts)
def remove_contact(shell: Shell, who: str) -> None:
    """Remove the contact WHO: a name, an email or a number. Payments stay in your history."""
    contact = find_saved_contact(shell, who)
    answer = shell.send(action="unlink", unlink="contact", contact="record", record_id=contact.record)
    shell.show(answer, f"Removed {contact.name} <{contact.email}>.")


for command in (list_contacts, add_contact, edit_contact, remove_contact):
    contacts_command.add_command(command)
