"""What the headers of a request say about its end, and whether others may understand them otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

HTTP_1_0 = "1.0"


class Framing(NamedTuple):
    """The declared size of the body, whether it comes in chunks, and how many hosts are named."""

    declared_size: int
    is_chunked: bool
    host_count: int

    def is_ambiguous(self, version: str, *, offers_other_protocol: bool) -> bool:
        """Whether a proxy might find another end of the request, or another server for it.

        The parser has refused worse: two sizes, or a size beside chunks. It stops before the body if the
        client offers another protocol, and then only a declared size says where that ends.
        """
        if version == HTTP_1_0:
            return self.is_chunked
        return self.host_count != 1 or (self.is_chunked and offers_other_protocol)


def framing_of(headers: Iterable[tuple[bytes, bytes]]) -> Framing:
    size, is_chunked, host_count = 0, False, 0
    for name, value in headers:
        if name == b"host":
            host_count += 1
        elif name == b"content-length":
            size = int(value)
        elif name == b"transfer-encoding":
            is_chunked = True
    return Framing(size, is_chunked, host_count)
