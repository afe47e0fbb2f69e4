from datetime import UTC, datetime
from types import SimpleNamespace

from ewallet_tui.activity import activity_rows
from ewallet_tui.state import CLOCK, CONVERSION_SHEET, TRANSFER_SHEET, OwnedItems

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def transfer(number, at, kind, credits, notes=None, sheet=1):
    return {
        "id": number,
        "create_date": f"2026-11-20T{at}:00.000Z",
        "transfer_sheet": sheet,
        "transfer_type": kind,
        "transfer_from": "bob@example.org",
        "transfer_to": "carol@example.org",
        "credits": credits,
        "notes": notes,
    }


def conversion(number, at, kind, credits, notes=None, sheet=1):
    return {
        "id": number,
        "create_date": f"2026-11-20T{at}:00.000Z",
        "conversion_sheet": sheet,
        "conversion_type": kind,
        "minutes": credits,
        "minutes_ms": credits * 60_000,
        "credits": credits,
        "notes": notes,
    }


def state_of(activity, clocks=1):
    names = {number: f"Clock {number}" for number in range(1, clocks + 1)}
    sheets = OwnedItems(1, {1: "Sheet 1"})
    owned = {CLOCK: OwnedItems(1, names), TRANSFER_SHEET: sheets, CONVERSION_SHEET: sheets}
    return SimpleNamespace(activity=activity, owned=owned)


def activity_of(transfers, conversions):
    """An overview's rows: the newest first."""
    rows = [{"kind": "transfer", "record_data": each} for each in transfers]
    rows += [{"kind": "conversion", "record_data": each} for each in conversions]
    return sorted(rows, key=lambda row: row["record_data"]["create_date"], reverse=True)


def shown(transfers=(), conversions=(), clocks=1):
    rows = activity_rows(state_of(activity_of(transfers, conversions), clocks), NOW, UTC)
    return [tuple(str(cell) for cell in row.cells) for row in rows]


def test_both_kinds_come_in_one_list_newest_first():
    transfers = [transfer(2, "13:58", "payment", 10, "lunch"), transfer(1, "09:00", "supply", 1_000)]
    conversions = [conversion(1, "14:02", "credits2clock", 20)]
    assert shown(transfers, conversions) == [
        ("today 14:02", "converted", "\N{MINUS SIGN}20", "→ 20:00", "", ""),
        ("today 13:58", "paid", "\N{MINUS SIGN}10", "carol@example.org", "", "lunch"),
        ("today 09:00", "supplied", "+1,000", "", "", ""),
    ]


def test_the_partner_is_the_other_side():
    came, went = shown([transfer(2, "11:00", "incoming", 5), transfer(1, "10:00", "transfer", 5)])
    assert came[1:4] == ("received", "+5", "bob@example.org")
    assert went[1:4] == ("sent", "\N{MINUS SIGN}5", "carol@example.org")


def test_a_refund_is_shown_to_both_sides():
    got, given = shown([transfer(2, "11:00", "incoming", 5), transfer(1, "10:00", "refund", 5)])
    assert got[1:3] == ("received", "+5")
    assert given[1:4] == ("refunded", "\N{MINUS SIGN}5", "carol@example.org")


def test_time_that_came_back_adds_credits():
    assert shown(conversions=[conversion(1, "11:00", "clock2credits", 5)])[0][1:4] == (
        "converted",
        "+5",
        "← 5:00",
    )


def test_a_record_of_another_wallet_or_clock_says_so():
    transfers = [transfer(2, "12:00", "supply", 5), transfer(1, "11:00", "supply", 5, sheet=9)]
    conversions = [conversion(1, "10:00", "credits2clock", 5, sheet=9)]
    assert [row[4] for row in shown(transfers, conversions)] == ["", "another wallet", "another wallet"]
    assert shown((), conversions, clocks=2)[0][4] == "another clock"


def test_records_of_both_kinds_with_one_number_stay_apart():
    same_number = activity_of(
        [transfer(1, "10:00", "supply", 5)], [conversion(1, "11:00", "clock2credits", 5)]
    )
    rows = activity_rows(state_of(same_number), NOW)
    assert len({row.key for row in rows}) == 2


def test_times_that_moved_no_credits_are_left_out():
    assert activity_rows(state_of([{"kind": "time", "record_data": {"id": 1}}]), NOW) == []
