"""The sizes of a deck's transistors, so that it gets the models which it uses, and no others."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cosim.engine.deck import Deck, placed_cards
from cosim.engine.instances import assignments
from cosim.engine.netlist import Line
from cosim.engine.spice_parameters import spice_number
from ebn_model.errors import InputError

WRAPPERS = ("nfet", "pfet")
_DEVICE = re.compile(rf"\s({'|'.join(WRAPPERS)})(?:\s|$)")
_NAME = re.compile(r"[a-z_]\w*")
_DEFAULT = "1"
"""Width and length of a wrapper's device, um, where an instance states none."""


@dataclass(frozen=True)
class Sizes:
    """Widths and lengths in um that devices of a kind may have; None: any."""

    widths: frozenset[float] | None
    lengths: frozenset[float] | None


def sizes(deck: Deck) -> dict[str, Sizes]:
    """Sizes that `nfet` and `pfet` may have in a deck.

    A size that is a parameter may have each value that the parameter is given anywhere in the deck;
    one that is an expression, or has such a value, may be any.
    """
    cards = [card.lower() for _, _, card in outside_of_wrappers(deck)]
    values: dict[str, set[str]] = {}
    for card in cards:
        for name, value in assignments(card):
            values.setdefault(name, set()).add(value.strip("{}' "))
    found: dict[str, dict[str, set[str]]] = {kind: {"w": set(), "l": set()} for kind in WRAPPERS}
    for card in cards:
        kind = _DEVICE.search(card)
        if card.startswith("x") and kind:
            stated = dict(assignments(card))
            for size, texts in found[kind[1]].items():
                texts.add(stated.get(size, _DEFAULT).strip("{}' "))
    return {
        kind: Sizes(_numbers(texts["w"], values), _numbers(texts["l"], values))
        for kind, texts in found.items()
    }


def outside_of_wrappers(deck: Deck) -> Iterator[tuple[str, Line, str]]:
    """The deck's cards but for the wrappers' own: subcircuit, "" for none, first line and text."""
    for around, line, card in placed_cards(deck.lines):
        if not set(around) & set(WRAPPERS):
            yield (around or ("",))[-1], line, card


def _numbers(texts: Iterable[str], values: dict[str, set[str]]) -> frozenset[float] | None:
    """The numbers that texts stand for, names through their values; None where that is unknown."""
    waiting, known = list(texts), set()
    numbers = set()
    while waiting:
        text = waiting.pop()
        if text in known:
            continue
        known.add(text)
        try:
            numbers.add(spice_number(text))
        except InputError:
            if not _NAME.fullmatch(text) or text not in values:
                return None
            waiting += values[text]
    return frozenset(numbers)
