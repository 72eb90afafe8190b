"""Symbols of transistors, capacitors, current sources and logic gates; the rest are boxes."""

import re
from collections.abc import Mapping

from cosim.schematics.boxes import box
from cosim.schematics.netlist import Cell, Device, SchematicError
from cosim.schematics.shapes import (
    INTACT,
    MIRRORED,
    Matrix,
    Point,
    Symbol,
    Terminal,
    caption,
    turned,
)
from cosim.schematics.text import NAME, VALUE, Text

_CHANNEL = "M-12,0H-30 M-12,-11V11 M-7,-13V13 M-7,-9H0V-30 M-7,9H0V30"
_TRANSISTORS: dict[str, tuple[str, dict[str, Point]]] = {
    "nfet": ("M0,9L-6,5.5V12.5Z", {"d": (0, -3), "g": (-3, 0), "s": (0, 3)}),
    "pfet": ("M-7,-9L-1,-12.5V-5.5Z", {"d": (0, 3), "g": (-3, 0), "s": (0, -3)}),
}
_TWO_TERMINALS = {
    "c": ("M0,-30V-4 M0,30V4 M-11,-4H11 M-11,4H11", ""),
    "i": ("M0,-30V-11 M0,30V11 M-11,0A11,11 0 1 0 11,0A11,11 0 1 0 -11,0Z M0,-7V3", "M0,8L-4,1H4Z"),
}
_TRIANGLE = "M-20,-14L20,0L-20,14Z"
_AND = "M-20,-{h}H0A20,{h} 0 0 1 0,{h}H-20Z"
_OR = "M-22,-{h}Q-12,0 -22,{h}Q8,{h} 20,0Q8,-{h} -22,-{h}Z"
_BUBBLE = "M20,0a3,3 0 1 0 6,0a3,3 0 1 0 -6,0M26,0H40"
# Of each logic symbol the outline, and where the leads of its inputs end.
_GATES = {
    r"inverter|keeper": (_TRIANGLE + _BUBBLE, -20),
    r"schmitt_trigger": (_TRIANGLE + _BUBBLE + "M-16,5H-8V-4H-4 M-13,5V-4H-8", -20),
    r"nand\d": (_AND + _BUBBLE, -20),
    r"and\d": (_AND + "M20,0H40", -20),
    r"nor\d": (_OR + _BUBBLE, -18),
    r"xor\d": (_OR + "M-27,-{h}Q-17,0 -27,{h} M20,0H40", -23),
}
_DISC = "M-3,-3a3,3 0 1 0 6,0a3,3 0 1 0 -6,0"
_SWITCH_CELL = "transmission_gate"
_SWITCH = "M-20,-12V12L20,-12V12Z M-40,0H-20 M20,0H40 M0,0V30 M0,-30V-6 " + _DISC

TURNS = ("left", "right", "up", "down")
"""Directions of a transistor's gate; the inputs of gates and boxes only point left or right."""


def symbol(
    device: Device, cells: Mapping[str, Cell], supplies: tuple[str, ...], turn: str
) -> Symbol:
    """The symbol of a device of a cell with these supplies.

    `turn` says where a transistor's gate or a gate's input points: left, right, up or down. The
    supplies of logic symbols and the bulk of a transistor go without saying where the cell has no
    other supply of that polarity; a bulk also where the source is on the same supply. Raises
    SchematicError for an impossible turn, and for a logic symbol on other supplies.
    """
    if device.kind in _TRANSISTORS:
        return _transistor(device, supplies, turn)
    if turn not in ("left", "right"):
        raise SchematicError(f"{device.name} ({device.kind}) can't be turned {turn}")
    if device.kind in _TWO_TERMINALS:
        return _two_terminals(device)
    matrix = MIRRORED if turn == "right" else INTACT
    if device.kind == _SWITCH_CELL:
        return _switch(device, matrix)
    if outline := _outline(device.kind):
        said = [pin for pin in device.nets if pin not in unspoken(device, cells, supplies)]
        return _gate(device, cells[device.kind], said, *outline, matrix)
    return box(device, cells[device.kind], mirrored=turn == "right")


def is_box(device: Device) -> bool:
    """True if a device is drawn as a box: a cell that has no symbol of its own."""
    has_symbol = device.kind in _TRANSISTORS or device.kind in _TWO_TERMINALS
    return not (has_symbol or device.kind == _SWITCH_CELL or _outline(device.kind))


def only_rails(supplies: tuple[str, ...]) -> list[str]:
    """The supplies (vdd, vddd, vss ...) that are the only ones of their polarity."""
    kinds = [supply[:3] for supply in supplies]
    return [supply for supply in supplies if kinds.count(supply[:3]) == 1]


def unspoken(device: Device, cells: Mapping[str, Cell], supplies: tuple[str, ...]) -> set[str]:
    """The terminals that go without saying, see `symbol`."""
    if device.kind in _TRANSISTORS:
        at_source = device.nets["b"] == device.nets["s"] in supplies
        polarity = "vss" if device.kind == "nfet" else "vdd"
        return {"b"} if at_source else {"b"} & _on_only_rails(device, supplies, polarity)
    if device.kind in _TWO_TERMINALS or is_box(device):
        return set()
    rails = {pin for pin in cells[device.kind].supplies if pin in device.nets}
    return rails & _on_only_rails(device, supplies, "v")


def _on_only_rails(device: Device, supplies: tuple[str, ...], polarity: str) -> set[str]:
    rails = [rail for rail in only_rails(supplies) if rail.startswith(polarity)]
    return {pin for pin, net in device.nets.items() if net in rails}


def _outline(kind: str) -> tuple[str, int] | None:
    return next((drawn for name, drawn in _GATES.items() if re.fullmatch(name, kind)), None)


def _transistor(device: Device, supplies: tuple[str, ...], turn: str) -> Symbol:
    arrow, places = _TRANSISTORS[device.kind]
    strokes = _CHANNEL
    has_bulk = not unspoken(device, {}, supplies)
    if has_bulk:
        places = {**places, "b": (2, 0)}
        strokes += "M-7,0H20"
    # Turned up or down, the drain is on the left.
    left = 1 if device.kind == "nfet" else -1
    matrix, body = {
        "left": (INTACT, (-2, -2, 0, 2)),
        "right": (MIRRORED, (0, -2, 2, 2)),
        "up": (((0, left), (1, 0)), (-2, -2, 2, 0)),
        "down": (((0, left), (-1, 0)), (-2, 0, 2, 2)),
    }[turn]
    size = "{w}/{l}".format(**device.parameters)
    if "m" in device.parameters:
        size += f" m={device.parameters['m']}"
    texts = _beside(device.name, size, turn, has_bulk)
    return Symbol(turned(matrix, places), body, strokes, arrow, texts, matrix)


def _beside(name: str, value: str, turn: str, has_bulk: bool) -> tuple[Text, ...]:
    """Name and value on the side that the gate doesn't point to, clear of a drawn bulk."""
    if turn in ("up", "down"):
        x, anchor = (0.6, "start") if has_bulk else (0, "middle")
        up = 1.1 if turn == "up" else -1.3
        down = up + 1
    else:
        x, anchor = (0.5, "start") if turn == "left" else (-0.5, "end")
        up, down = (-0.8, 1.4) if has_bulk else (-0.3, 0.95)
    return Text(x, up, name, NAME, anchor), Text(x, down, value, VALUE, anchor)


def _two_terminals(device: Device) -> Symbol:
    strokes, fills = _TWO_TERMINALS[device.kind]
    texts = (
        Text(1.4, -0.3, device.name, NAME),
        Text(1.4, 0.95, device.parameters["value"], VALUE),
    )
    # The end on a supply points to that supply.
    over = device.nets["1"].startswith("vss") or device.nets["2"].startswith("vdd")
    matrix: Matrix = ((1, 0), (0, -1)) if over else INTACT
    terminals = turned(matrix, {"1": (0, -3), "2": (0, 3)})
    return Symbol(terminals, (-1, -2, 1, 2), strokes, fills, texts, matrix)


def _gate(
    device: Device, cell: Cell, pins: list[str], strokes: str, lead: int, matrix: Matrix
) -> Symbol:
    inputs = [pin for pin in pins if cell.pins[pin] == "in"]
    if len(pins) != len(inputs) + 1:
        raise SchematicError(f"{device.name} ({cell.name}) is not on the only supplies of its cell")
    (output,) = set(pins).difference(inputs)
    height = max(2, len(inputs))
    sign = matrix[0][0]
    terminals = {output: Terminal((4 * sign, 0), (sign, 0))}
    for place, pin in enumerate(inputs):
        y = 2 * place - len(inputs) + 1
        terminals[pin] = Terminal((-4 * sign, y), (-sign, 0))
        strokes += f"M-40,{10 * y}H{lead}"
    body = (-3, -height, 3, height)
    return Symbol(
        terminals,
        body,
        strokes.replace("{h}", str(10 * height)),
        "",
        _below(device, height),
        matrix,
    )


def _below(device: Device, height: float) -> tuple[Text, ...]:
    name = f"{device.name} {caption(device)}".strip()
    return (Text(0, height + 0.9, name, NAME, "middle"),)


def _switch(device: Device, matrix: Matrix) -> Symbol:
    places = {"a": (-4, 0), "b": (4, 0), "on": (0, 3), "on_b": (0, -3)}
    texts = (Text(0.5, 3, device.name, NAME),)
    return Symbol(turned(matrix, places), (-3, -2, 3, 2), _SWITCH, "", texts, matrix)
