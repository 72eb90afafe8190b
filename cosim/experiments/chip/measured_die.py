"""The constants of a die's row, measured on its benches."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cosim.cells.row_characterise import parameters_of_row, row_jobs
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import read_biases
from cosim.engine.job import Job
from cosim.engine.simulator import simulator_versions
from cosim.workbench.errors import SimulationError
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable


@dataclass(frozen=True)
class DieMeasurement:
    """The benches of a die, or of the nominal one where the conditions have none.

    table: bias table.
    """

    table: str
    conditions: Conditions

    length = 0.0

    @property
    def label(self) -> str:
        """Its name in messages."""
        die = self.conditions.die
        name = "nominal die" if die is None else f"die {die}"
        return f"constants of {name} at {self.conditions.temperature:g} °C"

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        decks = [job.deck.sha256 for job in self._jobs()]
        return digest(to_json([*decks, sources_digest(__name__), simulator_versions()]))

    def __call__(self, simulate: Callable) -> dict[str, Any]:
        """The constants, as a table of NeuronParameters; simulate: runs a Job."""
        results = [simulate(job) for job in self._jobs()]
        return parameters_of_row(results, self._biases, self.conditions).model_dump(mode="json")

    @cached_property
    def _biases(self) -> BiasTable:
        return read_biases(self.table, self.conditions.technology)

    def _jobs(self) -> list[Job]:
        return row_jobs(self._biases, self.conditions)


def measure_die(run: DieMeasurement, notify: Callable[[float], None]) -> dict[str, Any]:
    """The outcome, in a process of its own, whose ngspice does all that the run needs.

    A die that the benches can't measure is an outcome, too: its error in one line under `error`.
    """
    # Here, as it loads ngspice, which a process that only plans needn't.
    from cosim.engine.worker import simulator

    simulate = simulator(notify)
    try:
        return run(simulate)
    except (SimulationError, InputError) as error:
        return {"error": " ".join(str(error).split())}
