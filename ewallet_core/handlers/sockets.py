"""The sockets for instructions from other machines, if the engine has a listener."""

# Sockets belong to this process, not to the database: they open and close before the transaction, which may
# run more than once, and the request is not remembered.

from __future__ import annotations

from typing import TypedDict

from ewallet_core.errors.server import NoListenerError
from ewallet_core.instructions import fields
from ewallet_core.instructions.registry import Access, NoArguments, Request, instruction
from ewallet_core.operations.context import Context, InstructionListener, Preparation


class OpenSockets(Request, frozen=True):
    """The ports of instructions and of events."""

    in_port: fields.Port
    out_port: fields.Port


class _ViewSocketsAnswer(TypedDict):
    in_port: int | None
    out_port: int | None


@instruction({"action": "view", "view": "sockets"}, access=Access.ANYBODY)
def view_sockets(_request: NoArguments, context: Context) -> _ViewSocketsAnswer:
    """View the ports of instructions and of events; null if there are none."""
    listener = context.environment.listener
    in_port, out_port = (listener and listener.ports) or (None, None)
    return _ViewSocketsAnswer(in_port=in_port, out_port=out_port)


class _StartInstructionListenerAnswer(TypedDict):
    listener: str


@instruction(
    {"controller": "system", "action": "start", "start": "instruction_listener"},
    {"controller": "system", "action": "start", "start": "listener"},
    prepare=lambda _request, preparation: _listener(preparation).start(),
    remembered=False,
)
def start_instruction_listener(_request: NoArguments, context: Context) -> _StartInstructionListenerAnswer:
    """Get the listener of instructions ready to open sockets."""
    return _StartInstructionListenerAnswer(listener=context.prepared)


class _OpenSocketsAnswer(TypedDict):
    in_port: int
    out_port: int


@instruction(
    {"controller": "system", "action": "open", "opening": "sockets"},
    {"controller": "system", "action": "open", "open": "sockets"},
    prepare=lambda request, preparation: _listener(preparation).open(request.in_port, request.out_port),
    remembered=False,
)
def open_sockets(_request: OpenSockets, context: Context) -> _OpenSocketsAnswer:
    """Listen for instructions on these ports; the answer has the ports that are open."""
    in_port, out_port = context.prepared
    return _OpenSocketsAnswer(in_port=in_port, out_port=out_port)


class _CloseSocketsAnswer(TypedDict):
    closed: bool


@instruction(
    {"controller": "system", "action": "close", "closing": "sockets"},
    {"controller": "system", "action": "close", "close": "sockets"},
    prepare=lambda _request, preparation: _listener(preparation).close(),
    remembered=False,
)
def close_sockets(_request: NoArguments, context: Context) -> _CloseSocketsAnswer:
    """Stop listening for instructions."""
    return _CloseSocketsAnswer(closed=context.prepared)


def _listener(preparation: Preparation) -> InstructionListener:
    if preparation.listener is None:
        raise NoListenerError
    return preparation.listener
