"""Content of the netlists for schematics: cells, their pins and their devices."""

import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from cosim.engine.deck import Deck, read_netlist
from cosim.engine.netlist import Line
from cosim.workbench.errors import CosimError

_TERMINALS = {"nfet": "dgsb", "pfet": "dgsb", "c": "12", "i": "12"}
_STATED = re.compile(r"\*\s+(?:pins\s+)?((?:\S+\s+)+?)(in|out|inout|bias)\s+\S")
_NUMBERED = re.compile(r"(\D*)(\d+)(\D*)")
_CONDITION = re.compile(r"\.(if|elseif)\s*\(\s*(\w+)\s*(==|>=|<=|>|<)\s*(\d+)\s*\)")
_COMPARE = {
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class SchematicError(CosimError):
    """A cell can't be drawn: it is not understood, or a device or a label has no place."""


@dataclass(frozen=True)
class Device:
    """One element of a cell; `kind` is nfet, pfet, c, i or the name of a cell.

    `nets` maps each terminal (d g s b, 1 2, or the pins of the cell) to its net, `parameters`
    each parameter to its text; that of a capacitor or current source is called `value`.
    """

    name: str
    kind: str
    nets: dict[str, str]
    parameters: dict[str, str]


@dataclass(frozen=True)
class Cell:
    """One subcircuit: `pins` maps each pin to in, out, inout, bias or supply."""

    name: str
    purpose: str
    pins: dict[str, str]
    parameters: dict[str, str]
    devices: tuple[Device, ...]

    @property
    def supplies(self) -> tuple[str, ...]:
        """The pins that are supplies."""
        return tuple(pin for pin, direction in self.pins.items() if direction == "supply")


def read_cells(path: Path | str) -> dict[str, Cell]:
    """Read all cells of a file and its includes, conditional lines taken at their defaults.

    Raises DeckError for a missing file and SchematicError for a card that is not understood.
    """
    comments: dict[str, list[str]] = {}
    cells: dict[str, Cell] = {}
    globals_: dict[str, str] = {}
    cell: Cell | None = None
    for line in _active(read_netlist(path).lines, globals_):
        words = line.text.split()
        if line.text.startswith("*"):
            comments.setdefault(line.source, []).append(line.text)
        elif line.name == "param":
            globals_.update(_parameters(words[1:]))
        elif line.name == "subckt":
            cell = _header(words[1:], comments.get(line.source, []))
        elif line.name == "ends" and cell:
            cells[cell.name] = cell
            cell = None
        elif cell:
            cell = replace(cell, devices=(*cell.devices, _device(line, cells)))
    return cells


def read_cell_devices(deck: Deck, cells: Mapping[str, Cell]) -> tuple[Device, ...]:
    """The devices of a deck, outside its subcircuits, that are cells."""
    devices, inside = [], False
    for line in _joined(deck.lines):
        if line.name in ("subckt", "ends"):
            inside = line.name == "subckt"
        elif line.name.startswith("x") and not inside:
            devices.append(_device(line, cells))
    return tuple(devices)


def _active(lines: tuple[Line, ...], globals_: Mapping[str, str]) -> Iterator[Line]:
    """Comments and whole cards, without those that the defaults of `.if` exclude."""
    branches: list[list[bool]] = []
    for line in _joined(lines):
        condition = _CONDITION.match(line.text)
        if condition:
            _, name, comparison, number = condition.groups()
            holds = _COMPARE[comparison](int(globals_[name]), int(number))
            if condition[1] == "if":
                branches.append([])
            branches[-1].append(holds and not any(branches[-1]))
        elif line.name == "else":
            branches[-1].append(not any(branches[-1]))
        elif line.name == "endif":
            branches.pop()
        elif all(branch[-1] for branch in branches):
            yield line


def _joined(lines: tuple[Line, ...]) -> Iterator[Line]:
    card: Line | None = None
    for line in lines:
        if line.text.startswith("+") and card:
            card = replace(card, text=f"{card.text} {line.text[1:]}")
            continue
        if card:
            yield card
        card = line
    if card:
        yield card


def _header(words: list[str], comments: list[str]) -> Cell:
    name, *rest = words
    pins = [word for word in rest if "=" not in word]
    purpose = re.search(rf"\* {name}: (.*?)(?= \*|$)", " ".join(comments))
    directions = _directions(comments, pins)
    return Cell(
        name=name,
        purpose=purpose[1] if purpose else "",
        pins={pin: directions.get(pin, _undescribed(pin)) for pin in pins},
        parameters=_parameters(rest),
        devices=(),
    )


def _undescribed(pin: str) -> str:
    return "bias" if pin.startswith("v_") else "supply"


def _directions(comments: list[str], pins: list[str]) -> dict[str, str]:
    """Directions that the header states, in lines like `* pins  q0 .. q5  out  weight`."""
    directions: dict[str, str] = {}
    for comment in comments:
        if stated := _STATED.match(comment):
            words = stated[1].split()
            named = [pin for pin in pins if _names(words, pin)]
            if all(word == ".." or any(_names([word], pin) for pin in pins) for word in words):
                directions |= {pin: stated[2] for pin in named if pin not in directions}
    return directions


def _names(words: list[str], pin: str) -> bool:
    """True if header words such as `a b`, `m0 .. m4`, `m0_b .. m4_b` or `v_*` name the pin."""
    if ".." not in words:
        return any(fnmatchcase(pin, word) for word in words)
    place = words.index("..")
    first, last = words[place - 1], words[place + 1]
    low, high, number = (_NUMBERED.fullmatch(word) for word in (first, last, pin))
    same = number and (number[1], number[3]) == (low[1], low[3])
    inside = bool(same) and int(low[2]) <= int(number[2]) <= int(high[2])
    return inside or _names(words[: place - 1] + words[place + 2 :], pin)


def _device(line: Line, cells: Mapping[str, Cell]) -> Device:
    name, *rest = line.text.split()
    words = [word for word in rest if "=" not in word]
    parameters = _parameters(rest)
    letter = name[0].lower()
    kind = words.pop() if letter == "x" else letter
    if letter in "ci":
        parameters["value"] = words.pop().strip("{}")
    terminals = tuple(cells[kind].pins) if kind in cells else _TERMINALS.get(kind)
    if terminals is None:
        raise SchematicError(f"{line}: {name} is of unknown kind {kind}")
    if len(terminals) != len(words):
        raise SchematicError(f"{line}: {name} has {len(words)} nets, {kind} {len(terminals)}")
    return Device(name, kind, dict(zip(terminals, words, strict=True)), parameters)


def _parameters(words: list[str]) -> dict[str, str]:
    pairs = (word.split("=", 1) for word in words if "=" in word)
    return {name: value.strip("{}") for name, value in pairs}
