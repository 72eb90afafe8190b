"""Check that only conditions and bias table state what a run's conditions are."""

import re

from cosim.engine.deck import Deck, placed_cards
from cosim.engine.instances import assignments
from cosim.workbench.errors import DeckError

CONDITIONS = "conditions"
"""Origin of a deck's lines that state its supply, temperature and rails."""
BIASES = "biases"
"""Origin of those that state its bias currents."""
_TEMPERATURE = re.compile(r"\.temp\b|\.opt\w*\b.*\btemp\s*=", re.I)


def check_stated_once(deck: Deck, technology: str) -> None:
    """Check that no other line of a deck undoes what its conditions and bias table state.

    The last line holds in ngspice: one in a bench, or in a library, would give the result of other
    conditions under the name of these.

    Args:
        deck: with its models. technology: origin of the lines with its and its corner's parameters.

    Raises:
        DeckError: a temperature, or a parameter that was stated; names line and parameter.
    """
    stated = set[str]()
    for around, line, card in placed_cards(deck.expanded()):
        if around:
            continue
        names = {name for name, _ in assignments(card)} if _is_parameters(card) else set()
        if line.source in (CONDITIONS, BIASES, technology):
            stated |= names
        elif _TEMPERATURE.match(card):
            raise DeckError(f"{line}: {card!r}: a run's conditions state its temperature")
        elif again := names & stated:
            raise DeckError(
                f"{line}: {card!r} sets {min(again)}, which conditions, corner or bias table state"
            )


def _is_parameters(card: str) -> bool:
    return card.lower().startswith(".param")
