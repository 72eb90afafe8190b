"""Energy of each block of the neuron in the transistor view, and the area of its devices."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cosim.cells.waveforms import charge
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import TransistorCircuit, analysis, neuron_deck, read_biases
from cosim.circuits.neuron_readout import BITS, LATCHES, bits_and_latches
from cosim.circuits.neuron_sources import (
    EDGE,
    SETTLED_AFTER,
    check_edges_fit,
    stimulus_edges,
    stimulus_lines,
)
from cosim.circuits.whole_job import whole_job
from cosim.engine.deck import Deck
from cosim.engine.devices import Transistor
from cosim.engine.hierarchy import Hierarchy
from cosim.engine.job import Job, Vectors
from cosim.engine.simulator import simulator_versions
from cosim.workbench.errors import SimulationError
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest
from ebn_model.stimulus import Stimulus

BLOCKS = {
    "bias": ("xbias",),
    "membrane": ("xmembrane", "xconstant"),
    "synapse": ("xsynapse",),
    "extra": ("xextra",),
    "decision": ("xdecision",),
    "logic": ("xlogic",),
}
"""Instances of each block of netlists/metered_neuron.spice; its supply is called as the block."""
I_MEM = "@m.xdecision.xmem.m1[id]"
SETTLED = 0.5
"""Static power is a mean from this share of the silence before the first pulse to its end."""


@dataclass(frozen=True)
class EnergyRun:
    """The metered neuron under a stimulus that begins in silence."""

    table: str
    conditions: Conditions
    stimulus: Stimulus

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"energy, {self.conditions.label}"

    @property
    def length(self) -> float:
        """Simulated time, s."""
        return self.stimulus.duration

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        job, capacitors = self._job()
        parts = [job.deck.sha256, capacitors.deck.sha256, sources_digest(__name__)]
        return digest(to_json([*parts, simulator_versions()]))

    def __call__(self, simulate: Callable[[Job], Vectors]) -> dict[str, Any]:
        """By block: `static` in W, and `pulse` in J, which a pulse that changes no weight takes
        beyond that; `transistors`, `gates` in m^2, `capacitance` in F. `update`: what a change of
        the weight adds in the logic, J: what differs elsewhere is due to I_mem. `weights`: before
        each pulse, LSB."""
        transistors: list[Transistor] = []

        def note(found: Sequence[Transistor]) -> Iterable:
            transistors[:] = found
            return ()

        job, for_capacitors = self._job()
        vectors = simulate(replace(job, alter=note))
        capacitors = simulate(for_capacitors)
        supply = self.conditions.supply
        _, before, after = bits_and_latches(self.stimulus, vectors, supply)
        power = {block: -supply * vectors[f"vsupply_{block}#branch"] for block in BLOCKS}
        static = {block: _static(self.stimulus, vectors, power[block]) for block in BLOCKS}
        changed = _both_kinds(before != after)
        spent = {
            block: _extra(self.stimulus, vectors["time"], power[block], static[block])
            for block in BLOCKS
        }
        logic = spent["logic"]
        return {
            "static": static,
            "pulse": {block: float(spent[block][~changed].mean()) for block in BLOCKS},
            "update": float(logic[changed].mean() - logic[~changed].mean()),
            "weights": before.tolist(),
            **areas(transistors, capacitors),
        }

    def _job(self) -> tuple[Job, Job]:
        """The transient, and the operating point that capacitors are read at."""
        check_edges_fit(self.stimulus)
        biases = read_biases(self.table, self.conditions.technology)
        solver = TransistorCircuit.tested_solver
        deck = neuron_deck("metered_neuron.spice", biases, solver, self.conditions)
        deck = deck.append(stimulus_lines(self.stimulus, self.conditions.supply), "stimulus")
        supplies = [f"vsupply_{block}#branch" for block in BLOCKS]
        transient = whole_job(
            self.label,
            deck.append(analysis(self.stimulus, solver), "analysis"),
            self.conditions,
            (*supplies, *BITS, *LATCHES, I_MEM),
            I_MEM,
            at_rest=True,
            t_stop=self.stimulus.duration,
            edges=stimulus_edges(self.stimulus, -EDGE / 2, EDGE / 2),
        )
        names = tuple(capacitor_names(deck))
        lines = [f".save {name}" for name in names]
        point = whole_job(
            self.label,
            deck.append("\n".join([*lines, ".op"]), "analysis"),
            self.conditions,
            names,
        )
        return transient, point


def capacitor_names(deck: Deck) -> Iterator[str]:
    """The vectors of the capacitances in all instances of a deck's subcircuits."""
    cells = Hierarchy(deck)

    def inside(cell: str, place: str) -> Iterator[str]:
        for element in cells.elements(cell):
            if element[0] == "c":
                yield f"@{f'c.{place}' if place else ''}{element}[capacitance]"
            elif element[0] == "x":
                yield from inside(cells.subcircuit(cell, element), f"{place}{element}.")

    return inside("", "")


def areas(transistors: Iterable[Transistor], capacitors: Vectors) -> dict[str, dict[str, float]]:
    """By block: number of transistors, sum of their gates' W*L in m^2, sum of capacitances in F.

    transistors: of the metered neuron. capacitors: values of `capacitor_names`.
    """
    found = {
        quantity: dict.fromkeys(BLOCKS, 0.0) for quantity in ("transistors", "gates", "capacitance")
    }
    owners = {instance: block for block, names in BLOCKS.items() for instance in names}
    for one in transistors:
        block, size = owners[one.name.split(".")[1]], one.parameters
        found["transistors"][block] += 1
        found["gates"][block] += size["w"] * size["l"] * size.get("m", 1.0)
    for name, value in capacitors.items():
        found["capacitance"][owners[name.split(".")[1]]] += float(value[-1])
    return found


def _static(stimulus: Stimulus, vectors: Vectors, power: np.ndarray) -> float:
    """Mean power in W before the first pulse."""
    stop = float(stimulus.spike_times[0]) - EDGE
    return charge(vectors["time"], power, SETTLED * stop, stop) / (stop - SETTLED * stop)


def _extra(stimulus: Stimulus, time: np.ndarray, power: np.ndarray, static: float) -> np.ndarray:
    """Energy in J beyond the static one from each pulse to the next, shape (pulses,)."""
    starts = stimulus.spike_times - SETTLED_AFTER
    ends = np.append(starts[1:], stimulus.duration)
    pairs = zip(starts.tolist(), ends.tolist(), strict=True)
    return np.array([charge(time, power, *pair) - static * (pair[1] - pair[0]) for pair in pairs])


def _both_kinds(changed: np.ndarray) -> np.ndarray:
    """The same: whether each pulse's weight changed, shape (pulses,).

    Raises:
        SimulationError: all do, or none does.
    """
    if changed.all() or not changed.any():
        raise SimulationError(
            f"{changed.sum()} of {len(changed)} pulses change the weight, so that those that do "
            "and those that don't can't be compared"
        )
    return changed
