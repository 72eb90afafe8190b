"""Names of nets: on a stub where a wire ends, beside the wire where it connects everything."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cosim.schematics.grid import Grid, moved
from cosim.schematics.netlist import SchematicError
from cosim.schematics.shapes import Point
from cosim.schematics.text import NET, PORT, Rectangle, Text, overlap
from cosim.schematics.wiring import Part

LEFT, RIGHT, UP, DOWN = (-1, 0), (1, 0), (0, -1), (0, 1)
_DETOURS = {
    "in": {LEFT: 0, UP: 5, DOWN: 6, RIGHT: 8},
    "out": {RIGHT: 0, UP: 5, DOWN: 6, LEFT: 8},
    "inout": {RIGHT: 0, LEFT: 1, UP: 4, DOWN: 4},
    "vdd": {UP: 0, LEFT: 9, RIGHT: 9, DOWN: 30},
    "vss": {DOWN: 0, LEFT: 9, RIGHT: 9, UP: 30},
    "": {LEFT: 1, RIGHT: 0, UP: 1, DOWN: 2},
}
"""Cost of a label in each direction: inputs are at the left, outputs at the right."""
_LONGEST = 3
_TURN, _COVERED = 3, 4


@dataclass(frozen=True)
class Label:
    """A net's name at the end of a stub; `kind` is in, out, inout, vdd or vss, or empty."""

    net: str
    at: Point
    direction: Point
    kind: str
    text: Text
    stub: tuple[Point, ...]

    @property
    def room(self) -> Rectangle:
        """The rectangle that text and supply symbol cover."""
        left, top, right, bottom = self.text.room
        if self.direction in (LEFT, RIGHT):
            return left, top, right, bottom
        x, y = self.at
        return min(left, x - 0.9), min(top, y + 0.2), max(right, x + 0.9), max(bottom, y - 0.2)


def label_parts(
    grid: Grid, found: list[Part], kinds: Mapping[str, str], rooms: list[Rectangle], cell: str
) -> list[Label]:
    """A label on a stub for each part; `rooms`, the places that are taken, grow.

    Raises SchematicError where there is no room.
    """
    labels = []
    for part in sorted(found, key=lambda part: (len(part.points) > 1, min(part.points))):
        label = _best_stub(grid, part, kinds.get(part.net, ""), rooms)
        if label is None:
            raise SchematicError(
                f"{cell}: no room to label {part.net} at {min(part.points)}; give a larger gap"
            )
        grid.take(part.net, list(label.stub))
        grid.ends[label.at] = part.net
        grid.block(label.text.room)
        rooms.append(label.room)
        labels.append(label)
    return labels


def name_wires(grid: Grid, found: list[Part], rooms: list[Rectangle]) -> list[Text]:
    """The names of nets beside their wires, where there is room."""
    names = []
    for part in found:
        if name := _beside_wire(grid, part, rooms):
            rooms.append(name.room)
            names.append(name)
    return names


def _best_stub(grid: Grid, part: Part, kind: str, rooms: list[Rectangle]) -> Label | None:
    stubs = [
        (cost + _COVERED * _covered(grid, label), label)
        for point in sorted(part.points)
        if not grid.is_crossed(part.net, point)
        for cost, label in _stubs(grid, part, kind, point)
        if _has_room(grid, label.room, rooms)
    ]
    return min(stubs, key=lambda stub: stub[0])[1] if stubs else None


def _stubs(grid: Grid, part: Part, kind: str, point: Point) -> Iterator[tuple[float, Label]]:
    """Possible stubs from a point, with their costs."""
    leaves = {end.leaves for end in part.terminals if end.at == point}
    xs = [x for x, _ in part.points]
    aside = {"in": point[0] - min(xs), "out": max(xs) - point[0]}.get(kind, 0)
    for direction, detour in _DETOURS[kind].items():
        turn = _TURN if leaves and direction not in leaves else 0
        path = [point]
        for length in range(_LONGEST + 1):
            if length or direction in leaves:
                text = _text(part.net, kind, path[-1], direction)
                label = Label(part.net, path[-1], direction, kind, text, tuple(path))
                yield detour + turn + abs(length - 1) + 0.3 * aside, label
            onwards = moved(path[-1], direction)
            if grid.is_crossed(part.net, onwards) or not grid.is_open(part.net, path[-1], onwards):
                break
            path.append(onwards)


def _text(net: str, kind: str, at: Point, direction: Point) -> Text:
    x, y = at
    style = PORT if kind in ("in", "out", "inout") else NET
    if direction in (LEFT, RIGHT):
        anchor = "end" if direction == LEFT else "start"
        return Text(x + 0.5 * direction[0], y + 0.3, net, style, anchor)
    below = 1.6 if kind == "vss" else 1.2
    return Text(x, y - 0.5 if direction == UP else y + below, net, style, "middle")


def _has_room(grid: Grid, room: Rectangle, rooms: list[Rectangle]) -> bool:
    return grid.is_free(room) and not any(overlap(room, other) for other in rooms)


def _covered(grid: Grid, label: Label) -> int:
    """Number of places a label takes where another net's wire or label is expected."""
    left, top, right, bottom = label.text.room
    return sum(
        grid.exits.get((x, y), label.net) != label.net
        for x in range(math.ceil(left), math.floor(right) + 1)
        for y in range(math.ceil(top), math.floor(bottom) + 1)
    )


def _beside_wire(grid: Grid, part: Part, rooms: list[Rectangle]) -> Text | None:
    """The net's name above a horizontal wire, or else right of a vertical one."""
    xs, ys = zip(*part.points, strict=True)
    centre = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    candidates = []
    for x, y in sorted(part.points):
        arms = grid.arms(part.net, (x, y))
        away = abs(x - centre[0]) + abs(y - centre[1])
        if LEFT in arms or RIGHT in arms:
            candidates.append((away, Text(x, y - 0.5, part.net, NET, "middle")))
        if UP in arms or DOWN in arms:
            candidates.append((away + 5, Text(x + 0.4, y + 0.3, part.net, NET)))
    fitting = [(away, text) for away, text in candidates if _has_room(grid, text.room, rooms)]
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None
