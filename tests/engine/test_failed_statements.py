"""Each changing instruction, failed at its statements and steps: nothing changes, and a repetition works."""

from __future__ import annotations

import random

import pytest
from effort import count, effort, with_seed
from examples import EXAMPLES
from failing_statements import check_failures
from instructions import supply

from ewallet_core.storage.group_commit import GroupCommitWriter

CHANGES = {example.found.name: example for example in EXAMPLES if example.found.changes}
"""An example of each changing instruction."""


@pytest.mark.parametrize("example", CHANGES.values(), ids=CHANGES)
@with_seed
def test_a_change_that_fails_anywhere_changes_nothing(at_example, wallet_file, example, seed):
    drawn = random.Random(f"{seed} {example.found.name}")
    count(failed_points=check_failures(at_example, example.instruction, wallet_file, drawn, effort(3, 10)))


# What must fail


def test_a_rollback_that_is_not_whole_is_detected(supplied, wallet_file, monkeypatch):
    def commit(writer: GroupCommitWriter) -> None:
        if writer._connection.in_transaction:
            writer._connection._real.execute("COMMIT")

    monkeypatch.setattr(GroupCommitWriter, "_roll_back", commit)
    with pytest.raises(AssertionError):
        check_failures(supplied, supply(5), wallet_file, random.Random(1), most=4)
    monkeypatch.undo()


def test_a_connection_that_is_not_usable_afterwards_is_detected(supplied, wallet_file, monkeypatch):
    monkeypatch.setattr(GroupCommitWriter, "_roll_back", lambda writer: None)
    with pytest.raises(AssertionError):
        check_failures(supplied, supply(5), wallet_file, random.Random(1), most=4)
