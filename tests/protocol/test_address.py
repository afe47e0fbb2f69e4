"""Server addresses as users write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.protocol.address import ServerAddress, Servers, format_host_port, is_loopback, network_of
from ewallet_core.security.tokens import fingerprint_of

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
    "https://wallet.example.org": ServerAddress("wallet.example.org", 443, tls=True, http=True),
    "HTTPS://Wallet.Example.ORG:8090/": ServerAddress("wallet.example.org", 8090, tls=True, http=True),
    "http://192.0.2.1/": ServerAddress("192.0.2.1", 80, tls=False, http=True),
    "https://localhost": ServerAddress("localhost", 443, tls=True, http=True),
    "http://[::1]:8090": ServerAddress("::1", 8090, tls=False, http=True),
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
    "http://",
    "http:///",
    "https://host//",
    "https://host/wallet",
    "http://host:8090/8091",
    "ftp://host",
    "host/",
    "host/8081",
    "user@host",
    "::1",
    "2001:db8::7:8080",
    "[::1",
    "host:8080/8081/8082",
    "host:\uff18\uff10",
    "host:\u0661/8081",
    "host:8_080",
    "host:+80",
    "ho\nst",
    "one,two",
]


@pytest.mark.parametrize(("written", "parsed"), WRITTEN.items(), ids=WRITTEN)
def test_an_address_is_parsed(written, parsed):
    assert ServerAddress.read(written) == parsed


@pytest.mark.parametrize("address", WRITTEN.values(), ids=str)
def test_a_formatted_address_is_parsed_as_itself(address):
    assert ServerAddress.read(str(address)) == address


@pytest.mark.parametrize("written", NO_PLACES, ids=repr)
def test_an_invalid_address_is_refused(written):
    with pytest.raises(ValueError, match="Write it as host:port"):
        ServerAddress.read(written)


@pytest.mark.parametrize(
    ("written", "shown"),
    {
        "tcp://192.0.2.1:8080/8081": "192.0.2.1:8080",
        "https://wallet.example.org:443/": "https://wallet.example.org",
        "http://127.0.0.1:8090": "http://127.0.0.1:8090",
        "https://[::1]": "https://[::1]",
    }.items(),
)
def test_an_address_over_http_is_shown_as_a_url(written, shown):
    address = ServerAddress.read(written)
    assert address.shown == shown
    assert address.name.rpartition(":")[2].isdecimal()


@given(st.text(max_size=30))
def test_any_text_is_either_an_address_or_refused(written):
    with contextlib.suppress(ValueError):
        address = ServerAddress.read(written)
        assert ServerAddress.read(str(address)) == address


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_recognized_by_all_its_names(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "localhost.example.org", "127.0.0.1.example.org", ""]
)
def test_other_hosts_are_not_loopback(host):
    assert not is_loopback(host)


def test_an_ipv6_address_is_formatted_in_brackets():
    assert format_host_port("::1", 80) == "[::1]:80"
    assert format_host_port("host", 80) == "host:80"


def test_a_fingerprint_has_the_usual_format():
    assert fingerprint_of(b"") == "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    assert fingerprint_of(b"a") != fingerprint_of(b"b")


@pytest.mark.parametrize(
    ("host", "network"),
    {
        "192.0.2.1": "192.0.2.1",
        "::ffff:192.0.2.1": "192.0.2.1",
        "2001:db8:1:2::7": "2001:db8:1:2::/64",
        "2001:DB8:1:2:ffff:ffff:ffff:ffff": "2001:db8:1:2::/64",
        "2001:db8:1:3::7": "2001:db8:1:3::/64",
        "::1": "::/64",
        "fe80::1%eth0": "fe80::/64",
        "in process": "in process",
    }.items(),
)
def test_the_network_of_an_address_is_what_one_client_has(host, network):
    assert network_of(host) == network


SEVERAL = {
    "one": ("one:8080",),
    " one , TWO:81 ": ("one:8080", "two:81"),
    "https://one,https://two:8090/": ("https://one", "https://two:8090"),
    "two,one,tls://two:8080": ("two:8080", "one:8080"),
    "[::1]:1,tls://127.0.0.1:2/3": ("[::1]:1", "tls://127.0.0.1:2/3"),
}


@pytest.mark.parametrize("written", SEVERAL)
def test_several_servers_are_written_with_commas_and_each_counts_once(written: str) -> None:
    servers = Servers.read(written)
    assert tuple(map(str, servers.addresses)) == SEVERAL[written]
    assert Servers.read(str(servers)) == servers
    assert Servers.read(servers.shown).first.name == servers.first.name


@pytest.mark.parametrize("written", ["", ",", "one,", ",one", "one,,two", "one two", "one,a b"])
def test_each_of_several_servers_must_be_an_address(written: str) -> None:
    with pytest.raises(ValueError, match="Write it as host:port"):
        Servers.read(written)
