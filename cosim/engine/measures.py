"""Measurements that a netlist states itself: its `.meas` lines, and what ngspice makes of them."""

import re
from collections.abc import Iterable

from cosim.engine.deck import Deck, bare_cards
from cosim.workbench.errors import DeckError

PREFIX = "meas "
"""Of the vectors of measurements, before their names."""
_STATED = re.compile(r"\.meas(?:ure)?\s+(?:tran|dc|ac|sp|op|noise|tf)\s+(\S+)", re.I)
_FOUND = re.compile(r"(\S+)\s+=\s+(\S+)")
_FAILED = re.compile(r"\.meas(?:ure)?\s+\S+\s+(\S+)\s.*failed", re.I)


def stated_measures(deck: Deck) -> tuple[str, ...]:
    """Names of a deck's measurements, in lower case and in its order.

    Raises:
        DeckError: a name that is there twice, or a line that isn't one of a measurement.
    """
    names: list[str] = []
    for card in bare_cards(deck.lines):
        if not card.lower().startswith(".meas"):
            continue
        found = _STATED.match(card)
        if not found:
            raise DeckError(f"{card!r} is not of the form .meas ANALYSIS NAME ...")
        if found[1].lower() in names:
            raise DeckError(f"two .meas lines are called {found[1]}")
        names.append(found[1].lower())
    return tuple(names)


def measured(
    names: Iterable[str], printed: Iterable[str], errors: Iterable[str]
) -> tuple[dict[str, float], dict[str, str]]:
    """Values of measurements by name, and reasons for those that failed.

    printed, errors: lines that ngspice printed since the run began.
    """
    values = {}
    for line in printed:
        if found := _FOUND.match(line.strip()):
            try:
                values[found[1].lower()] = float(found[2])
            except ValueError:
                continue
    reasons, last = {}, ""
    for line in errors:
        if found := _FAILED.search(line):
            reasons[found[1].lower()] = last or line
        last = line.strip()
    failed = {
        name: f".meas {name} failed: {reasons.get(name, 'ngspice gave no value')}"
        for name in names
        if name not in values
    }
    return {name: values[name] for name in names if name in values}, failed
