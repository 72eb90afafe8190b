"""The elements of a deck by the subcircuit that they are in, and ways through them."""

import re

from cosim.engine.deck import Deck, cards
from cosim.engine.instances import instance
from cosim.engine.inventory import elements_by_cell
from cosim.workbench.errors import DeckError

_NODES = {"m": 4, "q": 3}
"""Numbers of nodes by the letter of a device; all others have two that count."""


class Hierarchy:
    """Subcircuits of a deck; "" is the deck itself. Names are in lower case."""

    def __init__(self, deck: Deck):
        """Read a deck; raises DeckError as `elements_by_cell`."""
        self._deck = deck
        self._cells = {
            cell: {line.split()[0]: line for line in lines}
            for cell, lines in elements_by_cell(deck).items()
        }

    def has(self, cell: str, element: str) -> bool:
        """True if a subcircuit of the deck has an element."""
        return element in self._cells.get(cell, {})

    def nodes(self, cell: str, element: str) -> list[str]:
        """The nodes of an element, in its order: of a device, the first ones that are its own."""
        line = self._cells[cell][element]
        if element[0] == "x":
            return [*instance(line).nodes]
        return line.split()[1 : 1 + _NODES.get(element[0], 2)]

    def has_node(self, cell: str, node: str) -> bool:
        """True if an element of a subcircuit is at a node."""
        return any(node in self.nodes(cell, element) for element in self._cells.get(cell, {}))

    def elements(self, cell: str) -> list[str]:
        """Names of a subcircuit's elements."""
        return [*self._cells[cell]]

    def subcircuit(self, cell: str, element: str) -> str:
        """The subcircuit that an element is an instance of; raises DeckError where it is none."""
        line = self._cells[cell][element]
        if line[0] != "x" or (inside := instance(line).subcircuit) not in self._cells:
            raise DeckError(f"{element} in {cell or 'the deck'} is no instance of a subcircuit")
        return inside

    def device(self, cell: str, element: str) -> list[str]:
        """Path in a cell to the device that an element is: itself, or the one within subcircuits.

        Raises:
            DeckError: a subcircuit of several transistors, or of none.
        """
        if element[0] != "x":
            return [element]
        inside = self.subcircuit(cell, element)
        found = [one for one in self._cells[inside] if one[0] in "mx"]
        if len(found) != 1:
            raise DeckError(
                f"{element} in {cell or 'the deck'} is a {inside} ({self.source(inside)}) of "
                f"{len(found)} transistors or subcircuits; state which one: {element}.NAME"
            )
        return [element, *self.device(inside, found[0])]

    def source(self, cell: str) -> str:
        """The file that defines a subcircuit."""
        definition = re.compile(rf"\.subckt\s+{re.escape(cell)}(?:\s|$)", re.I)
        lines = (line for line, card in cards(self._deck.lines) if definition.match(card))
        return next((line.source for line in lines), "the deck")
