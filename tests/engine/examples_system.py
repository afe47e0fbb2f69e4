"""Examples of system instructions: interrogation, cleanup, cleaners and sockets."""

from __future__ import annotations

from typing import Any

from answer_shapes import SESSION_DATA, TIMESTAMP, WORKER_DATA, MapOf, Maybe
from example import Example
from instructions import NEW_SESSION, NEW_WORKER, START, Instruction, to_clock


def system(action: str, what: str, **arguments: Any) -> Instruction:
    return {"controller": "system", "action": action, action: what, **arguments}


def cleanup(what: str, **one: Any) -> Instruction:
    return system("cleanup", what, **one)


def start_cleaner(name: str = "all") -> Instruction:
    return system("start", "cleaner", cleaner=name)


def stop_cleaner(name: str = "all") -> Instruction:
    return system("stop", "cleaner", cleaner=name)


START_LISTENER = system("start", "instruction_listener")
OPEN_SOCKETS = {
    "controller": "system",
    "action": "open",
    "opening": "sockets",
    "in_port": 0,
    "out_port": 7001,
}
VIEW_SOCKETS = {"action": "view", "view": "sockets"}
CLOSE_SOCKETS = {"controller": "system", "action": "close", "closing": "sockets"}
INTEROGATE_WORKERS = system("interogate", "workers")


def interogate_session(session_id: Any) -> Instruction:
    return system("interogate", "session", session_id=session_id)


INTERROGATED = {
    "session_id": int,
    "ewallet_session": int,
    "reference": Maybe(str),
    "session_data": SESSION_DATA,
    "worker": int,
    "address": str,
    "since": TIMESTAMP,
    "last_use": TIMESTAMP,
    "expires": TIMESTAMP,
}
_PORTS = {"in_port": int, "out_port": int}
_RUNNING = {"cleaner": str, "running": [str]}

EXAMPLES = (
    Example("logged in", interogate_session(1), INTERROGATED),
    Example("anonymous", interogate_session(1), INTERROGATED, before=(NEW_SESSION,)),
    Example("visiting", INTEROGATE_WORKERS, {"workers": MapOf(r"\d+", WORKER_DATA)}),
    Example("anonymous", cleanup("sessions"), {"sessions": [int]}, before=(NEW_SESSION,)),
    Example("logged in", cleanup("sessions", session_id=1), {"sessions": [int]}),
    Example("anonymous", cleanup("workers"), {"workers": [int]}, before=(NEW_WORKER,)),
    Example("anonymous", cleanup("workers", worker_id=1), {"workers": [int]}, before=(NEW_WORKER,)),
    Example("anonymous", cleanup("ctokens"), {"ctokens": int}),
    Example("anonymous", cleanup("stokens"), {"stokens": int}),
    Example("running", cleanup("clocks"), {"clocks": [int]}),
    Example("supplied", cleanup("clocks"), {"clocks": [int]}, before=(to_clock(1), START)),
    Example("logged in", cleanup("accounts"), {"accounts": [int]}),
    Example("logged in", cleanup("history"), {"forgotten_before": TIMESTAMP}),
    Example("anonymous", start_cleaner(), _RUNNING),
    Example("anonymous", start_cleaner("history"), _RUNNING),
    Example("anonymous", system("start", "cleaner", clean="ctokens"), _RUNNING),
    Example("anonymous", system("stop", "cleaner", clean="ctokens"), _RUNNING),
    Example("anonymous", stop_cleaner(), _RUNNING),
    Example("anonymous", VIEW_SOCKETS, {"in_port": Maybe(int), "out_port": Maybe(int)}),
    Example("anonymous", VIEW_SOCKETS, _PORTS, before=(OPEN_SOCKETS,)),
    Example("anonymous", START_LISTENER, {"listener": "ready"}),
    Example("anonymous", system("start", "listener"), {"listener": "ready"}),
    Example("anonymous", OPEN_SOCKETS, _PORTS),
    Example("anonymous", system("open", "sockets", in_port=65_535, out_port=0), _PORTS),
    Example("anonymous", CLOSE_SOCKETS, {"closed": True}),
    Example("anonymous", system("close", "sockets"), {"closed": True}),
)
