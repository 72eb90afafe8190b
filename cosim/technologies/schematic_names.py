"""Transistors as a PDK's schematics call them, in the terms of our netlists.

The file schematics/TECHNOLOGY.toml beside a technology's says what they are called. Width, length
and numbers of devices and fingers count; areas and perimeters of the diffusions follow from them,
as for all transistors.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from cosim.engine.deck import Deck, bare_cards
from cosim.engine.netlist import Line
from cosim.engine.spice_parameters import spice_number
from cosim.technologies.technology import Technology, read_technology, technology_names
from cosim.workbench.errors import DeckError
from cosim.workbench.places import in_use
from cosim.workbench.settings import Section, read_toml
from ebn_model.errors import InputError

FOLDER = "schematics"
_PER_UNIT = {"um": 1.0, "m": 1e6}
_VALUE = r"'[^']*'|\{[^}]*\}|[^\s={}']+"
_ASSIGNED = re.compile(rf"([a-z_]\w*)\s*=\s*({_VALUE})", re.I)


class SchematicDevice(Section):
    """A PDK's transistor in terms of our netlists.

    wrapper: nfet or pfet. unit: of its w and l.
    """

    wrapper: Literal["nfet", "pfet"]
    unit: Literal["um", "m"]


def names_file(technology: Technology) -> Path | None:
    """The file with the names that a technology's schematics have for transistors, if any."""
    path = in_use(technology.folder / FOLDER / f"{technology.name}.toml")
    return path if path.is_file() else None


def schematic_devices(technology: Technology) -> dict[str, SchematicDevice]:
    """Transistors by the lower-case name that a technology's schematics have for them.

    Raises:
        InputError: a fault in the file that says so; no file, no names.
    """
    path = names_file(technology)
    if path is None:
        return {}
    try:
        found = TypeAdapter(dict[str, SchematicDevice]).validate_python(read_toml(path))
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, at['loc']))}: {at['msg']}" for at in error.errors())
        raise InputError(f"{path}: {'; '.join(faults)}") from None
    return {name.lower(): device for name, device in found.items()}


def with_wrapped_devices(deck: Deck, technology: Technology) -> Deck:
    """The deck with our wrappers in place of a PDK's transistors.

    Raises:
        InputError: see `schematic_devices`.
        DeckError: a transistor without width and length, of a number of fingers that is none, or
            of another technology.
    """
    if devices := schematic_devices(technology):
        deck = replace(deck, lines=tuple(_lines(deck, devices)))
    _check_technology(deck, technology)
    return deck


def _check_technology(deck: Deck, technology: Technology) -> None:
    """Of a transistor that another technology's schematics have, ngspice would only say that
    there is no such subcircuit."""
    used = {_instance(line.text)[1]: line for line in deck.lines if _is_instance(line)}
    for name in re.findall(r"^\s*\.subckt\s+(\S+)", deck.text.lower(), re.M):
        used.pop(name, None)
    for other in technology_names() if used else ():
        for name in schematic_devices(read_technology(other)).keys() & used.keys():
            raise DeckError(
                f"{used[name]}: {name} is a transistor of {other}, and this run is in "
                f"{technology.name} (--technology)"
            )


def _is_instance(line: Line) -> bool:
    return line.text.lstrip().lower().startswith("x")


def _lines(deck: Deck, devices: dict[str, SchematicDevice]) -> Iterator[Line]:
    """The deck's lines; of a card that is changed all in one."""
    card: list[Line] = []
    for line in deck.lines:
        if card and line.text.lstrip().startswith(("+", "*")):
            card.append(line)
            continue
        yield from _changed(card, devices)
        card = [line]
    yield from _changed(card, devices)


def _changed(card: list[Line], devices: dict[str, SchematicDevice]) -> list[Line]:
    if not card or not _is_instance(card[0]):
        return card
    [text] = bare_cards(card)
    nodes, name = _instance(text)
    if name not in devices:
        return card
    try:
        instance = _wrapped(nodes, devices[name], dict(_ASSIGNED.findall(text.lower())))
    except InputError as error:
        raise DeckError(f"{card[0]}: {name}: {error}") from None
    comments = [line for line in card if line.text.lstrip().startswith("*")]
    return [replace(card[0], text=instance), *comments]


def _instance(text: str) -> tuple[list[str], str]:
    """Words of an instance before its subcircuit, and the lower-case name of that."""
    *nodes, name = re.split(r"\s\w+\s*=", text, maxsplit=1)[0].split()
    return nodes, name.lower()


def _wrapped(nodes: list[str], device: SchematicDevice, stated: dict[str, str]) -> str:
    for size in ("w", "l"):
        if size not in stated:
            raise InputError(f"states no {size}")
    fingers = _number(stated.get("nf", "1"))
    if fingers is None or fingers < 1 or fingers != int(fingers):
        raise InputError(f"nf={stated['nf']} is no number of fingers")
    unit = _PER_UNIT[device.unit]
    width = _scaled(stated["w"], unit / fingers)
    length = _scaled(stated["l"], unit)
    parallel = _scaled(stated.get("m", "1"), fingers)
    return f"{' '.join(nodes)} {device.wrapper} w={width} l={length} m={parallel}"


def _scaled(text: str, factor: float) -> str:
    """A number, or an expression in braces, times a factor."""
    number = _number(text)
    if number is not None:
        return f"{number * factor:.12g}"
    inner = text.strip("{}'")
    return f"{{{inner}}}" if factor == 1 else f"{{({inner})*{factor!r}}}"


def _number(text: str) -> float | None:
    try:
        return spice_number(text.strip("{}' "))
    except InputError:
        return None
