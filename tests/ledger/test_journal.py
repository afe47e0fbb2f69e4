"""Double entry: the postings of every entry sum to zero per unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.ledger import journal
from ewallet_core.ledger.journal import BalanceId, Entry, EntryKind, Issuer, Posting, UnbalancedError, Unit

NOON = 1_795_000_000_000
MOST = 10**12
ISSUER = Issuer(credits=BalanceId(1), milliseconds=BalanceId(2))
WALLET, CLOCK, PARTNER = BalanceId(11), BalanceId(12), BalanceId(21)

amounts = st.integers(1, MOST)
rates = st.integers(1, MOST)
movements = st.lists(st.tuples(st.sampled_from(Unit), amounts), max_size=8)
credit_kinds = pytest.mark.parametrize("kind", [EntryKind.SUPPLY, EntryKind.PAYMENT, EntryKind.TRANSFER])


def credit(balance: int, amount: int) -> Posting:
    return Posting(BalanceId(balance), Unit.CREDIT, amount)


def millisecond(balance: int, amount: int) -> Posting:
    return Posting(BalanceId(balance), Unit.MILLISECOND, amount)


def balanced(movements: list[tuple[Unit, int]]) -> list[Posting]:
    there = [Posting(WALLET, unit, -amount) for unit, amount in movements]
    return there + [Posting(PARTNER, unit, amount) for unit, amount in movements]


# Entries


def test_an_entry_has_its_kind_time_and_postings_in_order():
    postings = (credit(11, -5), credit(21, 3), credit(22, 2))
    entry = Entry(EntryKind.PAYMENT, NOON, postings)
    assert (entry.kind, entry.at, entry.postings) == (EntryKind.PAYMENT, NOON, postings)


def test_entries_and_postings_are_immutable():
    entry = Entry(EntryKind.TRANSFER, NOON, (credit(11, -5), credit(21, 5)))
    with pytest.raises(AttributeError):
        entry.at = NOON + 1
    with pytest.raises(AttributeError):
        entry.postings[0].amount = 6


def test_the_issuer_is_immutable():
    with pytest.raises(AttributeError):
        ISSUER.credits = WALLET


@pytest.mark.parametrize(
    "postings",
    [
        pytest.param((credit(11, 5),), id="one side only"),
        pytest.param((credit(11, -5), credit(21, 6)), id="a credit invented"),
        pytest.param((credit(11, -5), credit(21, 4)), id="a credit lost"),
        pytest.param((millisecond(2, -5), millisecond(12, 6)), id="a millisecond invented"),
        pytest.param((credit(11, -5), millisecond(12, 5)), id="one unit against another"),
        pytest.param(
            (credit(11, -5), credit(1, 5), millisecond(2, -7), millisecond(12, 8)),
            id="wrong in the second unit",
        ),
        pytest.param(
            (credit(11, -5), credit(1, 6), millisecond(2, -8), millisecond(12, 7)),
            id="wrong in both, right in sum",
        ),
        pytest.param((credit(11, -5), credit(21, 5), credit(22, 0)), id="a posting of nothing"),
        pytest.param((credit(11, 0), credit(21, 0)), id="nothing but nothing"),
    ],
)
def test_a_wrong_sum_or_an_empty_posting_is_refused(postings):
    with pytest.raises(UnbalancedError) as caught:
        Entry(EntryKind.TRANSFER, NOON, postings)
    assert str(caught.value) == f"transfer: {postings}"


def test_sums_are_computed_per_unit():
    postings = [credit(11, -5), credit(1, 7), millisecond(2, -300), millisecond(12, 100), credit(21, 1)]
    assert journal.sum_by_unit(postings) == {Unit.CREDIT: 3, Unit.MILLISECOND: -200}


def test_no_postings_have_no_sums():
    assert journal.sum_by_unit([]) == {}


@given(movements)
def test_balanced_postings_sum_to_zero_in_each_unit(movements):
    entry = Entry(EntryKind.TRANSFER, NOON, tuple(balanced(movements)))
    assert journal.sum_by_unit(entry.postings) == {unit: 0 for unit, _ in movements}


@given(movements.filter(len), st.data())
def test_a_wrong_amount_is_refused(movements, data):
    postings = balanced(movements)
    wrong = data.draw(st.integers(0, len(postings) - 1))
    off = data.draw(st.integers(-MOST, MOST).filter(bool))
    was = postings[wrong]
    postings[wrong] = Posting(was.balance, was.unit, was.amount + off)
    with pytest.raises(UnbalancedError):
        Entry(EntryKind.TRANSFER, NOON, tuple(postings))


# The postings of each movement


@credit_kinds
def test_credits_move_from_the_sender_to_the_recipient(kind):
    entry = journal.move_credits(kind, sender=WALLET, recipient=PARTNER, credits=30, at=NOON)
    assert entry == Entry(kind, NOON, (credit(WALLET, -30), credit(PARTNER, 30)))


def test_a_conversion_to_time_goes_through_the_issuer():
    entry = journal.credits_to_clock(ISSUER, WALLET, CLOCK, credits=2, milliseconds=120_000, at=NOON)
    assert entry == Entry(
        EntryKind.CREDITS_TO_CLOCK,
        NOON,
        (credit(WALLET, -2), credit(1, 2), millisecond(2, -120_000), millisecond(CLOCK, 120_000)),
    )


def test_a_conversion_to_credits_goes_through_the_issuer():
    entry = journal.clock_to_credits(ISSUER, WALLET, CLOCK, credits=2, milliseconds=120_000, at=NOON)
    assert entry == Entry(
        EntryKind.CLOCK_TO_CREDITS,
        NOON,
        (millisecond(CLOCK, -120_000), millisecond(2, 120_000), credit(1, -2), credit(WALLET, 2)),
    )


def test_spent_time_goes_to_the_issuer():
    entry = journal.time_spent(ISSUER, CLOCK, milliseconds=1, at=NOON)
    assert entry == Entry(EntryKind.TIME_SPENT, NOON, (millisecond(CLOCK, -1), millisecond(2, 1)))


def test_a_run_of_zero_length_is_an_entry_without_postings():
    assert journal.time_spent(ISSUER, CLOCK, milliseconds=0, at=NOON) == Entry(EntryKind.TIME_SPENT, NOON, ())


@credit_kinds
def test_a_movement_of_zero_credits_is_refused(kind):
    with pytest.raises(UnbalancedError):
        journal.move_credits(kind, WALLET, PARTNER, credits=0, at=NOON)


@pytest.mark.parametrize(("credits", "milliseconds"), [(0, 60_000), (1, 0)])
@pytest.mark.parametrize("convert", [journal.credits_to_clock, journal.clock_to_credits])
def test_a_conversion_with_only_one_side_is_refused(convert, credits, milliseconds):
    with pytest.raises(UnbalancedError):
        convert(ISSUER, WALLET, CLOCK, credits, milliseconds, at=NOON)


# Properties for any amount


@given(credits=amounts, rate=rates)
def test_a_conversion_and_its_reverse_restore_every_balance(credits, rate):
    there = journal.credits_to_clock(ISSUER, WALLET, CLOCK, credits, credits * rate, NOON)
    back = journal.clock_to_credits(ISSUER, WALLET, CLOCK, credits, credits * rate, NOON + 1)
    assert balances(there) == {WALLET: -credits, 1: credits, 2: -credits * rate, CLOCK: credits * rate}
    assert not any(balances(there, back).values())


@given(credits=amounts, rate=rates, data=st.data())
def test_the_issuers_balance_is_minus_the_circulation(credits, rate, data):
    converted = data.draw(st.integers(1, credits))
    spent = data.draw(st.integers(0, converted * rate))
    held = balances(
        journal.move_credits(EntryKind.SUPPLY, ISSUER.credits, WALLET, credits, NOON),
        journal.credits_to_clock(ISSUER, WALLET, CLOCK, converted, converted * rate, NOON),
        journal.time_spent(ISSUER, CLOCK, spent, NOON),
    )
    assert held[WALLET] == -held[ISSUER.credits] == credits - converted
    assert held[CLOCK] == -held[ISSUER.milliseconds] == converted * rate - spent


def balances(*entries: Entry) -> dict[int, int]:
    held: dict[int, int] = {}
    for posting in (posting for entry in entries for posting in entry.postings):
        held[posting.balance] = held.get(posting.balance, 0) + posting.amount
    return held
