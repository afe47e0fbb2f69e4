"""Golden values of the hash chain, from the first release on.

Each can be made again in a shell, from the 32 bytes of the seal before it and the facts, without a line
of this program: `{ printf '\\x66\\xc8…'; printf 'ewallet seal 1\\n2 payment …'; } | sha256sum`.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ewallet_core.ledger.journal import FIRST_SEAL, BalanceId, Entry, EntryKind, Posting, Unit, facts, seal

NOON = 1_795_000_000_000


def credit(balance: int, amount: int) -> Posting:
    return Posting(BalanceId(balance), Unit.CREDIT, amount)


def millisecond(balance: int, amount: int) -> Posting:
    return Posting(BalanceId(balance), Unit.MILLISECOND, amount)


SUPPLY = Entry(EntryKind.SUPPLY, NOON, (credit(1, -100), credit(11, 100)))
PAYMENT = Entry(EntryKind.PAYMENT, NOON + 1_000, (credit(11, -30), credit(21, 30)))
TRANSFER = Entry(EntryKind.TRANSFER, NOON + 2_000, (credit(21, -5), credit(11, 5)))
CREDITS_TO_CLOCK = Entry(
    EntryKind.CREDITS_TO_CLOCK,
    NOON + 3_000,
    (credit(11, -20), credit(1, 20), millisecond(2, -1_200_000), millisecond(12, 1_200_000)),
)
TIME_SPENT = Entry(EntryKind.TIME_SPENT, NOON + 900_000, (millisecond(12, -754_321), millisecond(2, 754_321)))
NO_TIME_SPENT = Entry(EntryKind.TIME_SPENT, NOON + 900_001, ())
CLOCK_TO_CREDITS = Entry(
    EntryKind.CLOCK_TO_CREDITS,
    NOON + 900_002,
    (millisecond(12, -420_000), millisecond(2, 420_000), credit(1, -7), credit(11, 7)),
)
REFUND = Entry(EntryKind.REFUND, NOON + 900_003, (credit(21, -30), credit(11, 30)), reverses=2)
OWN_TRANSFER = Entry(EntryKind.TRANSFER, NOON + 900_004, (millisecond(12, -61_000), millisecond(13, 61_000)))
JOURNAL = [
    SUPPLY,
    PAYMENT,
    TRANSFER,
    CREDITS_TO_CLOCK,
    TIME_SPENT,
    NO_TIME_SPENT,
    CLOCK_TO_CREDITS,
    REFUND,
    OWN_TRANSFER,
]

FACTS = [
    b"ewallet seal 1\n1 supply 1795000000000\n1 credit -100\n11 credit 100",
    b"ewallet seal 1\n2 payment 1795000001000\n11 credit -30\n21 credit 30",
    b"ewallet seal 1\n3 transfer 1795000002000\n21 credit -5\n11 credit 5",
    b"ewallet seal 1\n4 credits2clock 1795000003000\n11 credit -20\n1 credit 20\n"
    b"2 millisecond -1200000\n12 millisecond 1200000",
    b"ewallet seal 1\n5 time_spent 1795000900000\n12 millisecond -754321\n2 millisecond 754321",
    b"ewallet seal 1\n6 time_spent 1795000900001",
    b"ewallet seal 1\n7 clock2credits 1795000900002\n12 millisecond -420000\n2 millisecond 420000\n"
    b"1 credit -7\n11 credit 7",
    b"ewallet seal 1\n8 refund 1795000900003\nreverses 2\n21 credit -30\n11 credit 30",
    b"ewallet seal 1\n9 transfer 1795000900004\n12 millisecond -61000\n13 millisecond 61000",
]

GOLDEN = [
    "66c8c1c6d6eac4a7a2bd8bb0f7ce0b2c77713aadeb7ce7b81d17a42365aa8945",
    "c22351683a4f80d821efdda5a9bd80373a2b5251f14b069be77842cc21937196",
    "3314ea684060cfd5d3566829f06d2be44748856d0e5d3690bc473090e9a5ba57",
    "8a18798764ae4a5b8f996c6e1c6d8f7f7209af00666654ed746e9cbec0ef9b3e",
    "e5557e5aba140de2bd1bfdf4279c4870921b16601fb7f4946f7505081ab8e3bf",
    "bfb657dc2ac6b6894c3adbb9fb0ee660f8f28c38a8a54d8102bbf04b11152e63",
    "e3b6d9850fae8090f7983ffc9271d70b231f2b6bec0276ccfec8003d7acd0481",
    "953be3ec056b4e579616fd3cbf5dadd0ce3f4ab4c5e28644c688259aa2a0df26",
    "327b4687c1410a1b7f35f0b598b113f9bd2e3578c5a4e16d5b22f5ac6d4016bc",
]


def chain(entries: list[Entry]) -> list[str]:
    seals = [FIRST_SEAL]
    for entry_id, entry in enumerate(entries, start=1):
        seals.append(seal(seals[-1], entry_id, entry))
    return [each.hex() for each in seals[1:]]


# The golden chain


def test_the_chain_begins_with_32_zero_bytes():
    assert FIRST_SEAL.hex() == "00" * 32


def test_the_chain_has_an_entry_of_every_kind():
    assert {entry.kind for entry in JOURNAL} == set(EntryKind)


@pytest.mark.parametrize(("entry_id", "entry", "sealed"), zip(range(1, 10), JOURNAL, FACTS, strict=True))
def test_an_entry_is_sealed_as_one_value_per_line(entry_id, entry, sealed):
    assert facts(entry_id, entry) == sealed


def test_the_seals_are_those_of_the_first_release():
    assert chain(JOURNAL) == GOLDEN


# What changes a seal


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(replace(PAYMENT, kind=EntryKind.TRANSFER), id="another kind"),
        pytest.param(replace(PAYMENT, at=PAYMENT.at + 1), id="a millisecond later"),
        pytest.param(replace(PAYMENT, postings=(credit(11, -31), credit(21, 31))), id="another amount"),
        pytest.param(replace(PAYMENT, postings=(credit(11, -30), credit(22, 30))), id="another receiver"),
        pytest.param(replace(PAYMENT, postings=(credit(12, -30), credit(21, 30))), id="another giver"),
        pytest.param(replace(PAYMENT, postings=PAYMENT.postings[::-1]), id="postings in another order"),
        pytest.param(
            replace(PAYMENT, postings=(millisecond(11, -30), millisecond(21, 30))), id="another unit"
        ),
        pytest.param(
            replace(PAYMENT, postings=(*PAYMENT.postings, credit(31, -1), credit(32, 1))), id="a posting more"
        ),
        pytest.param(replace(PAYMENT, postings=()), id="no postings"),
    ],
)
def test_a_changed_value_changes_its_seal_and_every_later_one(forged):
    seals = chain([SUPPLY, forged, *JOURNAL[2:]])
    assert seals[0] == GOLDEN[0]
    assert all(mine != golden for mine, golden in zip(seals[1:], GOLDEN[1:], strict=True))


def test_another_entry_id_gives_another_seal():
    assert seal(FIRST_SEAL, 2, SUPPLY).hex() != GOLDEN[0]


def test_two_swapped_entries_change_every_later_seal():
    seals = chain([SUPPLY, TRANSFER, PAYMENT, *JOURNAL[3:]])
    assert seals[0] == GOLDEN[0]
    assert not set(seals[1:]) & set(GOLDEN)


def test_a_removed_entry_changes_every_later_seal():
    seals = chain([SUPPLY, *JOURNAL[2:]])
    assert seals[0] == GOLDEN[0]
    assert not set(seals[1:]) & set(GOLDEN)


@given(bit=st.integers(0, 255))
def test_every_bit_of_the_previous_seal_counts(bit):
    previous = bytearray(FIRST_SEAL)
    previous[bit // 8] ^= 1 << bit % 8
    assert seal(bytes(previous), 1, SUPPLY).hex() != GOLDEN[0]


@given(st.integers(1, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_seal_has_32_bytes_and_is_deterministic(entry_id, at):
    entry = replace(SUPPLY, at=at)
    assert seal(FIRST_SEAL, entry_id, entry) == seal(FIRST_SEAL, entry_id, replace(entry))
    assert len(seal(FIRST_SEAL, entry_id, entry)) == len(FIRST_SEAL)
