"""What a server may say: whatever has another form does not come from one."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from ewallet_core.client.connection import UnreachableError
from ewallet_core.protocol.address import LAST_PORT

NO_SERVER = "What answers there is no EWallet server. See to the host and the port."

LISTENING = "listening"
"""The event that says from where on events are told."""

AGAIN = frozenset({"outcome_unknown", "server_busy", "too_many_requests"})
"""The codes with which a server asks to be sent the same once more."""

_MILLISECONDS = 1_000
_LONGEST_WAIT_MS = 60_000

S = TypeVar("S", bound=msgspec.Struct)


class Details(msgspec.Struct, frozen=True):
    """What a program may want to know of a refusal."""

    retry_after_ms: Annotated[int, Meta(ge=0, le=_LONGEST_WAIT_MS)] = 0


class Reply(msgspec.Struct, frozen=True):
    """An answer as far as it concerns how it came; without a request id it is a notice."""

    failed: bool
    request_id: str | None = None
    code: str | None = None
    details: Details = Details()

    @property
    def wait_seconds(self) -> float | None:
        """After how many seconds the same is to be sent once more; None where it is answered."""
        return self.details.retry_after_ms / _MILLISECONDS if self.code in AGAIN else None


class Sockets(msgspec.Struct, frozen=True):
    """The answer to `view=sockets`."""

    out_port: Annotated[int, Meta(ge=1, le=LAST_PORT)] | None = None


class Told(msgspec.Struct, frozen=True):
    """An event, as far as it concerns where it stands among the others."""

    event: str
    sequence: Annotated[int, Meta(ge=0)]
    data: dict[str, Any] = {}


def read_as(form: type[S], message: dict[str, Any]) -> S:
    """The message in that form; raises `UnreachableError` where it has another."""
    try:
        return msgspec.convert(message, form)
    except msgspec.ValidationError:
        raise UnreachableError(NO_SERVER) from None


def reason_of(notice: dict[str, object]) -> str:
    """Why a server cuts a connection, as it has said itself."""
    return " ".join(str(notice[key]) for key in ("error", "warning") if notice.get(key))
