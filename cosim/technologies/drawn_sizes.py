"""Check that transistors are drawn in um, as `nfet` and `pfet` have their sizes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from cosim.engine.deck import Deck
from cosim.engine.instances import assignments, instance
from cosim.engine.netlist import Line
from cosim.engine.spice_parameters import spice_number
from cosim.technologies.sizes import WRAPPERS, outside_of_wrappers
from cosim.workbench.errors import DeckError
from ebn_model.errors import InputError

_POSSIBLE = (0.01, 1e4)
"""Widths and lengths that a device may be drawn with, um: outside, they are in another unit."""
_SIZES = ("w", "l")


def check_sizes(deck: Deck) -> None:
    """Check the widths and lengths that instances of `nfet` and `pfet` state, or get.

    A wrapper would make the least device of one in another unit, which works, too. A size may be a
    parameter of the subcircuit around it; of expressions nothing is known.

    Raises:
        DeckError: one that can't be in um; names the line that states it.
    """
    low, high = _POSSIBLE
    for line, text in _stated([*outside_of_wrappers(deck)]):
        try:
            size = spice_number(text)
        except InputError:
            continue
        if not low <= size <= high:
            raise DeckError(
                f"{line}: a width or length of {size:g} um; sizes are in um, without a unit"
            )


def _stated(deck: list[tuple[str, Line, str]]) -> Iterator[tuple[Line, str]]:
    """Sizes, with their lines: of devices, and of parameters that are sizes of devices."""
    parameters = defaultdict[str, set[str]](set)
    for cell, line, card in deck:
        if card[0] in "xX" and (found := instance(card)).subcircuit in WRAPPERS:
            for name, text in found.stated:
                if name in _SIZES:
                    yield line, text.strip("{}' ")
                    parameters[cell].add(text.strip("{}' ").lower())
    for cell, line, card in deck:
        if card.lower().startswith((".subckt", ".param")):
            yield from _of(parameters[cell], line, assignments(card))
        elif card[0] in "xX":
            found = instance(card)
            yield from _of(parameters[found.subcircuit], line, found.stated)


def _of(
    names: set[str], line: Line, stated: Iterable[tuple[str, str]]
) -> Iterator[tuple[Line, str]]:
    return ((line, text.strip("{}' ")) for name, text in stated if name in names)
