"""What is said of a server's certificate that was never seen before."""

from __future__ import annotations

from ewallet_tui.screens.question import Choice, Question

TRUST = "trust"


def first_certificate(server: str, fingerprint: str) -> Question:
    """Shows the fingerprint once, so that it can be compared; its result may be to trust the server."""
    words = (
        f"{server} is new here. Its certificate has the fingerprint\n\n{fingerprint}\n\n"
        "Compare it with what the server's operator says. "
        "Trust it only where they are the same; should it ever show another one, nothing is sent to it."
    )
    return Question("New server", words, [Choice(TRUST, "ctrl+t", "Trust it")], stay="Leave it")
