"""Start of a transient: the operating point, found by itself before the run, and compared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cosim.engine.deck import Deck
from cosim.engine.netlist import Line
from cosim.workbench.errors import SimulationError

_LIMITS_WHAT_IS_KEPT = {"save", "print", "plot", "probe"}
_NODESETS_PER_LINE = 4
_SHARE = 0.01
"""A transient may start this far from the operating point, relative to it,"""
_LEAST = {"v": 1e-3, "i": 1e-12}
"""or this far, in V or A."""


def starts_at_operating_point(deck: Deck) -> bool:
    """True if the deck has a transient analysis that begins with an operating point."""
    tran = [line for line in deck.lines if line.name == "tran"]
    return bool(tran) and "uic" not in tran[-1].words


def deck_for_start(deck: Deck) -> Deck:
    """The same circuit for its operating point: all voltages are kept, no device is bypassed.

    With bypass, ngspice doesn't evaluate a device whose voltages hardly move from one iteration to
    the next. While it steps gmin from value to value, that can be all devices, though the solution
    is none: it then takes the last iteration for the operating point, in which currents don't add
    up to zero.
    """
    lines: list[Line] = []
    kept = True
    for line in deck.lines:
        if line.name != "+":
            kept = line.name not in _LIMITS_WHAT_IS_KEPT or not line.text.lstrip().startswith(".")
        if kept:
            lines.append(line)
    return replace(deck, lines=tuple(lines)).append(".options bypass=0", "operating point")


@dataclass(frozen=True)
class OperatingPoint:
    """V of nodes by name, and values of the run's vectors by name, V or A."""

    voltages: Mapping[str, float]
    values: Mapping[str, float]

    def start_of(self, deck: Deck) -> Deck:
        """The deck, led to this operating point."""
        nodes = [f"v({node})={volts!r}" for node, volts in self.voltages.items()]
        rows = [nodes[k : k + _NODESETS_PER_LINE] for k in range(0, len(nodes), _NODESETS_PER_LINE)]
        lines = "\n".join(".nodeset " + " ".join(row) for row in rows)
        return deck.append(lines, "operating point")

    def check(self, vectors: Mapping[str, np.ndarray]) -> None:
        """Raise SimulationError where a run's vectors of shape (points,) start elsewhere."""
        for name in self.values.keys() & vectors.keys() - {"time"}:
            expected, first = self.values[name], float(vectors[name][0])
            least = _LEAST["v" if _is_voltage(name) else "i"]
            if abs(first - expected) > max(least, _SHARE * abs(expected)):
                raise SimulationError(
                    f"the run starts with {name} = {first:.4g}, but the operating point has "
                    f"{expected:.4g}"
                )


def voltages(values: Mapping[str, float]) -> dict[str, float]:
    """V of nodes by name, from all that ngspice keeps of an operating point."""
    return {
        re.sub(r"(?i)^v\((.+)\)$", r"\1", name): volts
        for name, volts in values.items()
        if "#" not in name and "@" not in name and name != "time"
    }


def _is_voltage(name: str) -> bool:
    return name.startswith("v(") or not re.search(r"[@#(]", name)
