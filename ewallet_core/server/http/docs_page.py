"""The typed API as one page to read, from its OpenAPI document: no script, nothing fetched from outside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from itertools import chain
from typing import Any

from starlette.responses import HTMLResponse, Response

from ewallet_core.instructions.json_schema import COMPONENTS, Schema
from ewallet_core.instructions.reference import ErrorEntry, errors
from ewallet_core.server.http.openapi import DOCUMENT_PATH, document
from ewallet_core.server.http.typed_requests import JSON

_STYLE = """
:root { color-scheme: light dark; --faint: #8884; --key: #0a6ebd; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
a { color: var(--key); }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem; }
td, th { border-bottom: 1px solid var(--faint); padding: 0.25rem 0.5rem; text-align: left; }
td { vertical-align: top; }
section { border-top: 1px solid var(--faint); margin-top: 1.5rem; }
section td:first-child code { overflow-wrap: normal; }
nav ul { padding: 0; }
nav li { list-style: none; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
"""
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
"""The content security policy of the page: its own style, and nothing else."""

_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
)


@cache
def docs_response() -> Response:
    headers = {
        "cache-control": "no-cache",
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(docs_page(), headers=headers)


@cache
def docs_page() -> str:
    return "\n".join(_page(document(), errors()))


def _page(described: Mapping[str, Any], listed: Iterable[ErrorEntry]) -> Iterator[str]:
    info, schemas = described["info"], described["components"]["schemas"]
    yield f"{_HEAD}<title>{info['title']} API</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{info['title']} API</h1>{_paragraphs(info['description'])}"
    yield f"<p>For programs: <a href='{DOCUMENT_PATH}'>openapi.json</a></p>"
    operations = [
        (method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    for tag in described["tags"]:
        own = [each for each in operations if tag["name"] in each[2]["tags"]]
        yield from _contents(tag, own)
    for each in operations:
        yield from _operation(*each, schemas)
    yield from _schemas(schemas)
    yield from _errors(listed)
    yield "</body></html>"


def _contents(tag: Mapping[str, str], operations: Iterable[tuple[str, str, Any]]) -> Iterator[str]:
    yield f"<h2>{escape(tag['name'])}</h2><p>{_text(tag['description'])}</p><nav><ul>"
    for method, path, operation in operations:
        link = f"<a href='#{operation['operationId']}'><code>{escape(path)}</code></a>"
        yield f"<li><span class='method'>{method}</span>{link} {_text(operation['summary'])}</li>"
    yield "</ul></nav>"


def _operation(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Schema]
) -> Iterator[str]:
    yield f"<section id='{operation['operationId']}'><h3>{method} <code>{escape(path)}</code></h3>"
    yield f"<p>{_text(operation['summary'])}</p>{_paragraphs(operation['description'])}"
    for place in ("path", "query", "header"):
        rows = [
            (parameter["name"], parameter["required"], parameter["schema"] | _described(parameter))
            for parameter in operation["parameters"]
            if parameter["in"] == place
        ]
        yield from _table(f"In the {place}", rows)
    if (body := operation.get("requestBody")) is not None:
        yield from _table("In the body, as JSON", _rows(_schema_of(body), schemas))
        yield from _example(body)
    for status, response in operation["responses"].items():
        if status in ("200", "201"):
            yield from _table(f"Answer ({status})", _rows(_schema_of(response), schemas))
    yield "</section>"


def _schema_of(part: Mapping[str, Any]) -> Schema:
    schema: Schema = part["content"][JSON]["schema"]
    return schema


def _example(body: Mapping[str, Any]) -> Iterator[str]:
    example = body["content"][JSON].get("example")
    if example:
        yield f"<p>Such as <code>{escape(json.dumps(example, ensure_ascii=False))}</code></p>"


def _described(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": parameter["description"]} if "description" in parameter else {}


Row = tuple[str, bool, Schema]


def _rows(reference: Schema, schemas: Mapping[str, Schema]) -> list[Row]:
    schema = schemas[_name_of(reference)]
    needed = schema.get("required", [])
    return [(name, name in needed, each) for name, each in schema["properties"].items()]


def _table(title: str, rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    if not rows:
        return
    yield f"<table><tr><th colspan='3'>{title}</th></tr>"
    for name, is_needed, schema in rows:
        # What is optional may be null as well.
        kind = _type(schema) if is_needed else f"{_type(schema).removesuffix(' or null')}, optional"
        described = _text(schema.get("description", ""))
        yield f"<tr><td><code>{escape(name)}</code></td><td>{kind}</td>"
        yield f"<td>{described}</td></tr>"
    yield "</table>"


def _type(schema: Schema) -> str:
    """The type in a word or two; a data dict is a link."""
    if "$ref" in schema:
        name = _name_of(schema)
        return f"<a href='#{name}'>{name}</a>"
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    if schema.get("additionalProperties"):
        return f"object of {_type(schema['additionalProperties'])}"
    kinds = schema.get("type", "anything")
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _name_of(reference: Schema) -> str:
    return str(reference["$ref"]).removeprefix(COMPONENTS)


def _schemas(schemas: Mapping[str, Schema]) -> Iterator[str]:
    """The data dicts; the schemas of single operations are beside these."""
    yield "<h2>Data</h2>"
    for name, schema in schemas.items():
        if name.endswith(("Answer", "Request")):
            continue
        yield f"<section id='{name}'><h3>{name}</h3><p>{_text(schema['description'])}</p>"
        yield from _table("Key", _rows({"$ref": COMPONENTS + name}, schemas))
        yield "</section>"


def _errors(listed: Iterable[ErrorEntry]) -> Iterator[str]:
    heads = "".join(f"<th>{head}</th>" for head in ("Code", "Category", "What is wrong", "What to do"))
    yield f"<h2>Errors</h2><table><tr>{heads}</tr>"
    for error in listed:
        cells = (error.category, error.error or error.meaning, error.warning or "")
        described = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
        yield f"<tr id='{error.code}'><td><code>{error.code}</code></td>{described}</tr>"
    yield "</table>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(each)}</p>" for each in text.split("\n\n"))


def _text(text: str) -> str:
    """The text with what is between backquotes as code."""
    parts = escape(text).split("`")
    return "".join(
        chain(*((f"<code>{part}</code>" if index % 2 else part) for index, part in enumerate(parts)))
    )
