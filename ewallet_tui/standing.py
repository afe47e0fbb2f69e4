"""How something stands, said three times at once: by a sign, by a word and by a colour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """A sign and a word for how something stands, and the style that both are shown in."""

    sign: str
    word: str
    style: str

    @property
    def text(self) -> str:
        """Sign and word: `● running`."""
        return f"{self.sign} {self.word}" if self.word else self.sign
