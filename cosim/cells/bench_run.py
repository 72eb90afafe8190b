"""A bench as a run whose outcome is kept: what it measures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cosim.cells.measured_bench import MeasuredBench, finite
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest


@dataclass(frozen=True)
class BenchRun:
    """A bench of a die, or of the nominal one where the conditions have none; table: of biases."""

    name: str
    table: str
    conditions: Conditions

    length = 0.0
    """To know it takes the deck, which for each of 200 dies takes longer than some benches run."""

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"bench {self.name} under {self.table}, {self.conditions.label}"

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        return digest(to_json([self._bench().key, sources_digest(__name__)]))

    def __call__(self, simulate: Callable) -> dict[str, Any]:
        """`values`, SI, by the quantities' keys; simulate: runs a Job.

        Raises:
            SimulationError: they can't all be measured.
        """
        return {"values": finite(self._bench().values(simulate))}

    def _bench(self) -> MeasuredBench:
        biases = read_biases(self.table, self.conditions.technology)
        return MeasuredBench(self.name, biases, self.conditions)
