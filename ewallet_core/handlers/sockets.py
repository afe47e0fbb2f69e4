"""The sockets on which instructions come in from other machines, where the engine has a listener."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.errors.server import NoListenerError
from ewallet_core.instructions import fields
from ewallet_core.instructions.registry import Access, NoArguments, Request, instruction
from ewallet_core.operations.context import Context, InstructionListener, Preparation


class OpenSockets(Request, frozen=True):
    """The ports on which instructions come in and answers go out."""

    in_port: fields.Port
    out_port: fields.Port


class _ViewSocketsAnswer(TypedDict):
    in_port: int | None
    out_port: int | None


@instruction(
    NoArguments,
    {"action": "view", "view": "sockets"},
    access=Access.ANYBODY,
    changes=False,
)
def view_sockets(_asked: NoArguments, context: Context) -> _ViewSocketsAnswer:
    """View on which ports instructions are listened for and events are told; none in process."""
    in_port, out_port = (context.listener and context.listener.ports) or (None, None)
    return _ViewSocketsAnswer(in_port=in_port, out_port=out_port)


# What happens to the process happens before the transaction, which may be run more than once. It is
# remembered by nobody: after a restart the same request means this process.
def start_listening(_asked: NoArguments, preparation: Preparation) -> str:
    """Make the listener ready."""
    return _listener(preparation).start()


def open_ports(asked: OpenSockets, preparation: Preparation) -> tuple[int, int]:
    """Have the listener listen."""
    return _listener(preparation).open(asked.in_port, asked.out_port)


def close_ports(_asked: NoArguments, preparation: Preparation) -> bool:
    """Have the listener listen no more."""
    return _listener(preparation).close()


class _StartInstructionListenerAnswer(TypedDict):
    listener: str


@instruction(
    NoArguments,
    {"controller": "system", "action": "start", "start": "instruction_listener"},
    access=Access.SYSTEM,
    prepare=start_listening,
    remembered=False,
)
def start_instruction_listener(_asked: NoArguments, context: Context) -> _StartInstructionListenerAnswer:
    """Make the listener of instructions ready for its sockets."""
    return _StartInstructionListenerAnswer(listener=context.prepared)


class _OpenSocketsAnswer(TypedDict):
    in_port: int
    out_port: int


@instruction(
    OpenSockets,
    {"controller": "system", "action": "open", "opening": "sockets"},
    {"controller": "system", "action": "open", "open": "sockets"},
    access=Access.SYSTEM,
    prepare=open_ports,
    remembered=False,
)
def open_sockets(_asked: OpenSockets, context: Context) -> _OpenSocketsAnswer:
    """Listen for instructions on these ports; it answers at once with the ports that were found."""
    in_port, out_port = context.prepared
    return _OpenSocketsAnswer(in_port=in_port, out_port=out_port)


class _CloseSocketsAnswer(TypedDict):
    closed: bool


@instruction(
    NoArguments,
    {"controller": "system", "action": "close", "closing": "sockets"},
    {"controller": "system", "action": "close", "close": "sockets"},
    access=Access.SYSTEM,
    prepare=close_ports,
    remembered=False,
)
def close_sockets(_asked: NoArguments, context: Context) -> _CloseSocketsAnswer:
    """Listen for instructions no more."""
    return _CloseSocketsAnswer(closed=context.prepared)


def _listener(preparation: Preparation) -> InstructionListener:
    if preparation.listener is None:
        raise NoListenerError
    return preparation.listener
