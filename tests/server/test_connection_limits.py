"""So many may be connected at once, and so many of them from one address."""

from __future__ import annotations

import contextlib

import pytest

from ewallet_core.errors.server import TooManyConnectionsError, TooManyFromAddressError
from ewallet_core.server.limits import ConnectionLimiter, Limits

HERE, THERE, ELSEWHERE = "127.0.0.1", "192.0.2.1", "198.51.100.7"


def limiter(**limits: object) -> ConnectionLimiter:
    return ConnectionLimiter(Limits(**{"connections": 3, "connections_per_address": 1, **limits}))


def test_there_is_room_again_when_somebody_has_gone():
    house = limiter(connections=1)
    with house.admit(THERE), pytest.raises(TooManyConnectionsError), house.admit(ELSEWHERE):
        pass
    with house.admit(ELSEWHERE):
        assert house.count == 1
    assert house.count == 0


def test_an_address_has_no_more_than_its_own_while_others_come():
    house = limiter()
    with house.admit(THERE), house.admit(ELSEWHERE):
        with pytest.raises(TooManyFromAddressError), house.admit(THERE):
            pass
        assert house.count == 2
    with house.admit(THERE):
        pass


def test_somebody_who_goes_by_an_error_is_gone_all_the_same():
    house = limiter()
    with pytest.raises(OSError, match="reset"), house.admit(THERE):
        raise OSError("reset")
    assert house.count == 0


@pytest.mark.parametrize("address", [HERE, "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_not_counted_by_address_but_among_all(address):
    house = limiter()
    with contextlib.ExitStack() as connected:
        for _ in range(3):
            connected.enter_context(house.admit(address))
        with pytest.raises(TooManyConnectionsError):
            connected.enter_context(house.admit(address))


def test_this_machine_is_counted_where_it_is_to_be():
    house = limiter(loopback_is_exempt=False)
    with house.admit(HERE), pytest.raises(TooManyFromAddressError), house.admit(HERE):
        pass
