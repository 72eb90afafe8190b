"""Schematics as SVG text, the same for the same schematic on every machine."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from cosim.schematics.boxes import members
from cosim.schematics.grid import Edge
from cosim.schematics.labels import DOWN, UP, Label
from cosim.schematics.layout import Item
from cosim.schematics.schematic import Schematic
from cosim.schematics.shapes import Point
from cosim.schematics.text import PIXELS, PORT, SIZES, VALUE, Rectangle, Text

_MARGIN = 1
_STYLE = """
text { font-family: Helvetica, Arial, sans-serif; fill: #000; }
path, circle { fill: none; stroke: #000; stroke-width: 1.3; stroke-linejoin: round; }
.box { fill: #f3f5f8; }
.solid { fill: #000; stroke: none; }
.wire, .end, .supply { stroke: #1b5aa6; stroke-linecap: square; }
.bus { stroke-width: 3; }
.supply { stroke-width: 2; }
.dot { fill: #1b5aa6; stroke: none; }
.end { fill: #fff; }
.net, .port { fill: #1b5aa6; }
.value, .pin { fill: #555; }
.title, .port { font-weight: bold; }
"""


def to_svg(schematic: Schematic) -> str:
    """The drawing as an SVG document."""
    notes = _notes(schematic)
    left, top, right, bottom = _extent(schematic)
    note = Text(left, bottom + 1.2, notes, VALUE) if notes else None
    if note:
        right, bottom = max(right, note.room[2]), note.room[3]
    box = (left - _MARGIN, top - _MARGIN, right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN)
    x, y, width, height = (math.ceil(PIXELS * value) for value in box)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{x} {y} {width} {height}">',
        f"<title>{escape(schematic.cell.name)}: {escape(schematic.cell.purpose)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#fff"/>',
        *_wires(schematic),
        *(line for item in schematic.items for line in _item(item)),
        *(line for label in schematic.labels for line in _label(label)),
        *(_text(rail.text) for rail in schematic.rails),
        *(_text(text) for text in schematic.names),
        *([_text(note)] if note else []),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _notes(schematic: Schematic) -> str:
    parameters = schematic.cell.parameters
    return ", ".join(f"{name} = {value}" for name, value in parameters.items())


def _extent(schematic: Schematic) -> Rectangle:
    rooms = [text.room for text in schematic.texts]
    rooms += [item.body for item in schematic.items]
    rooms += [(*point, *point) for step in schematic.wires for point in step]
    rooms += [(*end.at, *end.at) for item in schematic.items for end in item.terminals.values()]
    lefts, tops, rights, bottoms = zip(*rooms, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _wires(schematic: Schematic) -> Iterator[str]:
    nets: dict[str, list[Edge]] = defaultdict(list)
    for step, net in schematic.wires.items():
        nets[net].append(step)
    rails = {(rail.net, rail.y) for rail in schematic.rails}
    for net, steps in sorted(nets.items()):
        kind = "wire bus" if len(members(net)) > 1 else "wire"
        yield f'<path class="{kind}" d="{_runs(steps)}"><title>{escape(net)}</title></path>'
        on_rail = [step for step in steps if all((net, y) in rails for _, y in step)]
        if on_rail:
            yield f'<path class="supply" d="{_runs(on_rail)}"/>'
    for point in sorted(_junctions(schematic)):
        yield _circle("dot", point, 2.2)


def _runs(steps: Iterable[Edge]) -> str:
    """Path data of straight runs: steps that continue each other are one line."""
    path = []
    for axis in (0, 1):
        ends: Point | None = None
        along = [step for step in steps if step[0][1 - axis] == step[1][1 - axis]]
        for one, other in sorted(along, key=lambda step: (step[0][1 - axis], step[0][axis])):
            if one != ends:
                path.append(f"M{PIXELS * one[0]},{PIXELS * one[1]}")
            else:
                path.pop()
            path.append(f"{'HV'[axis]}{PIXELS * other[axis]}")
            ends = other
    return "".join(path)


def _junctions(schematic: Schematic) -> set[Point]:
    """Points where three or more wires or terminals of one net meet."""
    arms: Counter[tuple[str, Point]] = Counter()
    for step, net in schematic.wires.items():
        arms.update((net, point) for point in step)
    for item in schematic.items:
        for pin, end in item.terminals.items():
            arms[item.device.nets[pin], end.at] += 1
    rails = {(rail.net, rail.y) for rail in schematic.rails}
    return {
        point for (net, point), count in arms.items() if count > 2 and (net, point[1]) not in rails
    }


def _item(item: Item) -> Iterator[str]:
    symbol = item.symbol
    (a, b), (c, d) = symbol.matrix
    x, y = (PIXELS * value for value in item.at)
    yield f'<g transform="matrix({a} {c} {b} {d} {x} {y})">'
    yield f'<path class="{"box" if symbol.is_box else "device"}" d="{symbol.strokes}"/>'
    if symbol.fills:
        yield f'<path class="solid" d="{symbol.fills}"/>'
    yield "</g>"
    for text in item.texts:
        yield _text(text)


def _label(label: Label) -> Iterator[str]:
    x, y = (PIXELS * value for value in label.at)
    if label.kind == "vdd" and label.direction == UP:
        yield f'<path class="supply" d="M{x - 7},{y}H{x + 7}"/>'
    elif label.kind == "vss" and label.direction == DOWN:
        yield f'<path class="supply" d="M{x - 7},{y}H{x + 7}M{x - 3},{y + 4}H{x + 3}"/>'
    elif label.text.style == PORT:
        yield _circle("end", label.at, 2.5)
    yield _text(label.text)


def _circle(kind: str, point: Point, radius: float) -> str:
    x, y = (PIXELS * value for value in point)
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius}"/>'


def _text(text: Text) -> str:
    x, y = (f"{PIXELS * value:g}" for value in (text.x, text.y))
    return (
        f'<text class="{text.style}" x="{x}" y="{y}" font-size="{SIZES[text.style]}" '
        f'text-anchor="{text.anchor}">{escape(text.content)}</text>'
    )
