import pytest
from clock_lives import (
    NARROW,
    USUAL,
    WIDE,
    come_to_the_clock,
    full,
    low,
    month,
    out_of_time,
    paused,
    running,
    several,
    stopped,
)
from frozen import picture_ready, standing_still
from person import Person


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path)


EVERY_STATE = [stopped, running, paused, low, out_of_time, full]
LOOKS = [
    *((lived, USUAL) for lived in [*EVERY_STATE, several]),
    *((lived, WIDE) for lived in [full, month]),
    *((lived, NARROW) for lived in [low, out_of_time, month, several]),
    (paused, (80, 18)),
    (running, (40, 10)),
    (month, (80, 40)),
]


@pytest.mark.parametrize(
    ("lived", "size"), LOOKS, ids=[f"{lived.__name__}-{size[0]}x{size[1]}" for lived, size in LOOKS]
)
def test_the_clock_looks_like_this(day, snap_compare, size, lived):
    async def come(pilot):
        person = Person(pilot.app, pilot)
        await come_to_the_clock(person)
        await lived(day, person)
        await picture_ready(person)

    assert snap_compare(day.make_app(), terminal_size=size, run_before=come)


@pytest.mark.parametrize(
    ("theme", "size"),
    [("ewallet-dark", NARROW), ("ewallet-light", USUAL), ("ansi-dark", WIDE)],
    ids=["dark", "light", "ansi"],
)
def test_the_days_look_like_this(day, snap_compare, theme, size):
    async def come(pilot):
        person = Person(pilot.app, pilot)
        await come_to_the_clock(person)
        person.app.theme = theme
        await month(day, person)
        await person.press("m")
        await picture_ready(person)

    assert snap_compare(day.make_app(), terminal_size=size, run_before=come)


@pytest.mark.parametrize("size", [NARROW, USUAL, WIDE], ids="{0[0]}x{0[1]}".format)
def test_a_clock_that_never_had_time_looks_like_this(day, snap_compare, size):
    async def come(pilot):
        await come_to_the_clock(Person(pilot.app, pilot), credits=0)

    assert snap_compare(day.make_app(), terminal_size=size, run_before=come)
