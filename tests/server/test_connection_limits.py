"""The limits of concurrent connections, in total and per address."""

from __future__ import annotations

import pytest

from ewallet_core.errors.server import TooManyConnectionsError, TooManyFromAddressError
from ewallet_core.server.limits import ConnectionLimiter, Limits

HERE, THERE, ELSEWHERE = "127.0.0.1", "192.0.2.1", "198.51.100.7"


def limiter(**limits: object) -> ConnectionLimiter:
    return ConnectionLimiter(Limits(**{"connections": 3, "connections_per_address": 1, **limits}))


def test_a_closed_connection_frees_its_place():
    house = limiter(connections=1)
    house.admit(THERE)
    with pytest.raises(TooManyConnectionsError):
        house.admit(ELSEWHERE)
    house.leave(THERE)
    house.admit(ELSEWHERE)
    assert house.count == 1
    house.leave(ELSEWHERE)
    assert house.count == 0


def test_each_address_has_its_own_limit():
    house = limiter()
    house.admit(THERE)
    house.admit(ELSEWHERE)
    with pytest.raises(TooManyFromAddressError):
        house.admit(THERE)
    assert house.count == 2
    house.leave(THERE)
    house.admit(THERE)


@pytest.mark.parametrize("address", [HERE, "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_loopback_counts_only_towards_the_total(address):
    house = limiter()
    for _ in range(3):
        house.admit(address)
    with pytest.raises(TooManyConnectionsError):
        house.admit(address)


def test_loopback_counts_per_address_if_configured():
    house = limiter(loopback_is_exempt=False)
    house.admit(HERE)
    with pytest.raises(TooManyFromAddressError):
        house.admit(HERE)
