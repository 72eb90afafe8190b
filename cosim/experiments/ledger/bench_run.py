"""A cell on its bench: what the ledger takes over from the datasheet's measurements."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cosim.cells.measured_bench import MeasuredBench
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import read_biases
from cosim.engine.job import Job, Vectors
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
        return self._bench().job.t_stop or 0.0

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        return digest(to_json([self._bench().key, sources_digest(__name__)]))

    def __call__(self, simulate: Callable[[Job], Vectors]) -> dict[str, Any]:
        """The quantities of the bench, SI; simulate: runs a Job."""
        return {name: float(value) for name, value in self._bench().values(simulate).items()}

    def _bench(self) -> MeasuredBench:
        biases = read_biases(self.table, self.conditions.technology)
        return MeasuredBench(self.bench, biases, self.conditions)
