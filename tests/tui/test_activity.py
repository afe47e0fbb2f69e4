from datetime import UTC, datetime

from ewallet_tui.activity import activity_rows

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def transfer(number, at, kind, credits, notes=None):
    return {
        "id": number,
        "create_date": f"2026-11-20T{at}:00.000Z",
        "transfer_type": kind,
        "transfer_from": "bob@example.org",
        "transfer_to": "carol@example.org",
        "credits": credits,
        "notes": notes,
    }


def conversion(number, at, kind, credits, notes=None):
    return {
        "id": number,
        "create_date": f"2026-11-20T{at}:00.000Z",
        "conversion_type": kind,
        "minutes": credits,
        "minutes_ms": credits * 60_000,
        "credits": credits,
        "notes": notes,
    }


def activity_of(transfers, conversions):
    """An overview's rows: the newest first."""
    rows = [{"kind": "transfer", "record_data": each} for each in transfers]
    rows += [{"kind": "conversion", "record_data": each} for each in conversions]
    return sorted(rows, key=lambda row: row["record_data"]["create_date"], reverse=True)


def shown(transfers=(), conversions=()):
    rows = activity_rows(activity_of(transfers, conversions), NOW, UTC)
    return [tuple(str(cell) for cell in row.cells) for row in rows]


def test_both_kinds_come_in_one_list_newest_first():
    transfers = [transfer(2, "13:58", "payment", 10, "lunch"), transfer(1, "09:00", "supply", 1_000)]
    conversions = [conversion(1, "14:02", "credits2clock", 20)]
    assert shown(transfers, conversions) == [
        ("today 14:02", "to time", "\N{MINUS SIGN}20", "→ 20:00", ""),
        ("today 13:58", "paid", "\N{MINUS SIGN}10", "carol@example.org", "lunch"),
        ("today 09:00", "supplied", "+1,000", "", ""),
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
        "from time",
        "+5",
        "← 5:00",
    )


def test_records_of_both_kinds_with_one_number_stay_apart():
    same_number = activity_of(
        [transfer(1, "10:00", "supply", 5)], [conversion(1, "11:00", "clock2credits", 5)]
    )
    rows = activity_rows(same_number, NOW)
    assert len({row.key for row in rows}) == 2


def test_times_that_moved_no_credits_are_left_out():
    assert activity_rows([{"kind": "time", "record_data": {"id": 1}}], NOW) == []
