"""Contacts in files of other programs: reads CSV and vCard, and writes vCard."""

from __future__ import annotations

import codecs
import csv
import io
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ewallet_core.instructions import fields
from ewallet_core.instructions.validation import accepts
from ewallet_core.operations.file_formats import with_formulas

FIELDS: Mapping[str, Any] = {
    "name": fields.ContactName,
    "email": fields.Email,
    "phone": fields.Phone,
    "notes": fields.Notes,
}


@dataclass(frozen=True)
class FileContact:
    """A contact in a file, and the line on which it begins."""

    line: int
    name: str
    email: str
    phone: str = ""
    notes: str = ""

    @property
    def problem(self) -> str:
        """Why it can't be saved: `line 4: no email`; empty if it can."""
        if not self.email:
            return f"line {self.line}: no email"
        for name, kind in FIELDS.items():
            if not accepts(kind, getattr(self, name)):
                return f"line {self.line}: the {name} can't be saved as it is"
        return ""


class UnreadableContactsError(ValueError):
    """The text has no contacts that can be read; the message tells the user why."""


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or, if it is neither, the code page of older Windows programs."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_contacts(text: str) -> list[FileContact]:
    """The contacts of a vCard or CSV file; raises `UnreadableContactsError` if it has no column of emails."""
    if re.match(r"\s*BEGIN:VCARD", text, re.IGNORECASE):
        return list(_read_vcards(text))
    return list(_read_csv(text))


# CSV: the headings of Google, Outlook, Apple, Thunderbird and of our own export, without case.

_HEADINGS = {
    "name": ("name", "display name", "full name", "fn", "file as"),
    "first": ("first name", "given name"),
    "middle": ("middle name", "additional name"),
    "last": ("last name", "family name", "surname"),
    "company": ("company", "organization name", "organization", "organization 1 - name"),
    "email": ("email", "e-mail", "e-mail address", "email address", "primary email", "e-mail 1 - value"),
    "phone": (
        "phone",
        "mobile phone",
        "phone 1 - value",
        "primary phone",
        "mobile number",
        "home phone",
        "business phone",
        "work phone",
        "telephone",
    ),
    "notes": ("notes", "note", "comments"),
}
_BETWEEN_VALUES = " ::: "
"""What Google writes between several values in one cell, in columns with a number."""
_HAS_SEVERAL = re.compile(r".+ [0-9]+ - .+")


def _read_csv(text: str) -> Iterator[FileContact]:
    first_line = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=separator)
    try:
        headings = [heading.strip().casefold() for heading in next(reader, [])]
        columns = {
            part: [headings.index(name) for name in names if name in headings]
            for part, names in _HEADINGS.items()
        }
        if not columns["email"]:
            raise UnreadableContactsError("The file has no column called Email. Add one, and try again.")
        begins_on = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = {part: _cell(headings, row, where) for part, where in columns.items()}
                yield _contact(begins_on, cells)
            begins_on = reader.line_num + 1
    except csv.Error as problem:
        raise UnreadableContactsError(f"Line {reader.line_num} is not valid CSV: {problem}.") from problem


def _cell(headings: list[str], row: list[str], columns: list[int]) -> str:
    """The first of the columns that has a value in this row."""
    for column in columns:
        cell = with_formulas(row[column]) if column < len(row) else ""
        if _HAS_SEVERAL.fullmatch(headings[column]):
            cell = cell.partition(_BETWEEN_VALUES)[0]
        if cell.strip():
            return cell
    return ""


def _contact(line: int, parts: Mapping[str, str]) -> FileContact:
    """A contact of these parts, named by its full name, its parts, its company or else its email."""
    pieces = " ".join(filter(None, (parts.get(part, "") for part in ("first", "middle", "last"))))
    email, phone = (parts.get(part, "").strip() for part in ("email", "phone"))
    name = parts.get("name") or pieces or parts.get("company") or email
    return FileContact(line, " ".join(name.split()), email, phone, parts.get("notes", ""))


# vCard 2.1, 3.0 and 4.0 (RFC 6350)

_PROPERTY = re.compile(
    r"(?:[\w-]+\.)?(?P<name>[\w-]+)(?P<parameters>(?:;(?:[^:;\"]|\"[^\"]*\")*)*):(?P<value>.*)"
)
_ESCAPED = re.compile(r"\\(.)")
_TAKEN_FROM = {"FN": "name", "EMAIL": "email", "TEL": "phone", "NOTE": "notes", "ORG": "company"}


def _read_vcards(text: str) -> Iterator[FileContact]:
    begins_on, parts = 0, dict[str, str]()
    for line, content in _unfolded(text):
        found = _PROPERTY.fullmatch(content)
        if found is None:
            continue
        name, value = found["name"].upper(), _value(found["value"], found["parameters"].upper())
        if name == "BEGIN":
            begins_on, parts = line, {}
        elif name == "END":
            yield _contact(begins_on, parts)
        elif name == "N":
            last, first, middle = (_unescaped(part) for part in (*_split(value), "", "", "")[:3])
            parts |= {"first": first, "middle": middle, "last": last}
        elif (part := _TAKEN_FROM.get(name)) is not None:
            is_preferred = "PREF" in found["parameters"].upper()
            if is_preferred or not parts.get(part):
                parts[part] = _unescaped(_split(value)[0] if name == "ORG" else value).strip()


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """The logical lines with the numbers of the lines on which they begin."""
    begins_on, whole = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        is_soft_break = "QUOTED-PRINTABLE" in whole.upper() and whole.endswith("=")
        if line.startswith((" ", "\t")) and whole and not is_soft_break:
            whole += line[1:]
        elif is_soft_break:
            whole = whole[:-1] + line
        else:
            if whole:
                yield begins_on, whole
            begins_on, whole = number, line
    if whole:
        yield begins_on, whole


def _value(value: str, parameters: str) -> str:
    if "QUOTED-PRINTABLE" in parameters:
        value = quopri.decodestring(value.encode()).decode(errors="replace")
    return re.sub("^(tel|mailto):", "", value, flags=re.IGNORECASE)


def _split(value: str) -> list[str]:
    """The components of a structured value, at semicolons that are not escaped."""
    return re.split(r"(?<!\\);", value)


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


LONGEST_LINE = 75
"""In bytes of UTF-8, as the standard says."""


def write_vcard(name: str, email: str, phone: str = "", notes: str = "") -> str:
    """One contact as vCard 3.0, which every address book reads."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:;{_escaped(name)};;;", f"FN:{_escaped(name)}"]
    lines.append(f"EMAIL;TYPE=INTERNET:{_escaped(email)}")
    lines += [f"TEL:{_escaped(phone)}"] if phone else []
    lines += [f"NOTE:{_escaped(notes)}"] if notes else []
    lines.append("END:VCARD")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _escaped(value: str) -> str:
    for special in ("\\", ";", ","):
        value = value.replace(special, f"\\{special}")
    return re.sub(r"\r\n|\r|\n", r"\\n", value)


def _folded(line: str) -> Iterable[str]:
    """The line in pieces of at most 75 bytes; each but the first begins with a space."""
    piece = ""
    for character in line:
        if len((piece + character).encode()) > LONGEST_LINE:
            yield piece
            piece = " "
        piece += character
    yield piece
