"""What a clock looks like in all that can become of it."""

import pytest
from clock_lives import LIFE, at_the_clock, month, running
from frozen import NARROW, USUAL, WIDE, at_sizes, read, settled, standing_still

LOW, TINY, HIGH = (80, 18), (40, 10), (80, 40)
MORE_SIZES = {
    "running": [TINY],
    "paused": [LOW],
    "low": [NARROW],
    "out_of_time": [NARROW],
    "full": [WIDE],
}


@pytest.fixture
def day(monkeypatch, kind_of_backend, tmp_path, new_folder):
    yield from standing_still(monkeypatch, kind_of_backend, tmp_path, new_folder)


async def test_a_clock_looks_as_it_is_kept_whatever_becomes_of_it(day, looks_as_kept):
    async with at_the_clock(day) as person:
        for lived in LIFE:
            await lived(day, person)
            await settled(person)
            name = lived.__name__
            async for size in at_sizes(person, USUAL, *MORE_SIZES.get(name, [])):
                assert await looks_as_kept(person, f"{name}-{size}")


async def test_a_clock_and_its_days_look_as_they_are_kept_before_and_after_a_month(day, looks_as_kept):
    async with at_the_clock(day, credits=0) as person:
        async for size in at_sizes(person, NARROW, USUAL, WIDE):
            assert await looks_as_kept(person, f"never_had_time-{size}")
        await person.have_time()
        await month(day, person)
        await settled(person)
        async for size in at_sizes(person, HIGH, WIDE, NARROW):
            assert await looks_as_kept(person, f"month-{size}")
        await person.press("m")
        await read(person)
        for theme, shape in (("ewallet-dark", NARROW), ("ewallet-light", USUAL), ("ansi-dark", WIDE)):
            person.app.theme = theme
            async for size in at_sizes(person, shape):
                assert await looks_as_kept(person, f"days-{theme}-{size}")


async def test_one_clock_of_several_looks_as_it_is_kept(day, looks_as_kept):
    async with at_the_clock(day) as person:
        await running(day, person)
        await person.app.context.send(
            action="new", new="credit", credit="clock", reference="Evenings and weekends"
        )
        await settled(person)
        async for size in at_sizes(person, NARROW, USUAL):
            assert await looks_as_kept(person, size)
