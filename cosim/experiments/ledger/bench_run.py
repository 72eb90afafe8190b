"""A cell on its bench: what the ledger takes over from the datasheet's measurements."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cosim.cells.bench import bench_job, measurement
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import read_biases
from cosim.engine.job import Job, Vectors
from cosim.engine.simulator import simulator_versions
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest


@dataclass(frozen=True)
class BenchRun:
    """A bench under a bias table; its outcome is what the datasheet has of it."""

    bench: str
    table: str
    conditions: Conditions

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"bench {self.bench} under {self.table}, {self.conditions.label}"

    @property
    def length(self) -> float:
        """Simulated time, s."""
        return self._job().t_stop or 0.0

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        measures = sources_digest(measurement(self.bench).__name__)
        parts = [self._job().deck.sha256, measures, sources_digest(__name__)]
        return digest(to_json([*parts, simulator_versions()]))

    def __call__(self, simulate: Callable[[Job], Vectors]) -> dict[str, Any]:
        """The quantities of the bench, SI; simulate: runs a Job."""
        values = measurement(self.bench).measure(simulate(self._job()))
        return {name: float(value) for name, value in values.items()}

    def _job(self) -> Job:
        biases = read_biases(self.table, self.conditions.technology)
        return bench_job(self.bench, biases, self.conditions)
