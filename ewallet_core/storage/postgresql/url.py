"""Where a database at PostgreSQL is: the URL for libpq, and the schema that has the tables."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import URL

from ewallet_core.errors.server import StorageUnavailableError

_OURS = "schema"
_MOST_BYTES = 63
"""Of a name; PostgreSQL would cut off the rest."""


@dataclass(frozen=True, slots=True)
class PostgresqlTarget:
    """A database, and the schema in it; without a schema, the first one of the role's search path."""

    url: URL
    """Without our own arguments. Printed, it has no password."""
    schema: str | None = None

    def __str__(self) -> str:
        """What may be shown: role, hosts, ports, database and schema, but no password."""
        hosts = _values(self.url, "host") or ([self.url.host] if self.url.host else [])
        ports = _values(self.url, "port") or ([str(self.url.port)] if self.url.port else [])
        services = [f"service={name}" for name in _values(self.url, "service")]
        database = self.url.database or "".join(_values(self.url, "dbname"))
        place = ",".join(hosts or services) + (f":{','.join(ports)}" if ports else "")
        user = f"{self.url.username}@" if self.url.username else ""
        schema = f" (schema {self.schema})" if self.schema else ""
        return f"{user}{place}{f'/{database}' if database else ''}{schema}"


def read_target(url: URL) -> PostgresqlTarget:
    """The database of a URL of PostgreSQL; raises `StorageUnavailableError` if its schema is none."""
    schemas = _values(url, _OURS)
    if len(schemas) > 1:
        raise StorageUnavailableError("its URL names several schemas", "Write schema= once.")
    schema = schemas[0] if schemas else None
    if schema is not None:
        _require_name(schema)
    passwords = _values(url, "password")
    if passwords:
        # A URL shows its query, but not its password.
        url = url.set(password=passwords[-1])
    return PostgresqlTarget(url.difference_update_query([_OURS, "password"]), schema)


def _values(url: URL, name: str) -> list[str]:
    found = url.query.get(name, ())
    return [found] if isinstance(found, str) else list(found)


def _require_name(schema: str) -> None:
    if not schema or "\0" in schema or len(schema.encode()) > _MOST_BYTES:
        raise StorageUnavailableError(
            "the schema in its URL has no name that PostgreSQL takes",
            f"Give one of 1 to {_MOST_BYTES} bytes.",
        )
    if schema.startswith("pg_") or schema == "information_schema":
        raise StorageUnavailableError(
            f"the schema {schema} is PostgreSQL's own", "Name another, such as schema=ewallet."
        )
