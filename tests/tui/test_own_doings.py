"""What the app did itself is no news when it is heard of, and what happens later elsewhere is."""

from ewallet_tui import own_doings
from ewallet_tui.own_doings import LONGEST_ON_ITS_WAY, OwnDoings

PAY = {"action": "pay", "credits": 5}
LEFT = {"event": "credits_left", "data": {"credits": 5}}


def test_a_doing_that_was_never_heard_of_hides_nothing_that_comes_later(instant, monkeypatch):
    monkeypatch.setattr(own_doings, "LONGEST_ON_ITS_WAY", LONGEST_ON_ITS_WAY)
    own = OwnDoings(instant)
    with own.noting(PAY):
        instant.pass_by(minutes=10)
        assert own.explain(LEFT)
    assert not own.explain(LEFT)
    for seconds, is_own in ((LONGEST_ON_ITS_WAY - 1, True), (LONGEST_ON_ITS_WAY, False)):
        with own.noting(PAY):
            pass
        instant.pass_by(seconds=seconds)
        assert own.explain(LEFT) is is_own
