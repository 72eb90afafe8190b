"""Benches on many dies: the runs, of which those that are finished are kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosim.cells.die_outcomes import outcomes_by_die
from cosim.cells.measured_bench import MeasuredBench, finite
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import read_biases
from cosim.workbench.json_files import to_json
from cosim.workbench.kept_outcomes import JOURNAL, outcomes_made_by
from cosim.workbench.placement import Placement
from cosim.workbench.provenance import digest, sources_digest


@dataclass(frozen=True)
class BenchRun:
    """A bench of a die, or of the nominal one where the conditions have none; table: of biases."""

    name: str
    table: str
    conditions: Conditions

    length = 0.0

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"bench {self.name}, {self.conditions.die_name}"

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


def bench_outcomes(
    name: str,
    table: str,
    conditions: Conditions,
    dies: Iterable[int | None],
    folder: Path,
    placement: Placement,
) -> dict[int | None, dict[str, Any]]:
    """The outcome of a bench by die, None being the nominal one: `values`, or the `error`.

    folder: keeps what is finished. conditions: of all dies. Raises as KeptOutcomes.of.
    """

    def run(die: int | None) -> BenchRun:
        return BenchRun(name, table, conditions.of_die(die))

    with outcomes_made_by(placement.pool(), folder / JOURNAL, f"bench {name}") as kept:
        return outcomes_by_die(run, dies, kept, name)
