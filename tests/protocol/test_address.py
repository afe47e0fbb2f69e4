"""Where a server is, as people write it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.protocol.address import ServerAddress, fingerprint_of, format_host_port, is_loopback

WRITTEN = {
    "wallet.example.org": ServerAddress("wallet.example.org", 8080, None, tls=True),
    "Wallet.Example.ORG:9000": ServerAddress("wallet.example.org", 9000, None, tls=True),
    "  192.0.2.1:1/65535 ": ServerAddress("192.0.2.1", 1, 65_535, tls=True),
    "tcp://192.0.2.1": ServerAddress("192.0.2.1", tls=False),
    "localhost": ServerAddress("localhost", tls=False),
    "127.0.0.1:8080/8081": ServerAddress("127.0.0.1", 8080, 8081, tls=False),
    "tls://127.0.0.1": ServerAddress("127.0.0.1", tls=True),
    "[::1]:9000": ServerAddress("::1", 9000, tls=False),
    "[2001:DB8::7]": ServerAddress("2001:db8::7", tls=True),
}
NO_PLACES = [
    "",
    "  ",
    ":8080",
    "a b",
    "host:",
    "host:0",
    "host:65536",
    "host:99999",
    "host:1/0",
    "host:-1",
    "http://host",
    "host/8081",
    "user@host",
    "::1",
    "2001:db8::7:8080",
    "[::1",
    "host:8080/8081/8082",
    "ho\nst",
]


@pytest.mark.parametrize(("written", "meant"), WRITTEN.items(), ids=WRITTEN)
def test_what_is_written_is_read_as_it_is_meant(written, meant):
    assert ServerAddress.read(written) == meant


@pytest.mark.parametrize("place", WRITTEN.values(), ids=str)
def test_a_place_that_is_written_down_is_read_as_itself(place):
    assert ServerAddress.read(str(place)) == place


@pytest.mark.parametrize("written", NO_PLACES, ids=repr)
def test_what_is_no_place_is_said_to_be_none(written):
    with pytest.raises(ValueError, match="Write it as host:port"):
        ServerAddress.read(written)


@given(st.text(max_size=30))
def test_nothing_that_is_written_is_worse_than_no_place(written):
    with contextlib.suppress(ValueError):
        place = ServerAddress.read(written)
        assert ServerAddress.read(str(place)) == place


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_known_by_all_its_names(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "localhost.example.org", "127.0.0.1.example.org", ""]
)
def test_what_others_may_reach_is_not_this_machine(host):
    assert not is_loopback(host)


def test_a_name_keeps_an_address_apart_from_its_port():
    assert format_host_port("::1", 80) == "[::1]:80"
    assert format_host_port("host", 80) == "host:80"


def test_a_fingerprint_is_as_other_tools_write_it():
    assert fingerprint_of(b"") == "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    assert fingerprint_of(b"a") != fingerprint_of(b"b")
