"""Check that a circuit starts where its biases put it."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from cosim.circuits.own_cells import own_cells
from cosim.engine.deck import Deck
from cosim.engine.inventory import transistors
from cosim.workbench.errors import SimulationError

_BLOCKS = {"xbias": "bias_block", "xspike_bias": "spike_bias"}
"""Cells of reference currents, by the instances that the test netlists have of them."""
_SUPPLIES = r"^(vdda|vddd|vspiking|vforcing) "
_RAILS = {"vdd", "vss"}
_OF_MEMBRANE = {"in", "tau_mem", "th_mem"}
"""Currents that I_mem follows from."""
_CELLS_OF_MEMBRANE = {"dpi_membrane", "decision", "analog_neuron", "row_neuron", "bias_block"}
"""Cells whose sizes I_mem follows from; with one of the user's own it may be anything."""
_SHARE = 0.05
"""A bias current may differ by this share of itself from what flows in its diode,"""
_LEAKAGE = 1e-12
"""or by this, in A, since junctions and gmin leak."""
_MEMBRANE_FACTOR = 4.0
"""I_mem may differ by this factor from the law of the ideal DPI: slope factors of n and p devices
differ, and so do the supply's and the membrane's drain voltages."""


@dataclass(frozen=True)
class StartCheck:
    """Bounds of an operating point that follow from the bias currents alone; for `Job.check_start`.

    bias_lines: instance of a block of biases, and names of the currents in it that feed one bias
        line, for each line: devices side by side share them as their mismatch wants it.
    supplies: the deck's voltage supplies.
    transistors: how many there are, since none carries more than the largest bias current.
    i_mem: vector of I_mem; None where there is no membrane. at_rest: whether I_mem starts where the
    constant input holds it, and not below.
    """

    bias_lines: tuple[tuple[str, tuple[str, ...]], ...]
    supplies: tuple[str, ...]
    transistors: int
    i_mem: str | None = None
    at_rest: bool = False

    @property
    def probes(self) -> list[str]:
        """Vectors of the diodes."""
        return [_diode(block, name) for block, names in self.bias_lines for name in names]

    def without(self, unread: Collection[str]) -> "StartCheck":
        """The check without the lines of diodes whose vectors aren't there."""
        lines = tuple(
            (block, names)
            for block, names in self.bias_lines
            if not any(_diode(block, name) in unread for name in names)
        )
        return replace(self, bias_lines=lines)

    def __call__(self, read: Callable[[str], float]) -> None:
        """Raise SimulationError where the operating point can't be.

        read: gives the value of a vector, A.
        """
        biases = {}
        for block, names in self.bias_lines:
            current = sum(read(f"@i.{block}.i{name}[dc]") for name in names)
            found = sum(abs(read(_diode(block, name))) for name in names)
            biases[names[0]] = current
            if abs(found - current) > max(_SHARE * current, _LEAKAGE):
                raise _wrong(f"the diode of i_{names[0]} carries {found:.4g} A of {current:.4g} A")
        if not biases:
            return
        most = self.transistors * max(biases.values())
        for supply in self.supplies:
            drawn = abs(read(f"@{supply}[i]"))
            if drawn > most:
                raise _wrong(
                    f"{supply} supplies {drawn:.4g} A; {self.transistors} transistors that each "
                    f"carry the largest bias current draw {most:.4g} A"
                )
        if self.i_mem and biases.keys() >= _OF_MEMBRANE:
            self._check_membrane(read(self.i_mem), biases)

    def _check_membrane(self, i_mem: float, biases: dict[str, float]) -> None:
        gain = biases["in"] / biases["tau_mem"] - 1
        settled = biases["th_mem"] * max(gain, 1.0)
        low = settled / _MEMBRANE_FACTOR if self.at_rest and gain > 1 else 0.0
        if not low <= i_mem <= settled * _MEMBRANE_FACTOR:
            raise _wrong(
                f"I_mem is {i_mem:.4g} A; i_in, i_tau_mem and i_th_mem make {settled:.4g} A"
            )


def _diode(block: str, name: str) -> str:
    return f"@m.{block}.x{name}.m1[id]"


def _wrong(what: str) -> SimulationError:
    return SimulationError(f"wrong operating point: {what}")


def start_check(deck: Deck, i_mem: str | None = None, at_rest: bool = False) -> StartCheck | None:
    """The check of a deck's start; None for a deck without the bias block.

    Args:
        deck: a whole deck. i_mem: the vector of I_mem in it, if there is one.
        at_rest: see StartCheck.
    """
    text = "\n".join(line.text for line in deck.lines).lower()
    lines = [
        (instance, currents)
        for instance, cell in _BLOCKS.items()
        if re.search(rf"^{instance}\b(?:.*\n\+)*.*\b{cell}\b", text, re.M)
        for currents in _currents(text, cell)
    ]
    if not lines:
        return None
    if own_cells().keys() & _CELLS_OF_MEMBRANE:
        i_mem = None
    supplies = tuple(re.findall(_SUPPLIES, text, re.M))
    return StartCheck(tuple(lines), supplies, transistors(deck), i_mem, at_rest)


def _currents(text: str, cell: str) -> list[tuple[str, ...]]:
    """Names of the reference currents in a block of biases, by the bias line that they feed."""
    block = re.search(rf"^\.subckt {cell}\b.*?^\.ends", text, re.M | re.S)
    lines: dict[str, list[str]] = {}
    for name, *nodes in re.findall(r"^i(\w+) (\w+) (\w+)", block[0], re.M) if block else ():
        [line] = (node for node in nodes if node not in _RAILS)
        lines.setdefault(line, []).append(name)
    return [tuple(names) for names in lines.values()]
