"""Contacts are read from other programs' CSV and vCard files, and written as vCards."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from ewallet_core.operations.file_formats import csv_format
from ewallet_core.presentation.contact_files import (
    FileContact,
    UnreadableContactsError,
    decoded,
    read_contacts,
    write_vcard,
)

GOOGLE = """First Name,Middle Name,Last Name,Organization Name,E-mail 1 - Label,E-mail 1 - Value,\
Phone 1 - Value,Notes
Grace,Brewster,Hopper,US Navy,* Work,grace@example.org ::: hopper@example.org,+1 555 ::: +1 556,"Met, in
spring"
,,,Analytical Ltd,,office@example.org,,
,,,,,,,
Nomail,,,,,,,
"""
OUTLOOK = "\ufeffFirst Name;Last Name;E-mail Address;Mobile Phone\r\nJürgen;Groß;jg@example.org;0170 1\r\n"
OURS = '"Name","Email","Phone","Notes","Since"\r\n"\'=Ann","ann@example.org","+44 20","","2026-11-20"\r\n'
APPLE = """BEGIN:VCARD\r
VERSION:3.0\r
N:Hopper;Grace;Brewster;;\r
FN:Grace Hopper\r
item1.EMAIL;type=INTERNET:second@example.org\r
EMAIL;type=INTERNET;type=pref:grace@example\r
 .org\r
TEL;type=CELL:+1 555\r
NOTE:Met\\, in spring\\nat the \\"fair\\"\r
END:VCARD\r
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gro=C3=9F;J=C3=BCr=
gen
EMAIL:jg@example.org
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Analytical\\; Ltd
ORG:Analytical;Engines
EMAIL;PREF=1;LABEL="a:b;c":mailto:office@example.org
TEL;VALUE=uri:tel:+44-20
END:VCARD
"""


def test_csv_files_of_google_outlook_and_our_own_are_read():
    grace, office, nobody = read_contacts(GOOGLE)
    assert grace == FileContact(2, "Grace Brewster Hopper", "grace@example.org", "+1 555", "Met, in\nspring")
    assert (office.name, office.email) == ("Analytical Ltd", "office@example.org")
    assert (nobody.line, nobody.problem) == (6, "line 6: no email")
    assert read_contacts(decoded(OUTLOOK.encode())) == [
        FileContact(2, "Jürgen Groß", "jg@example.org", "0170 1")
    ]
    assert read_contacts(OURS) == [FileContact(2, "=Ann", "ann@example.org", "+44 20")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_in_the_encoding_that_its_program_writes(encoding):
    (contact,) = read_contacts(decoded("Name,Email\nJürgen,j@example.org\n".encode(encoding)))
    assert contact.name == "Jürgen"


def test_vcards_of_every_version_are_read():
    grace, juergen, office = read_contacts(APPLE)
    assert grace == FileContact(
        1, "Grace Hopper", "grace@example.org", "+1 555", 'Met, in spring\nat the "fair"'
    )
    assert (juergen.name, juergen.email) == ("Jürgen Groß", "jg@example.org")
    assert (office.name, office.email, office.phone) == ("Analytical; Ltd", "office@example.org", "+44-20")


def test_a_contact_that_can_not_be_saved_says_why():
    rows = [
        "Name,Email,Phone",
        "Ann,not an email,",
        f"{'n' * 65},ann@example.org,",
        f"Bob,b@example.org,{'1' * 65}",
    ]
    assert [contact.problem for contact in read_contacts("\n".join(rows))] == [
        "line 2: the email can't be saved as it is",
        "line 3: the name can't be saved as it is",
        "line 4: the phone can't be saved as it is",
    ]


@pytest.mark.parametrize("text", ["", "Name,Phone\nAnn,1\n", 'Name,Email\n"Ann' + "x" * 200_000])
def test_a_file_without_readable_contacts_is_refused_in_words(text):
    with pytest.raises(UnreadableContactsError, match=r"Email|CSV"):
        read_contacts(text)


def test_a_line_of_many_semicolons_is_read_at_once():
    assert read_contacts("BEGIN:VCARD\nEMAIL" + ";a" * 50_000 + "\nEND:VCARD\n") == [FileContact(1, "", "")]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@given(some.text(some.sampled_from("a'=+-@5,;|\t\r\n\" :")) | some.text(), some.from_regex(r"\+?[0-9 ]{,20}"))
@example("Twitter,@ada", "+44 20 79")
@example("'=x", "+44-1")
@example("a ::: b", "")
def test_a_csv_export_reads_back_as_the_same_contact(separator, notes, phone):
    columns = "Name", "Email", "Phone", "Notes", "Since"
    file = csv_format(separator, with_byte_order_mark=True)
    row = dict(zip(columns, ("=Ann", "ann@example.org", phone, notes, "2026-11-20"), strict=True))
    (contact,) = read_contacts(decoded((file.begin(columns) + file.add(columns, row, True)).encode()))
    assert (contact.name, contact.phone) == ("=Ann", phone.strip())
    assert contact.notes == (notes if notes.strip() else "")


printable = some.text(
    some.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=60
)


@given(printable, printable, some.text(some.sampled_from('a;,\\\n:=" ö\N{PILE OF POO}'), max_size=120))
def test_a_written_vcard_reads_back_as_the_same_contact(name, phone, notes):
    card = write_vcard(name, "ann@example.org", phone, notes)
    assert all(len(line.encode()) <= 75 for line in card.split("\r\n"))
    (contact,) = read_contacts(card)
    assert contact.name == name
    assert contact.notes == notes.strip()
