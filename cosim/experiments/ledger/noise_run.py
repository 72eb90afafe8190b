"""Noise of I_mem and of the decision, from ngspice's .noise, referred to I_mem."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cosim.cells.bench import bench_job
from cosim.cells.runner import BOLTZMANN_PER_CHARGE, ZERO_CELSIUS
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.start_check import StartCheck
from cosim.engine.deck import Deck
from cosim.engine.devices import Alter, Alteration, Transistor
from cosim.engine.hierarchy import Hierarchy
from cosim.engine.job import Job, Vectors
from cosim.engine.simulator import simulator_versions
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest

THRESHOLDS = {"lower": 0, "upper": 1}
"""Values of bench decision_noise's parameter `upper`, by threshold."""
LOWEST = 0.01
"""Noise counts from this frequency on, Hz: slower than a hundred seconds is drift."""
SILENT = ("inverter", "current_dac")
"""Cells without noise that counts: at weight 0 no current is in the DAC, and behind the
winner-take-all its gain has made all else small. For devices without current, BSIM3's flicker noise
is 0/0 in ngspice."""
READOUT = "m.xread.m1"
"""Counts with the decision, whose device it is, and whose bandwidth it has."""
KINDS = {"thermal": "id", "flicker": "1overf"}
"""Names of the noises of a device in ngspice."""
PROBE, PROBE_RESISTANCE = "onoise_rprobe_thermal", 1e15
"""Noise of a resistor in bench decision_noise, V/sqrt(Hz), and its resistance, Ohm."""
PER_NANOAMPERE = 1e-9
"""Current of 1 V at the output of bench membrane_noise, A."""
ELEMENTARY_CHARGE = 1.602176634e-19
SQUARES = 100.0
"""Of drain and source of each transistor. For .noise, BSIM4 with tnoimod = 1 has nodes between them
and the channel; where it isn't told their squares, a node hangs on 1e3 S, beside which a double has
no room for 1e-14 S, and the matrix is singular. These are some kOhm, which nothing is at nA."""


@dataclass(frozen=True)
class WithContacts:
    """Changes of a job's transistors: its own `alter`, `first`, and their SQUARES."""

    first: Alter | None

    def __call__(self, transistors: Sequence[Transistor]) -> Iterator[Alteration]:
        """The changes."""
        if self.first:
            yield from self.first(transistors)
        for transistor in transistors:
            for parameter in ("nrd", "nrs"):
                yield Alteration(transistor.name, parameter, SQUARES)


@dataclass(frozen=True)
class NoiseRun:
    """Noise of a neuron under a bias table."""

    table: str
    conditions: Conditions

    length = 0.0

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"noise under {self.table}, {self.conditions.label}"

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        decks = [job.deck.sha256 for job in (self._membrane(), *self.threshold_jobs().values())]
        return digest(to_json([*decks, sources_digest(__name__), simulator_versions()]))

    def __call__(self, simulate: Callable[[Job], Vectors]) -> dict[str, Any]:
        """`membrane`, and by threshold: standard deviations `thermal`, `flicker` and `both`, A; of
        thresholds also what `threshold_outcome` adds."""
        membrane = simulate(self._membrane())
        found: dict[str, Any] = {"membrane": _summed(membrane, PER_NANOAMPERE)}
        for threshold, job in self.threshold_jobs().items():
            found[threshold] = self.threshold_outcome(simulate(job))
        return found

    def threshold_outcome(self, vectors: Vectors) -> dict[str, Any]:
        """Standard deviations, A; `frequency` in Hz, `density` in A/sqrt(Hz), referred to I_mem,
        and `gain` from I_mem to the outcome, relative to that of the lowest frequency."""
        gain = vectors[PROBE] / self._probe_density()
        return {
            **_summed(vectors, float(1 / gain[0])),
            "frequency": vectors["frequency"].tolist(),
            "density": (np.sqrt(sum(_densities(vectors).values())) / gain).tolist(),
            "gain": (gain / gain[0]).tolist(),
        }

    def _probe_density(self) -> float:
        """Noise density of the probe's current, A/sqrt(Hz)."""
        kt = BOLTZMANN_PER_CHARGE * ELEMENTARY_CHARGE * (self.conditions.temperature + ZERO_CELSIUS)
        return float(np.sqrt(4 * kt / PROBE_RESISTANCE))

    def _membrane(self) -> Job:
        job = self._bench("membrane_noise")
        return replace(job, vectors=tuple(_vectors(job.deck, {READOUT})))

    def threshold_jobs(self) -> dict[str, Job]:
        """The runs of bench decision_noise, by threshold."""
        job = self._bench("decision_noise")
        # Halfway between its levels, an outcome's inverters take more current than any bias.
        check = job.check_start
        if isinstance(check, StartCheck):
            check = replace(check, supplies=())
        job = replace(job, vectors=(*_vectors(job.deck), PROBE), check_start=check)
        return {
            threshold: replace(job, deck=job.deck.append(f".param upper={value}", threshold))
            for threshold, value in THRESHOLDS.items()
        }

    def _bench(self, name: str) -> Job:
        biases = read_biases(self.table, self.conditions.technology)
        job = bench_job(name, biases, self.conditions)
        return replace(job, alter=WithContacts(job.alter))


def _vectors(deck: Deck, left_out: Collection[str] = ()) -> Iterator[str]:
    """Names of noise densities of a deck's transistors, but for those of ideal sources."""
    cells = Hierarchy(deck)

    def inside(cell: str, place: str) -> Iterator[str]:
        for element in cells.elements(cell):
            if element[0] == "m":
                yield f"m.{place}{element}"
            elif element[0] == "x" and cells.subcircuit(cell, element) not in (
                *SILENT,
                "membrane_source",
            ):
                yield from inside(cells.subcircuit(cell, element), f"{place}{element}.")

    for device in inside("", ""):
        if device not in left_out:
            yield from (f"onoise.{device}.{kind}" for kind in KINDS.values())


def _densities(vectors: Vectors) -> dict[str, np.ndarray]:
    """Noise power densities at the output, V^2/Hz, shape (frequencies,), by kind of noise."""
    return {
        kind: np.sum(
            [values**2 for name, values in vectors.items() if name.endswith(f".{suffix}")], axis=0
        )
        for kind, suffix in KINDS.items()
    }


def _summed(vectors: Vectors, scale: float) -> dict[str, float]:
    """Standard deviations at the output times a scale, by kind of noise, and of both."""
    frequency = vectors["frequency"]
    counts = frequency >= LOWEST
    powers = {
        kind: float(np.trapezoid(density[counts], frequency[counts])) * scale**2
        for kind, density in _densities(vectors).items()
    }
    return {kind: power**0.5 for kind, power in powers.items()} | {
        "both": sum(powers.values()) ** 0.5
    }
