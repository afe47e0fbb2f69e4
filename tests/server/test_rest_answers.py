"""The typed API answers what the instruction answers, for every view."""

from __future__ import annotations

import httpx
import pytest
from engine_client import EngineClient
from example import Example, bring
from examples import EXAMPLES
from rest_engine import RestEngine

from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Access
from ewallet_core.server.settings import HttpSettings

VIEWS = [each for each in EXAMPLES if not each.found.changes and each.access is not Access.ANYBODY]
# One counts what was asked before, and one names the id otherwise than the path does.
DIFFERENT = {"system view metrics", "view contact record record"}


@pytest.fixture
def callers(serve, wallclock):
    """An operator with records, who sends instructions as such, and the same over the typed API."""
    server = serve(http=HttpSettings(), limits={"requests_per_second_per_session": 10_000})
    caller = bring(EngineClient(server.http_wire()), "stopped", wallclock)
    server.request_system(action="grant", grant="role", account="ada@example.org", role="operator")
    with httpx.Client(base_url=server.http_url) as client:
        yield caller, EngineClient(RestEngine(client), caller.credentials)


def answer_of(caller: EngineClient, view: Example) -> Answer:
    answer = caller.send(**view.instruction)
    if answer["failed"]:
        # It is beside the answers of what is done.
        answer.pop("event_sequence", None)
    return answer


def test_every_view_has_the_same_answer_over_rest(callers):
    caller, over_rest = callers
    differ = {str(view) for view in VIEWS if answer_of(over_rest, view) != answer_of(caller, view)}
    assert differ == DIFFERENT
