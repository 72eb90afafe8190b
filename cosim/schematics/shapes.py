"""Shapes that a symbol is made of, and their rotation."""

from collections.abc import Mapping
from dataclasses import dataclass

from cosim.schematics.netlist import Device
from cosim.schematics.text import Rectangle, Text

Point = tuple[int, int]
Matrix = tuple[Point, Point]

INTACT: Matrix = ((1, 0), (0, 1))
MIRRORED: Matrix = ((-1, 0), (0, 1))


@dataclass(frozen=True)
class Terminal:
    """Point at which a wire may begin, and the direction in which it leaves."""

    at: Point
    leaves: Point

    def moved(self, x: int, y: int) -> "Terminal":
        """The same terminal, moved by (x, y)."""
        return Terminal((self.at[0] + x, self.at[1] + y), self.leaves)


@dataclass(frozen=True)
class Symbol:
    """A device as drawn around its origin: x to the right, y down, in grid steps.

    `body` keeps wires out. `strokes` and `fills` are SVG path data in pixels, to be turned by
    `matrix`; all else is turned already.
    """

    terminals: Mapping[str, Terminal]
    body: Rectangle
    strokes: str
    fills: str = ""
    texts: tuple[Text, ...] = ()
    matrix: Matrix = INTACT
    is_box: bool = False


def apply(matrix: Matrix, point: Point) -> Point:
    """The point, turned."""
    (a, b), (c, d) = matrix
    return a * point[0] + b * point[1], c * point[0] + d * point[1]


def turned(matrix: Matrix, places: Mapping[str, Point]) -> dict[str, Terminal]:
    """Terminals at the given places before a turn; each leaves along the longer coordinate."""
    terminals = {}
    for name, place in places.items():
        x, y = apply(matrix, place)
        sideways = abs(x) > abs(y)
        leaves = ((x > 0) - (x < 0), 0) if sideways else (0, (y > 0) - (y < 0))
        terminals[name] = Terminal((x, y), leaves)
    return terminals


def caption(device: Device) -> str:
    """The parameters that an instance of a cell states, as in `k=2 l=1`."""
    return " ".join(f"{name}={value}" for name, value in device.parameters.items())
