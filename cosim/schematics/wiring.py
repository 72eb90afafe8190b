"""Wires between the terminals of a net, as far as they are within reach, and supply rails."""

import itertools
import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cosim.schematics.boxes import members
from cosim.schematics.grid import Grid, moved
from cosim.schematics.layout import Item
from cosim.schematics.shapes import Point, Terminal
from cosim.schematics.text import PORT, Text, label_length

_MARGIN = 8


@dataclass(frozen=True)
class Rail:
    """A supply line across the drawing."""

    net: str
    y: int
    left: int
    right: int

    @property
    def text(self) -> Text:
        """The supply's name, left of the line."""
        return Text(self.left - 0.5, self.y + 0.3, self.net, PORT, "end")


@dataclass(frozen=True)
class Part:
    """Points of one net that wires connect, with the terminals among them."""

    net: str
    points: frozenset[Point]
    terminals: tuple[Terminal, ...]


def empty_grid(items: list[Item], pins: Collection[str]) -> Grid:
    """A grid in which the items' bodies, texts and terminals keep wires out.

    The places where terminals on the cell's pins will be labelled are left free if possible.
    """
    terminals = [(end, net) for item in items for end, net in _ends(item)]
    boxes = [box for item in items for box in (item.body, *(text.room for text in item.texts))]
    points = [(*end.at, *end.at) for end, _ in terminals]
    lefts, tops, rights, bottoms = zip(*boxes, *points, strict=True)
    grid = Grid(
        (
            math.floor(min(lefts)) - _MARGIN,
            math.floor(min(tops)) - _MARGIN,
            math.ceil(max(rights)) + _MARGIN,
            math.ceil(max(bottoms)) + _MARGIN,
        )
    )
    for box in boxes:
        grid.block(box)
    for end, net in terminals:
        grid.ends[end.at] = net
        is_labelled = end.leaves[0] and members(net)[0] in pins
        for distance in range(1, label_length(net) if is_labelled else 3):
            grid.exits.setdefault(moved(end.at, end.leaves, distance), net)
    return grid


def draw_rail(grid: Grid, items: list[Item], net: str) -> Rail | None:
    """Connect the devices on a supply that see the upper (vdd) or lower (vss) edge.

    A device that is the only one to see it gets no rail, nor do cells within the cell.
    """
    up = not net.startswith("vss")
    ys = [end.at[1] for item in items for end, _ in _ends(item)]
    y = min(ys) - 2 if up else max(ys) + 2
    step = (0, -1 if up else 1)
    feeds = []
    devices = (item for item in items if not item.symbol.is_box)
    for end in (end for item in devices for end, other in _ends(item) if other == net):
        path = [moved(end.at, step, distance) for distance in range(abs(end.at[1] - y) + 1)]
        pairs = itertools.pairwise(path)
        if end.leaves == step and all(grid.is_open(net, *pair) for pair in pairs):
            feeds.append(path)
    if len(feeds) < 2:
        return None
    xs = [path[0][0] for path in feeds]
    rail = Rail(net, y, min(xs) - 1, max(xs) + 1)
    for path in (*feeds, [(x, y) for x in range(rail.left, rail.right + 1)]):
        grid.take(net, path)
    return rail


def connect(grid: Grid, items: list[Item], supplies: tuple[str, ...], reach: int) -> None:
    """Wire the nets, the shortest connections first."""
    nets = _terminals(items)
    spans = [
        (distance, net, one, other)
        for net, ends in nets.items()
        if net not in supplies
        for distance, one, other in _spanning([end.at for end in ends])
    ]
    for _, net, one, other in sorted(spans):
        points = {end.at for end in nets[net]} | _wired(grid, net)
        near = _connected(grid, net, one)
        # The cheapest way may lead to another part of the net than the one that was meant.
        while other not in near:
            path = grid.way(net, near, points - near, reach)
            if not path:
                break
            grid.take(net, path)
            near = _connected(grid, net, one)


def parts(grid: Grid, items: list[Item]) -> list[Part]:
    """Points that wires have connected, net by net."""
    found = []
    for net, ends in _terminals(items).items():
        left = {end.at: end for end in ends}
        while left:
            points = _connected(grid, net, next(iter(left)))
            inside = tuple(left.pop(point) for point in sorted(points) if point in left)
            found.append(Part(net, frozenset(points), inside))
    return found


def _ends(item: Item) -> Iterable[tuple[Terminal, str]]:
    return ((end, item.device.nets[pin]) for pin, end in item.terminals.items())


def _terminals(items: list[Item]) -> dict[str, list[Terminal]]:
    nets: dict[str, list[Terminal]] = defaultdict(list)
    for item in items:
        for end, net in _ends(item):
            nets[net].append(end)
    return nets


def _spanning(points: list[Point]) -> list[tuple[int, Point, Point]]:
    """Edges of a minimum spanning tree, with their Manhattan lengths."""
    found = []
    inside, outside = points[:1], points[1:]
    while outside:
        distance, one, other = min(
            (abs(one[0] - other[0]) + abs(one[1] - other[1]), one, other)
            for one in inside
            for other in outside
        )
        outside.remove(other)
        inside.append(other)
        found.append((distance, one, other))
    return found


def _wired(grid: Grid, net: str) -> set[Point]:
    return {point for step, other in grid.wires.items() if other == net for point in step}


def _connected(grid: Grid, net: str, start: Point) -> set[Point]:
    """The points that the net's wires connect to a point."""
    found, frontier = {start}, [start]
    while frontier:
        point = frontier.pop()
        for step in grid.arms(net, point):
            other = moved(point, step)
            if other not in found:
                found.add(other)
                frontier.append(other)
    return found
