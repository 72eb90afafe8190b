"""Texts of a drawing, with the room that they take in any sans-serif font."""

import math
from dataclasses import dataclass

PIXELS = 10
"""Pixels of one grid step."""

NAME, VALUE, NET, PORT, PIN, TITLE = "name", "value", "net", "port", "pin", "title"
SIZES = {NAME: 9, VALUE: 8, NET: 9, PORT: 9, PIN: 8, TITLE: 10}
"""Font size of each style in pixels."""

_BOLD = 1.1
_NARROW = frozenset("fijlrt.,:;()[]/ ")
_WIDE = frozenset("mwMW")
Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in grid steps."""


@dataclass(frozen=True)
class Text:
    """A line of text; `x` is its start, middle or end, `y` its baseline, in grid steps."""

    x: float
    y: float
    content: str
    style: str
    anchor: str = "start"

    @property
    def width(self) -> float:
        """Estimated width in grid steps."""
        ems = sum(
            0.38 if letter in _NARROW else 0.92 if letter in _WIDE else 0.62
            for letter in self.content
        )
        return ems * SIZES[self.style] / PIXELS * (_BOLD if self.style in (PORT, TITLE) else 1)

    @property
    def room(self) -> Rectangle:
        """The rectangle that the text covers."""
        left = self.x - self.width * {"start": 0, "middle": 0.5, "end": 1}[self.anchor]
        size = SIZES[self.style] / PIXELS
        return left, self.y - 0.75 * size, left + self.width, self.y + 0.22 * size

    def moved(self, x: float, y: float) -> "Text":
        """The same text, moved by (x, y)."""
        return Text(self.x + x, self.y + y, self.content, self.style, self.anchor)


def label_length(net: str) -> int:
    """Grid steps that a net's label takes with its stub."""
    return math.ceil(Text(0, 0, net, PORT).width + 1.5)


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """True if two rectangles share more than an edge."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
