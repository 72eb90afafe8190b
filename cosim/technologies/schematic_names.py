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

from cosim.engine.deck import Deck, bare_cards
from cosim.engine.instances import Instance, instance
from cosim.engine.netlist import Line
from cosim.engine.spice_parameters import spice_number
from cosim.technologies.technology import Device, Technology, read_technology, technology_names
from cosim.workbench.errors import DeckError
from cosim.workbench.places import in_use
from cosim.workbench.settings import Section, read_toml
from ebn_model.errors import InputError
from ebn_model.validation import validated_tables

FOLDER = "schematics"
_PER_UNIT = {"um": 1.0, "m": 1e6}
_COUNTED = {"w", "l", "nf", "m"}
_FOLLOWING = {"ad", "as", "pd", "ps", "nrd", "nrs", "sa", "sb", "sd"}
"""These follow from the sizes in our wrappers: diffusions, and their distance to the channel."""
_ROUNDING = 1e-9


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
    found = validated_tables(SchematicDevice, read_toml(path), str(path))
    return {name.lower(): device for name, device in found.items()}


def with_wrapped_devices(deck: Deck, technology: Technology) -> Deck:
    """The deck with our wrappers in place of a PDK's transistors.

    Raises:
        InputError: see `schematic_devices`.
        DeckError: a transistor without width and length, with others than the technology has or
            with parameters that would be left out, of a number of fingers that is none, or of
            another technology.
    """
    if devices := schematic_devices(technology):
        deck = replace(deck, lines=tuple(_lines(deck, devices, technology)))
    _check_technology(deck, technology)
    return deck


def _check_technology(deck: Deck, technology: Technology) -> None:
    """Of a transistor that another technology's schematics have, ngspice would only say that
    there is no such subcircuit."""
    used = {instance(line.text).subcircuit: line for line in deck.lines if _is_instance(line)}
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


def _lines(
    deck: Deck, devices: dict[str, SchematicDevice], technology: Technology
) -> Iterator[Line]:
    """The deck's lines; of a card that is changed all in one."""
    card: list[Line] = []
    for line in deck.lines:
        if card and line.text.lstrip().startswith(("+", "*")):
            card.append(line)
            continue
        yield from _changed(card, devices, technology)
        card = [line]
    yield from _changed(card, devices, technology)


def _changed(
    card: list[Line], devices: dict[str, SchematicDevice], technology: Technology
) -> list[Line]:
    if not card or not _is_instance(card[0]):
        return card
    [text] = bare_cards(card)
    found = instance(text)
    if found.subcircuit not in devices:
        return card
    try:
        wrapped = _wrapped(found, devices[found.subcircuit], technology)
    except InputError as error:
        raise DeckError(f"{card[0]}: {found.subcircuit}: {error}") from None
    comments = [line for line in card if line.text.lstrip().startswith("*")]
    return [replace(card[0], text=wrapped), *comments]


def _wrapped(found: Instance, device: SchematicDevice, technology: Technology) -> str:
    stated = _sizes(found)
    fingers = _number(stated.get("nf", "1"))
    if fingers is None or fingers < 1 or fingers != int(fingers):
        raise InputError(f"nf={stated['nf']} is no number of fingers")
    unit = _PER_UNIT[device.unit]
    width = _scaled(stated["w"], unit / fingers)
    length = _scaled(stated["l"], unit)
    _check_least(width, length, technology.devices.get(device.wrapper))
    parallel = _scaled(stated.get("m", "1"), fingers)
    return f"{' '.join(found.words[:-1])} {device.wrapper} w={width} l={length} m={parallel}"


def _sizes(found: Instance) -> dict[str, str]:
    """Size and number that an instance states.

    Raises:
        InputError: no width or length, one stated twice, or what would be left out.
    """
    stated = dict(found.stated)
    if len(stated) < len(found.stated):
        raise InputError("states a parameter twice")
    for size in ("w", "l"):
        if size not in stated:
            raise InputError(f"states no {size}")
    for name in stated.keys() - _COUNTED - _FOLLOWING:
        # Schematics say mult=1 beside the m that counts.
        if name != "mult" or _number(stated[name]) != 1:
            raise InputError(f"{name}={stated[name]} would be left out; w, l, nf and m count here")
    return stated


def _check_least(width: str, length: str, least: Device | None) -> None:
    """Refuse what a wrapper would widen: in a schematic of the PDK it is a mistake."""
    if least is None:
        return
    for what, stated, size in (("a width", width, least.w_min), ("a length", length, least.l_min)):
        number = _number(stated)
        if number is not None and number < size * (1 - _ROUNDING):
            raise InputError(f"{what} of {number:g} um per finger; the least is {size:g} um")


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
