"""Instances of subcircuits: the words of an X element, and a check of the parameters it states."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cosim.engine.deck import Deck, cards, placed_cards, uncommented
from cosim.engine.netlist import Line
from cosim.workbench.errors import DeckError

_VALUE = r"""'[^']*'|"[^"]*"|\{[^}]*\}|[^\s={}'",]+"""
_ASSIGNED = re.compile(rf"(?<![^\s,])([a-z_]\w*)\s*=\s*({_VALUE})", re.I)
_FIRST_PARAMETER = re.compile(r"\s(?:params:|\w+\s*=)", re.I)
_BUILT_IN = {"m", "dtemp", "temp"}
"""Parameters that ngspice gives each subcircuit, or takes for a device."""


@dataclass(frozen=True)
class Instance:
    """An X element.

    words: before its parameters: name, nodes and subcircuit. stated: lower-case name and value of
    each parameter, in their order.
    """

    words: tuple[str, ...]
    stated: tuple[tuple[str, str], ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """Nodes that it is connected to."""
        return self.words[1:-1]

    @property
    def subcircuit(self) -> str:
        """Lower-case name of what it is an instance of."""
        return self.words[-1].lower()


def instance(card: str) -> Instance:
    """Read an X element, a card without comments."""
    words = _FIRST_PARAMETER.split(card, maxsplit=1)[0].split()
    return Instance(tuple(words), assignments(card))


def assignments(card: str) -> tuple[tuple[str, str], ...]:
    """Lower-case names and values that a card assigns, in their order."""
    return tuple((name.lower(), value) for name, value in _ASSIGNED.findall(card))


def declared_parameters(lines: Iterable[Line]) -> dict[str, dict[str, None]]:
    """Names of parameters by the subcircuit that has them, in their order.

    Those of its first line, and of its .param lines; all in lower case.
    """
    declared: dict[str, dict[str, None]] = {}
    for around, _, card in placed_cards(lines):
        if around:
            known = declared.setdefault(around[-1], {})
            if card.lower().startswith((".subckt", ".param")):
                known.update(dict.fromkeys(name for name, _ in assignments(card)))
    return declared


def check_instances(deck: Deck) -> None:
    """Check that instances state what their subcircuits have, once.

    ngspice would drop any other parameter without a message, so that one mistyped leaves the
    default, and would take the last of two values. How a library's own subcircuits use one another
    is its own matter.

    Raises:
        DeckError: a parameter that the subcircuit doesn't have, or stated twice; names line,
            instance and parameter.
    """
    declared = declared_parameters(deck.expanded())
    for line, card in cards(uncommented(deck.lines)):
        if card[0] in "xX":
            _check(line, instance(card), declared)


def _check(line: Line, found: Instance, declared: dict[str, dict[str, None]]) -> None:
    if found.subcircuit not in declared:
        return
    seen = set[str]()
    for name, _ in found.stated:
        if name in seen:
            raise DeckError(f"{line}: {found.words[0]} states {name} twice")
        if name not in declared[found.subcircuit].keys() | _BUILT_IN:
            known = ", ".join(declared[found.subcircuit]) or "none"
            raise DeckError(
                f"{line}: {found.words[0]} states {name}, which is no parameter of "
                f"{found.subcircuit}; it has: {known}"
            )
        seen.add(name)
