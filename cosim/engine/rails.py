"""Rails: nodes that all cells of a deck share without having them as pins."""

from collections.abc import Iterator, Sequence

from cosim.engine.deck import Deck, cards
from cosim.engine.instances import instance
from cosim.engine.inventory import elements_by_cell
from cosim.workbench.errors import DeckError


def check_rails(deck: Deck, rails: Sequence[str]) -> None:
    """Check that each rail which a deck's circuit uses has a voltage source, and is no cell's pin.

    Args:
        deck: with all of its devices.
        rails: names of nodes.

    Raises:
        DeckError: a rail that something is at, and no voltage source; or a pin of that name. Names
            them.
    """
    if not rails:
        return
    _check_no_pins(deck, {rail.lower() for rail in rails})
    cells = elements_by_cell(deck)
    elements = [line.split() for line in _instantiated(cells) if line[0] != "."]
    for rail in rails:
        at_it = [words[0] for words in elements if rail.lower() in words[1:]]
        if at_it and not any(name.startswith("v") for name in at_it):
            raise DeckError(
                f"rail {rail}: {at_it[0]} and whatever else is at it float, as no voltage source "
                "of this circuit is at it; bias_block is the place for one"
            )


def _check_no_pins(deck: Deck, rails: set[str]) -> None:
    """ngspice takes such a pin as the rail, and leaves what the cell is connected to open."""
    for line, card in cards(deck.lines):
        if line.name == "subckt":
            _, cell, *pins = card.lower().split()
            if shared := rails.intersection(pins):
                raise DeckError(
                    f"{line}: {min(shared)} is a pin of {cell}, and can't be a rail that all cells "
                    "share; one of the two needs another name"
                )


def _instantiated(cells: dict[str, list[str]]) -> Iterator[str]:
    """Lines of the deck itself and of each subcircuit that it has instances of, once."""
    left, seen = [""], {""}
    while left:
        for line in cells.get(left.pop(), []):
            yield line
            if line[0] == "x" and (inside := instance(line).subcircuit) not in seen:
                seen.add(inside)
                left.append(inside)
