"""The quantities of the cells under given conditions, as an outcome to be kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cosim.cells.characterise import jobs, neuron_jobs, neuron_parameters, parameters
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.engine.job import Job
from cosim.engine.simulator import simulator_versions
from cosim.experiments.calibration.behaviour import behaviour
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest


@dataclass(frozen=True)
class CellsRun:
    """The cells on their benches, under a bias table.

    spikes: whether the spike generator is measured, too.
    """

    table: str
    conditions: Conditions
    spikes: bool = True

    length = 0.0

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"cells under {self.table}, {self.conditions.label}"

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        decks = [job.deck.sha256 for job in self._jobs()]
        return digest(to_json([*decks, sources_digest(__name__), simulator_versions()]))

    def __call__(self, simulate: Callable) -> dict[str, Any]:
        """The quantities of `behaviour`; simulate: runs a Job."""
        vectors = [simulate(job) for job in self._jobs()]
        return behaviour(neuron_parameters(vectors) if self.spikes else parameters(vectors))

    def _jobs(self) -> list[Job]:
        biases = read_biases(self.table, self.conditions.technology)
        made_by = neuron_jobs if self.spikes else jobs
        return made_by(biases, self.conditions)
