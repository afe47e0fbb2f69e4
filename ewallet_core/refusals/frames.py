"""Frames on a wire that hold no request."""

from __future__ import annotations

from ewallet_core.refusals.refusal import Refusal


class FrameTooLong(Refusal):
    """The line is longer than a frame may be; what came of it is thrown away."""

    code = "frame_too_long"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"A line may have {limit:,} bytes, its end included.",
            "Send less at once; the rest of that line is not read.",
            limit=limit,
        )


class NotJson(Refusal):
    """The line is not JSON."""

    code = "not_json"

    def __init__(self) -> None:
        super().__init__("This line is not JSON.", "Send each instruction as one JSON object on one line.")


class NotUtf8(Refusal):
    """The line is not text in UTF-8."""

    code = "not_utf8"

    def __init__(self) -> None:
        super().__init__("This line is not UTF-8.", "Send JSON encoded in UTF-8.")


class TooDeep(Refusal):
    """Objects and lists are inside one another more often than any instruction needs."""

    code = "too_deep"

    def __init__(self, deepest: int) -> None:
        super().__init__(
            f"This request has more than {deepest} objects or lists inside one another.",
            "Send the instruction's arguments as its reference has them.",
            limit=deepest,
        )
