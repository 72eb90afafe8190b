"""Energy of each block of the neuron in the transistor view, and the area of its devices."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cosim.cells.waveforms import charge
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions, die_of, whole_deck
from cosim.circuits.neuron import analysis, neuron_deck
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
from cosim.engine.solver_options import SolverOptions
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
SOLVER = SolverOptions(abstol=1e-14, chgtol=1e-15, trtol=3.0, max_step=5e-5, bypass=0)
"""Tighter than where weights and I_mem count: the charge of each edge does, here. Currents of an
edge are large beside `abstol`; with a tenth of it ngspice found no time step for some circuits, and
of others the same energies within 0.6 %."""
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
        """By block: `static` in W, and in J what a pulse takes beyond that: `pulse`, where neither
        weight nor outcome change; `transistors`, `gates` in m^2, `capacitance` in F.

        `update`: what a change of the weight adds in the logic; `crossing`: what it adds in all
        that the outcome changes until the next pulse, J. `weights`: before each pulse, LSB.
        """
        transistors: list[Transistor] = []

        def note(found: Sequence[Transistor]) -> Iterable:
            transistors[:] = found
            return ()

        job, for_capacitors = self._job()
        vectors = simulate(replace(job, alter=note))
        capacitors = simulate(for_capacitors)
        supply = self.conditions.supply
        decisions, before, after = bits_and_latches(self.stimulus, vectors, supply)
        quiet, learning, crossing = _kinds(decisions, before != after)
        power = {block: -supply * vectors[f"vsupply_{block}#branch"] for block in BLOCKS}
        static = {block: _static(self.stimulus, vectors, power[block]) for block in BLOCKS}
        spent = {
            block: _extra(self.stimulus, vectors["time"], power[block], static[block])[:-1]
            for block in BLOCKS
        }
        decided = spent["logic"] + spent["decision"]
        logic = spent["logic"] = _at_edges(self.stimulus, vectors["time"], power["logic"])[:-1]
        return {
            "static": static,
            "pulse": {block: float(spent[block][quiet].mean()) for block in BLOCKS},
            "update": float(logic[learning].mean() - logic[quiet].mean()),
            "crossing": float(decided[crossing].mean() - decided[quiet].mean()),
            "weights": before.tolist(),
            **areas(transistors, capacitors),
        }

    def _job(self) -> tuple[Job, Job]:
        """The transient, and the operating point that capacitors are read at."""
        check_edges_fit(self.stimulus)
        biases = read_biases(self.table, self.conditions.technology)
        deck = neuron_deck("metered_neuron.spice", biases, SOLVER, self.conditions)
        deck = deck.append(stimulus_lines(self.stimulus, self.conditions.supply), "stimulus")
        supplies = [f"vsupply_{block}#branch" for block in BLOCKS]
        transient = whole_job(
            self.label,
            deck.append(analysis(self.stimulus, SOLVER), "analysis"),
            self.conditions,
            (*supplies, *BITS, *LATCHES, I_MEM),
            I_MEM,
            at_rest=True,
            t_stop=self.stimulus.duration,
            edges=stimulus_edges(self.stimulus, -EDGE / 2, EDGE / 2),
        )
        names = tuple(capacitor_names(deck))
        saved = "\n".join(f".save {name}" for name in names)
        # Names of the deck itself: no probe says where another circuit has them.
        deck = whole_deck(deck.append(f"{saved}\n.op", "analysis"), self.conditions)
        point = Job(self.label, deck, names, alter=die_of(deck, self.conditions))
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


def _at_edges(stimulus: Stimulus, time: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Energy in J around both edges of each pulse, shape (pulses,): all that logic does is there,
    and its leakage, over a whole period, is more than that."""
    return np.array(
        [
            sum(charge(time, power, at - SETTLED_AFTER, at + SETTLED_AFTER) for at in edges)
            for edges in zip(stimulus.spike_times, stimulus.fall_times, strict=True)
        ]
    )


def _kinds(decisions: np.ndarray, changed: np.ndarray) -> tuple[np.ndarray, ...]:
    """The pulses, but for the last one, that are quiet, learn, or are followed by another decision.

    In the first two kinds, the decision at the next pulse is the same; a decision circuit that goes
    from one outcome to another takes much more than the pulse itself.

    Args:
        decisions: of all pulses. changed: whether the weight changed; both of shape (pulses,).

    Raises:
        SimulationError: a kind is missing.
    """
    same = decisions[:-1] == decisions[1:]
    kinds = {
        "neither weight nor outcome changes": same & ~changed[:-1],
        "the weight changes, but not the outcome": same & changed[:-1],
        "the outcome changes": ~same,
    }
    for what, found in kinds.items():
        if not found.any():
            raise SimulationError(f"there is no pulse after which {what}; decisions: {decisions}")
    return tuple(kinds.values())
