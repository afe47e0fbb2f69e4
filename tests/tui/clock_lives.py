"""How one comes to a clock, what it has been through, and what is seen of it."""

from contextlib import asynccontextmanager

from frozen import USUAL, person_on, settled
from textual.widgets import Button

from ewallet_tui.widgets.big_digits import BigDigits
from ewallet_tui.widgets.charts import DayBars
from ewallet_tui.widgets.record_list import RecordList


async def come_to_the_clock(person, credits=20):
    await person.register()
    if credits:
        await person.have_time(credits)
    await person.wait_until(lambda: person.app.screen.query(RecordList))
    await person.press("3")
    await person.wait_until(lambda: person.app.screen.query(DayBars))
    await settled(person)


@asynccontextmanager
async def at_the_clock(day, credits=20, size=USUAL):
    async with person_on(day, size) as person:
        await come_to_the_clock(person, credits)
        yield person


def state(person):
    return person.app.context.state.clock.state


async def told(person, key, expected):
    await person.press(key)
    await person.wait_until(lambda: state(person) is expected)
    await settled(person)


def doable(person):
    return {
        button.id
        for button in person.app.screen.query("#controls Button").results(Button)
        if not button.disabled
    }


def footer(person):
    return {
        binding.description: enabled
        for _, binding, enabled, _ in person.app.screen.active_bindings.values()
        if binding.show
    }


def rows(person):
    return [tuple(map(str, row.cells[:5])) for row in person.app.screen.query_one(RecordList).rows]


def left(person):
    return person.app.screen.query_one(BigDigits).value


async def run(day, person, minutes):
    await person.app.context.send(action="start", start="clock_timer")
    day.pass_by(minutes=minutes)


async def stop(person):
    await person.app.context.send(action="stop", stop="clock_timer")


async def stopped(day, person):
    await run(day, person, 2)
    await person.app.context.send(action="pause", pause="clock_timer")
    day.pass_by(seconds=65)
    await stop(person)
    day.pass_by(minutes=60 * 10)
    await run(day, person, 3)
    await stop(person)


async def running(day, person):
    await run(day, person, 5)


async def paused(day, person):
    await stop(person)
    await run(day, person, 1)
    await person.app.context.send(action="pause", pause="clock_timer")
    day.pass_by(seconds=65)


async def low(day, person):
    await stop(person)
    await run(day, person, 5)


async def out_of_time(day, person):
    day.pass_by(minutes=21)


async def full(day, person):
    ask = person.app.context.send
    await ask(action="supply", supply="credits", credits=10**12 - 80, currency="EUR", cost="1")
    await ask(action="convert", convert="credits2clock", credits=10**12 - 80)
    await run(day, person, 60 * 24 * 3)


LIFE = [stopped, running, paused, low, out_of_time, full]
"""What may become of a clock with 20 minutes, one after the other."""


async def month(day, person):
    for number in range(10):
        await run(day, person, (1, 1.5, 0.2, 3, 2)[number % 5])
        await stop(person)
        day.pass_by(minutes=60 * 24 * (number % 3 + 1))
    await run(day, person, 1)
