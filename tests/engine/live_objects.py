"""The controllers of live objects, asked as a test asks."""

from __future__ import annotations

import json


class Live:
    """A live object's controller, asked as a test asks."""

    def __init__(self, controller, named: str) -> None:
        self._controller = controller
        self._named = named

    def ask(self, **instruction):
        answer = self._controller(controller=self._named, ctype="action", **instruction)
        assert json.loads(json.dumps(answer)) == answer
        return answer

    def asks_ok(self, **instruction):
        answer = self.ask(**instruction)
        assert answer["failed"] is False, answer
        return answer

    def is_refused(self, code: str, **instruction):
        answer = self.ask(**instruction)
        assert answer.get("code") == code, answer
        return answer


def live_session(engine, session_id: int = 1) -> Live:
    return Live(engine.sessions[session_id].ewallet_controller, "user")


def live_worker(engine, worker_id: int = 1) -> Live:
    return Live(engine.workers[worker_id].main_controller, "system")
