"""Every door at which instructions are asked, for what looks at all of them."""

from __future__ import annotations

from ewallet_core.actions import CATALOGUE
from ewallet_core.actions.sessions.live_sessions import SESSION_CATALOGUE
from ewallet_core.actions.sessions.session_maps import WORKER_CATALOGUE
from ewallet_core.instructions.reference import Door

DOORS = (
    Door(CATALOGUE),
    Door(
        SESSION_CATALOGUE,
        "Live sessions",
        "Asked of a session's live object in the engine's own process:"
        " `manager.sessions[id].ewallet_controller(…)`.",
    ),
    Door(
        WORKER_CATALOGUE,
        "Live workers",
        "Asked of a worker's live object in the engine's own process:"
        " `manager.workers[id].main_controller(…)`.",
    ),
)
