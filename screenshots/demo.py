"""The demo: log in, convert credits to time, use some of it. Each frame is what the app shows."""

from __future__ import annotations

from draw import Frame
from life import PASSWORD
from scene import Scene

USER = "bob"
TYPING_MS, SHORT_MS, READING_MS, LAST_MS = 80, 700, 1_600, 3_500
SECOND_MS = 1_000
FAST_MS = 110


class Recording:
    """Records the frames of a scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.frames: list[Frame] = []
        self._caption = ("", "")

    async def press(self, key: str, words: str, shown: str, lasts_ms: int = READING_MS) -> None:
        """Press a key, caption it, and record the screen once `shown` is on it."""
        self._caption = (key, words)
        await self._scene.press(key)
        await self._scene.wait_for(shown)
        await self._scene.settle()
        self.record(lasts_ms)

    async def type(self, text: str) -> None:
        """Type a text, one frame per letter."""
        for letter in text:
            await self._scene.type(letter)
            await self._scene.pilot.pause()
            self.record(TYPING_MS)

    async def wait(self, times: int, lasts_ms: int = SECOND_MS, **time: float) -> None:
        """Let that time pass, `times` times, with a frame for each."""
        for _ in range(times):
            self._scene.day.advance(**time)
            self._scene.app.context.timers.pass_second()
            await self._scene.pilot.pause()
            self.record(lasts_ms)

    def caption(self, words: str) -> None:
        self._caption = ("", words)

    def record(self, lasts_ms: int) -> None:
        """Record the screen as it is now."""
        self.frames.append(Frame(self._scene.svg, lasts_ms, *self._caption))


async def play(scene: Scene) -> list[Frame]:
    """Log in, convert, start, pause, resume and stop the timer, and open its record."""
    recording = Recording(scene)
    recording.caption("log in")
    recording.record(SHORT_MS)
    await recording.type(USER)
    await scene.press("tab")
    await recording.type(PASSWORD)
    await recording.press("enter", "log in", f"{USER} ● this computer")
    await recording.press("c", "turn credits to time", "Notes", SHORT_MS)
    await recording.type("20")
    recording.record(READING_MS)
    await recording.press("enter", "20 credits become 20 minutes", "20 credits → 20:00.")
    await recording.press("3", "go to the clock", "○ stopped", SHORT_MS)
    await recording.press("space", "start the timer", "● running", SECOND_MS)
    await recording.wait(4, seconds=1)
    recording.caption("twelve minutes later")
    await recording.wait(12, FAST_MS, minutes=1)
    await recording.press("space", "pause", "‖ paused", SECOND_MS)
    await recording.wait(2, seconds=1)
    await recording.press("space", "resume", "● running", SECOND_MS)
    await recording.wait(2, seconds=1)
    await recording.press("x", "stop", "✓ Used")
    await recording.press("z", "see the record of it", "esc Back", LAST_MS)
    return recording.frames
