"""Boxes for cells within cells, with the numbered pins of a bus drawn as one."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from cosim.schematics.netlist import Cell, Device
from cosim.schematics.shapes import Symbol, Terminal, caption
from cosim.schematics.text import NAME, PIN, TITLE, Text

_NUMBERED = re.compile(r"(.*?)(\d+)(_b)?$")


def bundled(device: Device) -> Device:
    """The device with pins q0 q1 q2 on nets p0 p1 p2 as one pin q0..q2 on p0..p2."""
    groups: list[list[tuple[str, str]]] = []
    for pin, net in device.nets.items():
        if groups and all(map(_follows, groups[-1][-1], (pin, net))):
            groups[-1].append((pin, net))
        else:
            groups.append([(pin, net)])
    nets = {}
    for group in groups:
        pins, wires = zip(*group, strict=True)
        nets[joined(pins)] = joined(wires)
    return replace(device, nets=nets)


def _follows(one: str, next_one: str) -> bool:
    low, high = _NUMBERED.match(one), _NUMBERED.match(next_one)
    if not (low and high) or (low[1], low[3]) != (high[1], high[3]):
        return False
    return int(low[2]) + 1 == int(high[2])


def joined(names: Sequence[str]) -> str:
    """One name for several: q0..q2, or q0_b..q2_b, where they are numbered; else commas."""
    runs: list[list[str]] = []
    for name in names:
        if runs and _follows(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs)


def members(name: str) -> list[str]:
    """The names that were joined."""
    found: list[str] = []
    for part in name.split(", "):
        first, _, last = part.partition("..")
        low, high = _NUMBERED.match(first), _NUMBERED.match(last)
        if low and high:
            prefix, lowest, suffix = low.groups(default="")
            numbers = range(int(lowest), int(high[2]) + 1)
            found += [f"{prefix}{number}{suffix}" for number in numbers]
        else:
            found.append(part)
    return found


def box(device: Device, cell: Cell, mirrored: bool = False) -> Symbol:
    """A box with inputs and biases at the left, outputs at the right, supplies above and below.

    Mirrored, inputs are at the right. Pins that the device doesn't have are left out.
    """
    sides: dict[str, list[str]] = {"left": [], "right": [], "top": [], "bottom": []}
    for pin in device.nets:
        sides[_side(pin, cell.pins[members(pin)[0]], mirrored)].append(pin)
    name = f"{device.name} {caption(device)}".strip()
    title = (Text(0, 0, device.kind, TITLE, "middle"), Text(0, 1.1, name, NAME, "middle"))
    half = _half_width(sides, title)
    rows = max(len(sides["left"]), len(sides["right"]))
    top = -(3 + 2 * rows) // 2
    bottom = top + 3 + 2 * rows
    terminals = {}
    texts = [text.moved(0, top + 1.3) for text in title]
    for side, sign, anchor in (("left", -1, "start"), ("right", 1, "end")):
        for row, pin in enumerate(sides[side]):
            y = top + 4 + 2 * row
            terminals[pin] = Terminal((sign * (half + 1), y), (sign, 0))
            texts.append(Text(sign * (half - 0.4), y + 0.3, pin, PIN, anchor))
    for side, y, sign in (("top", top - 1, -1), ("bottom", bottom + 1, 1)):
        for column, pin in enumerate(sides[side]):
            terminals[pin] = Terminal((4 * column, y), (0, sign))
    leads = "".join(_lead(terminal) for terminal in terminals.values())
    inputs = [pin for pin in device.nets if cell.pins[members(pin)[0]] == "in" or pin == "in"]
    arrows = "".join(_arrow(terminals[pin]) for pin in inputs)
    frame = f"M{-10 * half},{10 * top}H{10 * half}V{10 * bottom}H{-10 * half}Z"
    body = (-half, top, half, bottom)
    return Symbol(terminals, body, frame + leads, arrows, tuple(texts), is_box=True)


def _side(pin: str, direction: str, mirrored: bool) -> str:
    if direction == "supply":
        return "bottom" if pin.startswith("vss") else "top"
    inward = direction in ("in", "bias") or pin == "in"
    return "left" if inward != mirrored else "right"


def _half_width(sides: dict[str, list[str]], title: tuple[Text, ...]) -> int:
    def widest(pins: list[str]) -> float:
        return max((Text(0, 0, pin, PIN).width for pin in pins), default=0)

    across = widest(sides["left"]) + widest(sides["right"]) + 2
    return math.ceil(max(across, *(text.width + 1 for text in title)) / 2)


def _lead(terminal: Terminal) -> str:
    (x, y), (dx, dy) = terminal.at, terminal.leaves
    return f"M{10 * x},{10 * y}l{-10 * dx},{-10 * dy}"


def _arrow(terminal: Terminal) -> str:
    """An arrowhead at the box's edge."""
    x, y = (10 * (place - step) for place, step in zip(terminal.at, terminal.leaves, strict=True))
    back = 7 * terminal.leaves[0]
    return f"M{x},{y}L{x + back},{y - 3}V{y + 3}Z"
