"""The requests of the client of the system that EWallet grew from: their selectors, arguments and types.

`client_id` and `session_token` stand beside nearly all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from instructions import PASSWORD

# Controller and action, the other selectors, and the arguments, which are text unless their type is given.
SHAPES = """
client alive alive=ctoken
client alive alive=stoken
client convert convert=clock2credits | minutes:int
client convert convert=credits2clock | credits:int notes
client edit edit=account | user_name user_phone user_email user_pass user_alias
client login | user_email user_pass
client logout
client new new=account | user_name user_pass user_email user_phone user_alias
client new new=contact contact=list
client new new=contact contact=record | contact_list:int user_name user_email user_phone user_reference notes
client new new=conversion conversion=list
client new new=credit credit=clock
client new new=credit credit=ewallet
client new new=invoice invoice=list
client new new=time time=list
client new new=transfer transfer=list
client pause pause=clock_timer
client pay | pay credits:int
client recover recover=account
client report report=issue | issue:issue
client request request=client_id | expires_on:datetime
client request request=session_token | expiration_date:datetime expires_on:datetime
client resume resume=clock_timer
client start start=clock_timer
client stop stop=clock_timer
client supply supply=credits | currency credits:int cost:float notes
client switch switch=account | account
client switch switch=contact contact=list | list_id:int
client switch switch=conversion conversion=list | sheet_id:int
client switch switch=credit credit=clock | clock_id:int
client switch switch=credit credit=ewallet | ewallet_id:int
client switch switch=invoice invoice=list | sheet_id:int
client switch switch=time time=list | sheet_id:int
client switch switch=transfer transfer=list | sheet_id:int
client transfer transfer=credits | transfer_to credits:int
client unlink unlink=account | forced_removal:bool
client unlink unlink=contact contact=list | list_id:int
client unlink unlink=contact contact=record | record_id:int
client unlink unlink=conversion conversion=list | list_id:int
client unlink unlink=conversion conversion=record | record_id:int
client unlink unlink=credit credit=clock | clock_id:int
client unlink unlink=credit credit=ewallet | ewallet_id:int
client unlink unlink=invoice invoice=list | list_id:int
client unlink unlink=invoice invoice=record | record_id:int
client unlink unlink=time time=list | list_id:int
client unlink unlink=time time=record | record_id:int
client unlink unlink=transfer transfer=list | list_id:int
client unlink unlink=transfer transfer=record | record_id:int
client verify verify=ctoken ctoken=linked
client verify verify=ctoken ctoken=session
client verify verify=ctoken ctoken=status
client verify verify=ctoken ctoken=validity
client verify verify=stoken stoken=linked
client verify verify=stoken stoken=session
client verify verify=stoken stoken=status
client verify verify=stoken stoken=validity
client view view=account
client view view=contact contact=list
client view view=contact contact=record | record_id:int
client view view=conversion conversion=list
client view view=conversion conversion=record | record_id:int
client view view=credit credit=clock
client view view=credit credit=ewallet
client view view=invoice invoice=list
client view view=invoice invoice=record | record_id:int
client view view=login
client view view=logout
client view view=time time=list
client view view=time time=record | record_id:int
client view view=transfer transfer=list
client view view=transfer transfer=record | record_id:int
system cleanup cleanup=ctokens
system cleanup cleanup=sessions | session_id:int
system cleanup cleanup=stokens
system cleanup cleanup=workers | worker_id:int
system close | closing
system interogate interogate=session | session_id:int
system interogate interogate=workers
system new new=session | reference
system new new=worker
system open | opening in_port:int out_port:int
system start start=cleaner | clean
"""

_TIME = datetime(2026, 12, 1, 10, 30)  # noqa: DTZ001 - as that system makes them
_ISSUE = {"name": "Report", "log": "bG9n", "email": "ada@example.org", "details": ["a", {"b": 1}, None]}
_VALUES: dict[str, tuple[Any, ...]] = {
    "int": (1, "1"),
    "float": (1.5, "1.5"),
    "bool": (True, False),
    "datetime": (str(_TIME), _TIME.isoformat(), _TIME.strftime("%d-%m-%Y %H:%M:%S")),
    "issue": (_ISSUE, {**_ISSUE, "details": {"level": "user"}}, {**_ISSUE, "details": "text"}),
    "": ("a text",),
}
_TEXTS: dict[str, tuple[str, ...]] = {
    "user_pass": (PASSWORD,),
    "user_email": ("cleo@example.org",),
    "account": ("ada@example.org",),
    "pay": ("bob@example.org",),
    "transfer_to": ("bob@example.org",),
    "currency": ("EUR",),
    "opening": ("sockets",),
    "closing": ("sockets",),
    "clean": ("all", "accounts", "workers", "sessions", "ctokens", "stokens"),
}


@dataclass(frozen=True)
class OriginalRequest:
    """The selectors of a request, and for each argument the values that are sent."""

    selectors: dict[str, str]
    values: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def instructions(self) -> Iterator[dict[str, Any]]:
        """The request with the first of its values, with the second, and so on."""
        for turn in range(max(map(len, self.values.values()), default=1)):
            chosen = {name: values[turn % len(values)] for name, values in self.values.items()}
            yield {**self.selectors, **chosen}

    def __str__(self) -> str:
        return " ".join(self.selectors.values())


def original_requests(*, in_process: bool = False) -> Iterator[OriginalRequest]:
    """All of them; in a process, a time is sent as the object that it is there."""
    for line in SHAPES.strip().splitlines():
        words, _, arguments = line.partition(" | ")
        controller, action, *selectors = words.split()
        values = {}
        for argument in arguments.split():
            name, _, kind = argument.partition(":")
            values[name] = _TEXTS.get(name, _VALUES[kind])
            if kind == "datetime" and in_process:
                values[name] = (_TIME,)
        others = dict(selector.split("=") for selector in selectors)
        yield OriginalRequest({"controller": controller, "action": action, **others}, values)
