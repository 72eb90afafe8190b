"""Transistors of a deck that ngspice has loaded, and changes of them before it runs."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cosim.engine.deck import Deck
from cosim.engine.spice_parameters import spice_number

_LISTED = re.compile(r"\s*\d+ : (m\S*)((?: [^=\s]+)+?) (\w+=.*)")
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


def altered_text(deck: Deck, alterations: Sequence[Alteration]) -> str:
    """The deck's text with the changes as commands, which `ngspice -b` obeys before it runs it."""
    if not alterations:
        return deck.text
    commands = [".control", *(alteration.command for alteration in alterations), ".endc"]
    return deck.text.removesuffix(".end\n") + "\n".join([*commands, ".end", ""])
