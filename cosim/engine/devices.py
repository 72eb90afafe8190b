"""Transistors of a deck that ngspice has loaded, and changes of them before it runs."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cosim.engine.deck import Deck
from cosim.engine.spice_parameters import spice_number
from cosim.workbench.errors import DeckError
from ebn_model.errors import InputError

_LISTED = re.compile(r"\s*\d+ : (m\S*)((?: [^=\s]+)+?) (\w+=.*)")
_CAPACITOR = re.compile(r"\s*\d+ : (c\.\S*)\s+\S+\s+\S+\s+(?:c\s*=\s*)?([-+.]?\d\S*)(?: .*)?")
_MOST_CAPACITANCE = 1e-6
"""F; more is on no chip, and none of its loads: a suffix is missing, or apart as in `10 pF`."""
_PARAMETER = re.compile(r"(\w+)=\s*(\S+)")


@dataclass(frozen=True)
class Transistor:
    """A MOSFET of an expanded deck.

    name: as ngspice calls it, `m.x1.x2.m1` for m1 of x2 in x1. model: lower case.
    parameters: stated for it, by name, in SI units.
    """

    name: str
    model: str
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Alteration:
    """A value, in SI units, that a parameter of a device gets."""

    device: str
    parameter: str
    value: float

    @property
    def command(self) -> str:
        """The command by which ngspice does it."""
        return f"alter @{self.device}[{self.parameter}] = {self.value!r}"


Alter = Callable[[Sequence[Transistor]], Iterable[Alteration]]
"""Gets all transistors of a deck that is loaded, and says what is to be changed."""


def listed_transistors(listing: Iterable[str]) -> list[Transistor]:
    """The MOSFETs in what ngspice says to `listing expand`."""
    found = (_LISTED.fullmatch(line.rstrip()) for line in listing)
    return [
        Transistor(
            match[1],
            match[2].split()[-1],
            {name: spice_number(value) for name, value in _PARAMETER.findall(match[3])},
        )
        for match in found
        if match
    ]


def check_capacitors(listing: Iterable[str], deck: Deck) -> None:
    """Check the capacitances in what ngspice says to `listing expand`, expressions evaluated.

    Those outside of subcircuits are a bench's equipment, which may be anything.

    Raises:
        DeckError: a negative one, or one that is more than a chip's; names line, device and value.
    """
    for line in listing:
        if found := _CAPACITOR.fullmatch(line.rstrip()):
            name, value = found.groups()
            if fault := _capacitance_fault(value):
                place = deck.find_card(line.partition(" : ")[2]) or "the deck"
                raise DeckError(f"{place}: {name}: {fault}")


def _capacitance_fault(value: str) -> str | None:
    try:
        capacitance = spice_number(value, "f")
    except InputError as error:
        return str(error)
    possible = 0 <= capacitance <= _MOST_CAPACITANCE
    return None if possible else f"a capacitance of {capacitance:g} F"


def altered_text(deck: Deck, alterations: Sequence[Alteration]) -> str:
    """The deck's text with the changes as commands, which `ngspice -b` obeys before it runs it."""
    if not alterations:
        return deck.text
    commands = [".control", *(alteration.command for alteration in alterations), ".endc"]
    return deck.text.removesuffix(".end\n") + "\n".join([*commands, ".end", ""])
