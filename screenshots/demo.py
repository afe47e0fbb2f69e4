"""The demo: log in, convert credits to time, use some of it. Each frame is what the app shows."""

from __future__ import annotations

from draw import Frame
from life import PASSWORD
from scene import Scene

WHO = "bob"
TYPING_MS, SEEING_MS, READING_MS, LAST_MS = 80, 700, 1_600, 3_500
SECOND_MS = 1_000
BURNING_MS = 110


class Film:
    """The frames of what is done in a scene, one after the other."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.frames: list[Frame] = []
        self._caption = ("", "")

    async def press(self, key: str, words: str, shown: str, lasts_ms: int = READING_MS) -> None:
        """Press a key, say what it is for, and see what comes of it."""
        self._caption = (key, words)
        await self._scene.press(key)
        await self._scene.wait_for(shown)
        await self._scene.settle()
        self.shoot(lasts_ms)

    async def type(self, text: str) -> None:
        """Type a text, a letter a frame."""
        for letter in text:
            await self._scene.type(letter)
            await self._scene.pilot.pause()
            self.shoot(TYPING_MS)

    async def let_pass(self, times: int, lasts_ms: int = SECOND_MS, **time: float) -> None:
        """Let so much time pass, so many times."""
        for _ in range(times):
            self._scene.day.pass_by(**time)
            self._scene.app.context.timers.pass_second()
            await self._scene.pilot.pause()
            self.shoot(lasts_ms)

    def say(self, words: str) -> None:
        """Say something else from now on."""
        self._caption = ("", words)

    def shoot(self, lasts_ms: int) -> None:
        """Take what the screen looks like now."""
        self.frames.append(Frame(self._scene.svg, lasts_ms, *self._caption))


async def play(scene: Scene) -> list[Frame]:
    """Log in, convert, start, see it burn, pause, resume, stop, and look at the record."""
    film = Film(scene)
    film.say("log in")
    film.shoot(SEEING_MS)
    await film.type(WHO)
    await scene.press("tab")
    await film.type(PASSWORD)
    await film.press("enter", "log in", f"{WHO} ● embedded")
    await film.press("c", "turn credits to time", "Notes", SEEING_MS)
    await film.type("20")
    film.shoot(READING_MS)
    await film.press("enter", "20 credits become 20 minutes", "20 credits → 20:00.")
    await film.press("3", "go to the clock", "○ stopped", SEEING_MS)
    await film.press("space", "start the timer", "● running", SECOND_MS)
    await film.let_pass(4, seconds=1)
    film.say("twelve minutes later")
    await film.let_pass(12, BURNING_MS, minutes=1)
    await film.press("space", "pause", "‖ paused", SECOND_MS)
    await film.let_pass(2, seconds=1)
    await film.press("space", "resume", "● running", SECOND_MS)
    await film.let_pass(2, seconds=1)
    await film.press("x", "stop", "✓ Used")
    await film.press("z", "see the record of it", "esc Back", LAST_MS)
    return film.frames
