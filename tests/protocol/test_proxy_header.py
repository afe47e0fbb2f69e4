"""The PROXY header: the examples of its specification, headers put together by hand, and invalid ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.protocol.proxy_header import (
    LONGEST_V1,
    LONGEST_V2,
    ProxyHeader,
    TrustedProxies,
    read_proxy_header,
)

SIGNATURE = "0d0a0d0a 000d0a51 5549540a"
LONGEST_IPV6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
ONES = b" ".join([LONGEST_IPV6.encode()] * 2)
TCP4 = "c0000201 c6336407 db44 1f90"
TCP6 = "20010db8 00000000 00000000 00000007 20010db8 00000000 00000000 00000001 db44 1f90"
MAPPED = "00000000 00000000 0000ffff c0000201 00000000 00000000 0000ffff c6336407 db44 1f90"

V1 = {
    b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n": "255.255.255.255",
    b"PROXY TCP6 %b 65535 65535\r\n" % ONES: LONGEST_IPV6,
    b"PROXY UNKNOWN\r\n": None,
    b"PROXY UNKNOWN %b 65535 65535\r\n" % ONES: None,
    b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n": "192.168.0.1",
    b"PROXY TCP6 2001:DB8::7 ::1 1 0\r\n": "2001:db8::7",
    b"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n": "192.0.2.1",
}
V2 = {
    f"{SIGNATURE} 21 11 000c {TCP4}": "192.0.2.1",
    f"{SIGNATURE} 21 21 0024 {TCP6}": "2001:db8::7",
    f"{SIGNATURE} 21 21 0024 {MAPPED}": "192.0.2.1",
    # A field of type NOOP with four bytes, which is skipped.
    f"{SIGNATURE} 21 11 0013 {TCP4} 04 0004 01020304": "192.0.2.1",
    f"{SIGNATURE} 20 00 0000": None,
    f"{SIGNATURE} 20 11 000c {TCP4}": None,
    f"{SIGNATURE} 21 00 0000": None,
    f"{SIGNATURE} 21 00 0002 ffff": None,
    f"{SIGNATURE} 21 31 00d8 {'2f' * 216}": None,
    f"{SIGNATURE} 21 11 0208 {TCP4} {'00' * 508}": "192.0.2.1",
}
HEADERS = V1 | {bytes.fromhex(header): client for header, client in V2.items()}

INVALID = {
    b"GET / HTTP/1.1\r\n": "does not begin",
    b'{"action": "login"}\n': "does not begin",
    b"\x16\x03\x01\x02\x00": "does not begin",
    b"proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n": "does not begin",
    b"PROXY \r\n": "not one of version 1",
    b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n": "not one of version 1",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n": "not one of version 1",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n": "not one of version 1",
    b"PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n": "not one of version 1",
    b"PROXY TCP4 2001:db8::7 2001:db8::8 1 2\r\n": "not of its family",
    b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n": "not of its family",
    b"PROXY TCP4 192.0.2.1 192.0.2.256 1 2\r\n": "not of its family",
    b"PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n": "not of its family",
    b"PROXY TCP4 localhost 192.0.2.2 1 2\r\n": "not of its family",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n": "not numbers of ports",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n": "not numbers of ports",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 \xd9\xa1 2\r\n": "not numbers of ports",
    b"PROXY UNKNOWN ".ljust(LONGEST_V1, b"x"): "longer than 107",
    bytes.fromhex(f"{SIGNATURE} 11 11 000c {TCP4}"): "version or command",
    bytes.fromhex(f"{SIGNATURE} 22 11 000c {TCP4}"): "version or command",
    bytes.fromhex(f"{SIGNATURE} 21 12 000c {TCP4}"): "a TCP connection",
    bytes.fromhex(f"{SIGNATURE} 21 41 000c {TCP4}"): "a TCP connection",
    bytes.fromhex(f"{SIGNATURE} 21 11 000b"): "a TCP connection",
    bytes.fromhex(f"{SIGNATURE} 21 21 000c {TCP4}"): "a TCP connection",
    bytes.fromhex(f"{SIGNATURE} 20 00 0209"): "longer than 536",
}


@pytest.mark.parametrize(("header", "client"), HEADERS.items(), ids=repr)
def test_a_header_is_read_as_soon_as_all_of_it_has_arrived(header, client):
    assert read_proxy_header(header) == ProxyHeader(client, len(header))
    assert read_proxy_header(header + b'{"action": "login"}\n') == ProxyHeader(client, len(header))
    assert [read_proxy_header(header[:size]) for size in range(len(header))] == [None] * len(header)


def test_the_longest_headers_are_those_of_the_specification():
    longest = max(map(len, V1)), max(len(header) for header in HEADERS if header not in V1)
    assert longest == (LONGEST_V1, LONGEST_V2)


@pytest.mark.parametrize(("received", "problem"), INVALID.items(), ids=repr)
def test_what_is_no_header_is_refused(received, problem):
    with pytest.raises(ValueError, match=problem):
        read_proxy_header(received)


@given(st.sampled_from([*HEADERS]), st.integers(0, 600), st.binary(max_size=20))
def test_a_damaged_header_is_read_or_refused_and_nothing_else(header, place, damage):
    damaged = header[:place] + damage + header[place + len(damage) :]
    try:
        found = read_proxy_header(damaged)
    except ValueError:
        return
    assert found is None or found.size <= LONGEST_V2


def test_trusted_proxies_are_addresses_and_networks():
    proxies = TrustedProxies(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"])
    assert all(host in proxies for host in ("127.0.0.1", "::ffff:127.0.0.1", "10.255.0.1", "2001:db8::7"))
    assert not any(host in proxies for host in ("127.0.0.2", "11.0.0.1", "2001:db9::7", "unknown", "::1"))
    assert "127.0.0.1" not in TrustedProxies()
    for neither in ("localhost", "10.0.0.1/8", "10.0.0.0/33", ""):
        with pytest.raises(ValueError):  # noqa: PT011 - the message is that of `ipaddress`
            TrustedProxies([neither])
