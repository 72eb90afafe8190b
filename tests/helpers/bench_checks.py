"""Checks that fit any bench of the cells."""

import re
from dataclasses import replace

from matplotlib.figure import Figure

from cosim.engine.deck import Deck, read_netlist
from cosim.workbench.places import NETLISTS

BENCHES = NETLISTS / "benches"
WEAK_CONSTANTS = {"i_spec_pair", "i_spec_readout", "i_floor"}
"""Constants that a response hardly depends on: they may trade against each other."""


def drain(device):
    return f"@m.{device}.m1[id]"


def check_drawing(module, vectors):
    axes = Figure().subplots()
    module.draw(axes, vectors, module.measure(vectors))
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    assert axes.lines


def edited(name: str, *changes: tuple[str, str]) -> Deck:
    """A bench with some of its cards changed; each change must fit exactly one line."""
    deck = read_netlist(BENCHES / f"{name}.cir")
    for pattern, new in changes:
        found = [index for index, line in enumerate(deck.lines) if re.match(pattern, line.text)]
        assert len(found) == 1, pattern
        lines = list(deck.lines)
        lines[found[0]] = replace(lines[found[0]], text=re.sub(pattern, new, lines[found[0]].text))
        deck = replace(deck, lines=tuple(lines))
    return deck
