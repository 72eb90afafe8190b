"""A cell's schematic: symbols, wires, rails and labels, still without a file format."""

from collections.abc import Mapping
from dataclasses import dataclass

from cosim.schematics.boxes import members
from cosim.schematics.grid import Edge, Grid
from cosim.schematics.labels import Label, label_parts, name_wires
from cosim.schematics.layout import Item, Placement, place
from cosim.schematics.netlist import Cell
from cosim.schematics.symbols import only_rails
from cosim.schematics.text import Rectangle, Text
from cosim.schematics.wiring import Part, Rail, connect, draw_rail, empty_grid, parts


@dataclass(frozen=True)
class Schematic:
    """Everything that is drawn of a cell, in grid steps; `wires` maps steps to their nets."""

    cell: Cell
    items: tuple[Item, ...]
    wires: Mapping[Edge, str]
    rails: tuple[Rail, ...]
    labels: tuple[Label, ...]
    names: tuple[Text, ...]

    @property
    def texts(self) -> tuple[Text, ...]:
        """All texts."""
        inside = (text for item in self.items for text in item.texts)
        labels = (label.text for label in self.labels)
        rails = (rail.text for rail in self.rails)
        return (*inside, *labels, *rails, *self.names)


def draw(cell: Cell, cells: Mapping[str, Cell], placement: Placement) -> Schematic:
    """The schematic of a cell; raises SchematicError, naming cell and device or net.

    Supplies come first, as rails or as symbols beside the terminals; then the wires; then the
    labels of pins, of nets in parts, and of single terminals; last the names of other wires.
    """
    items = place(cell, cells, placement)
    grid = empty_grid(items, cell.pins)
    rooms: list[Rectangle] = [
        room for item in items for room in (item.body, *(text.room for text in item.texts))
    ]
    rails = [rail for net in only_rails(cell.supplies) if (rail := draw_rail(grid, items, net))]
    rooms += [rail.text.room for rail in rails]
    kinds = {net: _kind(cell, net) for item in items for net in item.device.nets.values()}
    labels = label_parts(grid, _beside_rails(grid, items, cell, rails), kinds, rooms, cell.name)
    connect(grid, items, cell.supplies, placement.reach)
    found = [part for part in parts(grid, items) if part.net not in cell.supplies]
    nets = [part.net for part in found]
    whole = [
        part
        for part in found
        if not kinds[part.net] and nets.count(part.net) == 1 and len(part.points) > 1
    ]
    apart = [part for part in found if part not in whole]
    labels += label_parts(grid, apart, kinds, rooms, cell.name)
    names = name_wires(grid, whole, rooms)
    return Schematic(cell, tuple(items), grid.wires, tuple(rails), tuple(labels), tuple(names))


def _beside_rails(grid: Grid, items: list[Item], cell: Cell, rails: list[Rail]) -> list[Part]:
    lines = {(rail.net, rail.y) for rail in rails}
    return [
        part
        for part in parts(grid, items)
        if part.net in cell.supplies and not any((part.net, y) in lines for _, y in part.points)
    ]


def _kind(cell: Cell, net: str) -> str:
    first = members(net)[0]
    direction = cell.pins.get(first, "")
    if direction == "supply":
        return "vss" if first.startswith("vss") else "vdd"
    if direction == "bias" or (direction and first == "in"):
        return "in"
    return direction
