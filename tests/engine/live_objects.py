"""Test clients of live sessions and workers."""

from __future__ import annotations

import json


class Live:
    """Sends instructions to the controller of a live object."""

    def __init__(self, controller, name: str) -> None:
        self._controller = controller
        self._name = name

    def send(self, **instruction):
        answer = self._controller(controller=self._name, ctype="action", **instruction)
        assert json.loads(json.dumps(answer)) == answer
        return answer

    def request(self, **instruction):
        answer = self.send(**instruction)
        assert answer["failed"] is False, answer
        return answer

    def expect_error(self, code: str, **instruction):
        answer = self.send(**instruction)
        assert answer.get("code") == code, answer
        return answer


def live_session(engine, session_id: int = 1) -> Live:
    return Live(engine.sessions[session_id].ewallet_controller, "user")


def live_worker(engine, worker_id: int = 1) -> Live:
    return Live(engine.workers[worker_id].main_controller, "system")
