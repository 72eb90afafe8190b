"""Rails: nodes that all cells of a deck share without having them as pins."""

from collections.abc import Sequence

from cosim.engine.deck import Deck
from cosim.engine.inventory import elements_by_cell, subcircuit_of
from cosim.workbench.errors import DeckError

_TOP = ""


def check_rails(deck: Deck, rails: Sequence[str]) -> None:
    """Check that each rail which a deck's circuit uses has a voltage source in it.

    Args:
        deck: with all of its devices.
        rails: names of nodes.

    Raises:
        DeckError: a rail that something is at, and no voltage source; names it.
    """
    if not rails:
        return
    cells = elements_by_cell(deck)
    used = _instantiated(cells, _TOP, {_TOP})
    elements = [line.split() for cell in used for line in cells.get(cell, []) if line[0] != "."]
    for rail in rails:
        at_it = [words[0] for words in elements if rail.lower() in words[1:]]
        if at_it and not any(name.startswith("v") for name in at_it):
            raise DeckError(
                f"rail {rail}: {at_it[0]} and whatever else is at it float, as no voltage source "
                "of this circuit is at it; bias_block is the place for one"
            )


def _instantiated(cells: dict[str, list[str]], cell: str, found: set[str]) -> set[str]:
    """Names of a cell and of all that it contains, added to those found before."""
    for line in cells.get(cell, []):
        if line[0] == "x" and (inside := subcircuit_of(line)) not in found:
            found.add(inside)
            _instantiated(cells, inside, found)
    return found
