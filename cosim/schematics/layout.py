"""Positions of a cell's devices: a table of names becomes coordinates."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import PositiveInt

from cosim.schematics.boxes import bundled, members
from cosim.schematics.netlist import Cell, Device, SchematicError
from cosim.schematics.shapes import Symbol, Terminal
from cosim.schematics.symbols import TURNS, symbol
from cosim.schematics.text import Rectangle, Text, label_length
from cosim.workbench.settings import Section, read_toml


class Placement(Section):
    """Layout of one cell.

    `rows` are lines of device names, top to bottom, the columns separated by spaces. A dot is an
    empty place. `name:right` turns a transistor's gate, or the inputs of a box, to the right;
    up and down are for transistors. `gap` is the room in grid steps between columns and between
    rows; `reach` the longest way that a wire goes before it becomes two labels.
    """

    rows: str
    gap: tuple[PositiveInt, PositiveInt] = (2, 2)
    reach: PositiveInt = 24


@dataclass(frozen=True)
class Item:
    """A device with its symbol, the origin of which stands at `at`."""

    device: Device
    symbol: Symbol
    at: tuple[int, int]

    @property
    def terminals(self) -> dict[str, Terminal]:
        """The symbol's terminals where they stand in the drawing."""
        return {pin: end.moved(*self.at) for pin, end in self.symbol.terminals.items()}

    @property
    def texts(self) -> tuple[Text, ...]:
        """The symbol's texts where they stand in the drawing."""
        return tuple(text.moved(*self.at) for text in self.symbol.texts)

    @property
    def body(self) -> Rectangle:
        """The rectangle that wires keep out of."""
        left, top, right, bottom = self.symbol.body
        x, y = self.at
        return left + x, top + y, right + x, bottom + y


def read_placements(paths: Iterable[Path]) -> dict[str, Placement]:
    """Read the placements of cells from TOML files; raises InputError for a malformed one."""
    return {name: Placement(**table) for path in paths for name, table in read_toml(path).items()}


def place(cell: Cell, cells: Mapping[str, Cell], placement: Placement) -> list[Item]:
    """Every device of the cell with its symbol and its place.

    Raises SchematicError, naming cell and device, for a device without a place, a place without
    a device, a device with two places, or an unknown turn.
    """
    devices = {device.name: bundled(device) for device in cell.devices}
    table = [line.split() for line in placement.rows.strip().splitlines()]
    _check(cell.name, devices, table)
    symbols: dict[tuple[int, int], tuple[Device, Symbol]] = {}
    for row, words in enumerate(table):
        for column, word in enumerate(words):
            name, _, turn = word.partition(":")
            if name != ".":
                device = devices[name]
                symbols[row, column] = device, symbol(device, cells, cell.supplies, turn or "left")
    extents = {key: _extent(*drawn, cell.pins) for key, drawn in symbols.items()}
    across, down = placement.gap
    xs = _positions([(column, box[0], box[2]) for (_, column), box in extents.items()], across)
    ys = _positions([(row, box[1], box[3]) for (row, _), box in extents.items()], down)
    return [
        Item(device, drawn, (xs[column], ys[row]))
        for (row, column), (device, drawn) in symbols.items()
    ]


def _check(cell: str, devices: Mapping[str, Device], table: list[list[str]]) -> None:
    words = [word for line in table for word in line if word != "."]
    names = [word.partition(":")[0] for word in words]
    for word in words:
        name, colon, turn = word.partition(":")
        if name not in devices:
            raise SchematicError(f"{cell}: a place for {name}, which is not in the netlist")
        if names.count(name) > 1:
            raise SchematicError(f"{cell}: more than one place for {name}")
        if colon and turn not in TURNS:
            raise SchematicError(f"{cell}: {name} turned {turn!r}; known are {', '.join(TURNS)}")
    for name in devices:
        if name not in names:
            raise SchematicError(f"{cell}: no place for {name}")


def _extent(device: Device, drawn: Symbol, pins: Mapping[str, str]) -> Rectangle:
    """Area of a device, with room for the labels of the cell's pins beside its terminals."""
    boxes = [drawn.body, *(text.room for text in drawn.texts)]
    for name, end in drawn.terminals.items():
        net = device.nets[name]
        room = label_length(net) if members(net)[0] in pins else 0
        (x, y), sideways = end.at, end.leaves[0]
        boxes.append((x - room * (sideways < 0), y, x + room * (sideways > 0), y))
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _positions(spans: list[tuple[int, float, float]], gap: int) -> list[int]:
    """Origins of the columns (or rows) so that their spans are `gap` apart."""
    positions: list[int] = []
    end = 0.0
    for column in range(max((column for column, _, _ in spans), default=-1) + 1):
        inside = [(low, high) for place, low, high in spans if place == column]
        low = min((low for low, _ in inside), default=0)
        high = max((high for _, high in inside), default=0)
        positions.append(math.ceil(end - low))
        end = positions[-1] + high + gap
    return positions
