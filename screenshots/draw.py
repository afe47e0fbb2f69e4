"""Draws the app's SVG as PNG, and frames of it as an animation: Chromium renders, Pillow compresses."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from PIL import Image

CELL = 12.2
"""The width of a cell in the app's SVG."""
SCALE = 20 / CELL
"""The scale at which each cell is a whole number of pixels wide."""
GAP_FIXES = {"font-size: 20px": "font-size: 20.4px", "translate(9, 41)": "translate(9.15, 41.48)"}
"""Replacements that make letters fill their cells, and start on a whole pixel."""
FRAMES_PER_PAGE = 8
CAPTION_HEIGHT = 44
BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
TRANSPARENT = 255
"""The last of a palette's 256 colours."""
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: transparent; }}
div {{ height: {height}px; position: relative; }}
img {{ display: block; }}
p {{ margin: 0; width: 100%; position: absolute; bottom: 0; text-align: center;
    font: 20px/{caption}px "Fira Code", monospace; color: #7d8b91; white-space: pre; }}
b {{ font-weight: 600; color: #12876f; border: 1px solid #12876f; border-radius: 5px; padding: 1px 9px; }}
</style>"""


class Frame(NamedTuple):
    svg: str
    lasts_ms: int
    key: str
    """The key that was pressed last, or empty."""
    words: str
    """What the key is for."""


def chromium() -> str | None:
    """The browser's path, if it is installed."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def remove_gaps(svg: str) -> str:
    """The picture in its own size, without gaps between blocks that touch each other in a terminal."""
    for before, after in GAP_FIXES.items():
        svg = svg.replace(before, after)
    return BOX.sub(r'\g<0> width="\1" height="\2"', svg, count=1)


def draw_png(svg: Path, browser: str) -> None:
    """Draw it as a PNG beside it. Other converters drop spaces or move borders."""
    png = svg.with_suffix(".png")
    width, height = _size(svg.read_text(encoding="utf-8"))
    _capture(svg.as_uri(), png, (width, height), browser)
    with Image.open(png) as drawn:
        few_colours = drawn.convert("RGB").quantize(TRANSPARENT, dither=Image.Dither.NONE)
        corners = drawn.getchannel("A").point(lambda opacity: 255 * (opacity < 128))
    few_colours.paste(TRANSPARENT, mask=corners)
    few_colours.save(png, optimize=True, transparency=TRANSPARENT)


def draw_animation(frames: Sequence[Frame], target: Path, browser: str) -> None:
    """Draw the frames as an animation; equal frames are stored once."""
    drawn = list(_draw_frames(frames, browser))
    drawn[0].save(
        target,
        save_all=True,
        append_images=drawn[1:],
        duration=[frame.lasts_ms for frame in frames],
        loop=0,
        lossless=True,
        quality=100,
        method=4,
        minimize_size=True,
    )


def _draw_frames(frames: Sequence[Frame], browser: str) -> Iterator[Image.Image]:
    """Each frame. Several are drawn on one page, because the browser's start takes longest."""
    width, height = _size(frames[0].svg)
    pixels = round((height + CAPTION_HEIGHT) * SCALE)
    with tempfile.TemporaryDirectory() as name:
        for first in range(0, len(frames), FRAMES_PER_PAGE):
            some = frames[first : first + FRAMES_PER_PAGE]
            page = Path(name) / f"{first}.html"
            page.write_text(_page(some, pixels / SCALE, Path(name), first), encoding="utf-8")
            size = (width, (height + CAPTION_HEIGHT + 1) * len(some))
            _capture(page.as_uri(), page.with_suffix(".png"), size, browser)
            with Image.open(page.with_suffix(".png")) as picture:
                for at in range(len(some)):
                    yield picture.crop((0, at * pixels, picture.width, (at + 1) * pixels))


def _page(frames: Sequence[Frame], height: float, folder: Path, first: int) -> str:
    parts = [PAGE.format(height=height, caption=CAPTION_HEIGHT)]
    for number, frame in enumerate(frames, first):
        svg = folder / f"{number}.svg"
        svg.write_text(frame.svg, encoding="utf-8")
        key = f"<b>{escape(frame.key)}</b>  " if frame.key else ""
        parts.append(f'<div><img src="{svg.as_uri()}"><p>{key}{escape(frame.words)}</p></div>')
    return "".join(parts)


def _size(svg: str) -> tuple[int, int]:
    box = BOX.search(svg)
    if box is None:
        raise ValueError("that is not a picture of the app")
    width, height = (int(float(side)) + 1 for side in box.groups())
    return width, height


def _capture(address: str, png: Path, size: tuple[int, int], browser: str) -> None:
    width, height = size
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--allow-file-access-from-files",
        "--default-background-color=00000000",
        f"--force-device-scale-factor={SCALE}",
        f"--window-size={width},{height}",
        f"--screenshot={png}",
    )
    subprocess.run([browser, *options, address], check=True, capture_output=True)
