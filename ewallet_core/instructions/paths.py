"""The paths of the HTTP API: one rule from an instruction's selectors to a method and a path.

The action is the method: `view` is GET, `new` is POST, `edit` is PATCH, `unlink` is DELETE, and any other is
POST with the action at the end of the path. The words after the action are the resource, in the plural if
there are many of it. An id that an instruction needs is in the path. Instructions of the controller `system`
are under `/v1/system`. `EXCEPTIONS` has all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ewallet_core.instructions.registry import Instruction
from ewallet_core.instructions.validation import FieldReader
from ewallet_core.types import RecordType

PREFIX = "/v1"
ACTIVE = "active"
"""In place of an id: the wallet or clock that is the active one."""

EXCEPTIONS: Mapping[str, tuple[str, str]] = {
    "client action login": ("POST", "/login"),
    "client action logout": ("POST", "/logout"),
    "client action new account": ("POST", "/accounts"),
    # A password is never in a URL, so this is no DELETE.
    "client action unlink account": ("POST", "/account/delete"),
    "client action switch account": ("POST", "/account/switch"),
    "client action pay": ("POST", "/payments"),
    "client action transfer credits": ("POST", "/transfers"),
    "client action transfer time": ("POST", "/time-transfers"),
    "client action supply credits": ("POST", "/supplies"),
    "client action convert credits2clock": ("POST", "/conversions/credits-to-time"),
    "client action convert clock2credits": ("POST", "/conversions/time-to-credits"),
    "client action view credit ewallet": ("GET", f"/wallets/{ACTIVE}"),
    "client action view credit clock": ("GET", f"/clocks/{ACTIVE}"),
    # It changes what the run is for, and nothing of the clock.
    "client action edit clock_timer": ("PATCH", f"/clocks/{ACTIVE}/timer"),
    "client action view transfer list": ("GET", "/transfers"),
    "client action view invoice list": ("GET", "/invoices"),
    "client action view conversion list": ("GET", "/conversions"),
    "client action view time list": ("GET", "/time-records"),
    "client action view contact list": ("GET", "/contacts"),
    "client action export sheet": ("GET", "/export"),
    "system action supply credits": ("POST", "/system/supplies"),
    "system action freeze account": ("POST", "/system/accounts/freeze"),
    "system action unfreeze account": ("POST", "/system/accounts/unfreeze"),
    "system action grant role": ("POST", "/system/accounts/grant-role"),
    "system action reset password": ("POST", "/system/accounts/reset-password"),
    "system action start instruction_listener": ("POST", "/system/sockets/start"),
}

_METHODS = {
    "view": "GET",
    "search": "GET",
    "verify": "GET",
    "interogate": "GET",
    "new": "POST",
    "request": "POST",
    "report": "POST",
    "edit": "PATCH",
    "unlink": "DELETE",
    "end": "DELETE",
}
_CREATING = frozenset({"new", "request", "report", "pay", "transfer", "supply", "convert"})
_VERBS = {"switch": "activate", "alive": "keep-alive"}

_RESOURCES = {
    "credit ewallet": "wallets",
    "credit ewallets": "wallets",
    "credit clock": "clocks",
    "credit clocks": "clocks",
    "clock_timer": f"clocks/{ACTIVE}",
    "ctoken": "client-id",
    "stoken": "session-token",
    "ctokens": "client-ids",
    "stokens": "session-tokens",
    "time record": "time-records",
    "contact list": "contact-lists",
    "contact_list": "contact-lists",
    "limit": "daily-limit",
}
_MANY = frozenset({"cleaner", "issue", "login", "logout", "payment", "permission", "session", "worker"})
_KINDS = frozenset(map(str, RecordType))
_IDS = ("record_id", "sheet_id", "list_id", "ewallet_id", "clock_id", "session_id", "cleaner")


@dataclass(frozen=True)
class Route:
    """An instruction as a method and a path, such as `PATCH /v1/wallets/{ewallet_id}`."""

    instruction: Instruction
    method: str
    path: str
    id_name: str | None
    """The argument in the path, if there is one."""

    @property
    def has_body(self) -> bool:
        """Whether the other arguments are in a JSON body, not in the query."""
        return self.method in ("POST", "PATCH")

    @property
    def creates(self) -> bool:
        """Whether something new is there after it, which is answered with 201."""
        return self.instruction.forms[0]["action"] in _CREATING

    @property
    def operation_id(self) -> str:
        """Its name for programs: the selectors, without `client action`."""
        return self.instruction.name.removeprefix("client ").replace("action ", "").replace(" ", "_")

    @cached_property
    def readers(self) -> dict[str, FieldReader]:
        """What reads each argument of the query or the body.

        Other names of the id are left out, and arguments that have no effect.
        """
        found = self.instruction
        ids = found.request.exactly_one_of if self.id_name is not None else ()
        return {
            name: reader
            for name, reader in found.readers.items()
            if name != self.id_name and name not in ids and not reader.is_unused
        }

    def path_to(self, item_id: object) -> str:
        """The path with this id in it."""
        return self.path.replace(f"{{{self.id_name}}}", str(item_id))


def route_of(found: Instruction) -> Route:
    """The only route of an instruction."""
    if found.name in EXCEPTIONS:
        method, path = EXCEPTIONS[found.name]
        return Route(found, method, PREFIX + path, None)
    form = found.forms[0]
    selectors = list(form.values())[3:]
    is_system, action = form["controller"] == "system", form["action"]
    id_name = _needed_id(found)
    parts = [_resource(selectors), f"{{{id_name}}}" if id_name else "", _verb(action)]
    path = "/".join(filter(None, [PREFIX, "system" if is_system else "", *parts]))
    return Route(found, _METHODS.get(action, "POST"), path, id_name)


def routes_of(instructions: Iterable[Instruction]) -> list[Route]:
    return [route_of(each) for each in instructions]


def _needed_id(found: Instruction) -> str | None:
    """The id that is required, by itself or as one of several."""
    choices = found.request.exactly_one_of
    for name in _IDS:
        argument = found.arguments.get(name)
        if argument is not None and (argument.required or name in choices):
            return name
    return None


def _verb(action: str) -> str:
    return "" if action in _METHODS else _VERBS.get(action, action)


def _resource(selectors: list[str]) -> str:
    subject = " ".join(selectors)
    if (named := _RESOURCES.get(subject)) is not None:
        return named
    first, *rest = selectors
    kind, _, noun = first.partition("_")
    if kind in _KINDS and (noun == "sheet" or rest == ["list"]):
        return f"{kind}-sheets"
    if kind in _KINDS and rest == ["record"]:
        return f"{kind}s"
    if subject in _MANY:
        return f"{subject}s"
    return "/".join(_RESOURCES.get(word, word.replace("_", "-")) for word in selectors)


class FoundPath(NamedTuple):
    """The routes of a path by method, and the id in it, if there is one."""

    routes: Mapping[str, Route]
    item_id: str | None


class RouteTable:
    """Finds the routes of a path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        # None stands for an id.
        self._by_path: dict[tuple[str | None, ...], dict[str, Route]] = {}
        for route in routes:
            self._by_path.setdefault(tuple(_parts_of(route)), {})[route.method] = route

    def find(self, path: str) -> FoundPath | None:
        """The routes of that path; a word such as `active` comes before an id in the same place."""
        parts = path.split("/")
        if (found := self._by_path.get(tuple(parts))) is not None:
            return FoundPath(found, None)
        for place in range(len(parts) - 1, 0, -1):
            key = (*parts[:place], None, *parts[place + 1 :])
            if parts[place] and (found := self._by_path.get(key)) is not None:
                return FoundPath(found, parts[place])
        return None


def _parts_of(route: Route) -> Iterator[str | None]:
    for part in route.path.split("/"):
        yield None if part.startswith("{") else part
