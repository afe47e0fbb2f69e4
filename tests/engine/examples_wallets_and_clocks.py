"""Examples of instructions about wallets and clocks."""

from __future__ import annotations

from answer_shapes import CLOCK_DATA, EWALLET_DATA
from example import Example
from instructions import Instruction

# The system core account's wallet and clock came first, then Ada's.
THIRD = 3

_WALLET = {"credit_ewallet": int, "ewallet": int, "ewallet_data": EWALLET_DATA}
_CLOCK = {"credit_clock": int, "clock": int, "clock_data": CLOCK_DATA}


def holder_verb(verb: str, word: str, **more: object) -> Instruction:
    return {"action": verb, verb: "credit", "credit": word, **more}


def _of(word: str, answer: dict[str, object], argument: str) -> tuple[Example, ...]:
    another = (holder_verb("new", word),)
    chosen = {argument: THIRD}
    ids = {key: answer[key] for key in list(answer)[:2]}
    return (
        Example("logged in", holder_verb("new", word), answer, optional={"reference": "Savings"}),
        Example("logged in", holder_verb("switch", word, **chosen), answer, before=another),
        Example(
            "logged in", holder_verb("edit", word, reference="Savings", **chosen), answer, before=another
        ),
        Example("logged in", holder_verb("unlink", word, **chosen), ids, before=another),
    )


EXAMPLES = (
    *_of("ewallet", _WALLET, "ewallet_id"),
    *_of("wallet", _WALLET, "ewallet_id"),
    *_of("clock", _CLOCK, "clock_id"),
    Example("converted", holder_verb("view", "ewallets"), {"ewallets": [EWALLET_DATA]}),
    Example("running", holder_verb("view", "clocks"), {"clocks": [CLOCK_DATA]}, optional={"ewallet_id": 2}),
)
