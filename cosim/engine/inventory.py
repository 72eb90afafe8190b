"""The devices of a deck, counted without simulating it."""

import operator
import re
from collections.abc import Iterator
from functools import cache

from cosim.engine.deck import Deck, bare_cards
from cosim.engine.instances import instance
from cosim.workbench.errors import DeckError

_TOP = ""
_NUMBER_OF_NAME = re.compile(r"(\w+)\s*=\s*(\d+)\b")
_CONDITION = re.compile(r"\.(?:if|elseif)\s*\(\s*(\w+)\s*(==|>=|<=|>|<)\s*(\d+)\s*\)")
_COMPARE = {
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def transistors(deck: Deck) -> int:
    """Number of MOSFETs of a deck, subcircuits expanded; a device with m=2 counts as one.

    Those in sections of libraries count, too.

    Raises:
        DeckError: an .if that doesn't compare a parameter of the deck with a whole number, an
            instance of what isn't defined, a subcircuit defined in two ways, a device of a model
            outside of ngspice, or a library that is gone.
    """
    cells = elements_by_cell(deck)

    @cache
    def count(cell: str) -> int:
        if cell not in cells:
            raise DeckError(f"{_place(deck, cell)}: no subcircuit {cell!r}")
        devices = cells[cell]
        if unknown := [device for device in devices if device[0] == "n"]:
            raise DeckError(f"transistors can't be counted: {unknown[0]!r} may be one or not")
        inner = sum(count(instance(device).subcircuit) for device in devices if device[0] == "x")
        return inner + sum(device[0] == "m" for device in devices)

    return count(_TOP)


def elements_by_cell(deck: Deck) -> dict[str, list[str]]:
    """Lines of elements, in lower case, by the subcircuit that they are in; "": in none.

    Continued lines are one, and those of branches that are not taken aren't there.

    Raises:
        DeckError: an .if that can't be decided, or a subcircuit defined in two ways.
    """
    cells: dict[str, list[str]] = {_TOP: []}
    around = [(_TOP, cells[_TOP])]
    for line in _chosen([card.lower() for card in bare_cards(deck.expanded())]):
        words = line.split()
        if words[0] == ".subckt":
            around.append((words[1], []))
        elif words[0] == ".ends" and len(around) > 1:
            name, devices = around.pop()
            if cells.setdefault(name, devices) != devices:
                raise DeckError(f"{_place(deck, name)}: there are two subcircuits {name!r}")
        else:
            around[-1][1].append(line)
    return cells


def _chosen(lines: list[str]) -> Iterator[str]:
    """Lines outside of branches that aren't taken; branches aren't nested."""
    values: dict[str, int] = {}
    taking, taken = True, False
    for line in lines:
        command = line.split("(")[0].split()[0]
        if command == ".param":
            # The last one holds, as in ngspice.
            values |= {name: int(number) for name, number in _NUMBER_OF_NAME.findall(line)}
    for line in lines:
        command = line.split("(")[0].split()[0]
        if command in (".if", ".elseif"):
            taken = command == ".elseif" and (taken or taking)
            taking = not taken and _holds(line, values)
        elif command == ".else":
            taking = not (taken or taking)
        elif command == ".endif":
            taking, taken = True, False
        elif taking:
            yield line


def _holds(line: str, values: dict[str, int]) -> bool:
    found = _CONDITION.fullmatch(line)
    if not found or found[1] not in values:
        raise DeckError(f"{line!r} doesn't compare a parameter of the deck with a whole number")
    return _COMPARE[found[2]](values[found[1]], int(found[3]))


def _place(deck: Deck, cell: str) -> str:
    return deck.find_word(cell) or "the deck"
