"""The constants of a die's row, measured on its benches, for networks of many dies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cosim.cells.die_outcomes import outcomes_by_die
from cosim.cells.row_characterise import parameters_of_row, row_jobs
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.engine.job import Job
from cosim.engine.simulator import simulator_versions
from cosim.workbench.json_files import to_json
from cosim.workbench.kept_outcomes import KeptOutcomes
from cosim.workbench.provenance import digest, sources_digest
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.validation import validated


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
        return f"constants of {self.conditions.die_name} at {self.conditions.temperature:g} °C"

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        decks = [job.deck.sha256 for job in self._jobs()]
        return digest(to_json([*decks, sources_digest(__name__), simulator_versions()]))

    def __call__(self, simulate: Callable) -> dict[str, Any]:
        """The constants, as a table of NeuronParameters; simulate: runs a Job."""
        return row_outcome(self._biases, self.conditions, simulate)

    @cached_property
    def _biases(self) -> BiasTable:
        return read_biases(self.table, self.conditions.technology)

    def _jobs(self) -> list[Job]:
        return row_jobs(self._biases, self.conditions)


def row_outcome(biases: BiasTable, conditions: Conditions, simulate: Callable) -> dict[str, Any]:
    """The constants of a die's row, as a table of NeuronParameters; simulate: runs a Job."""
    results = [simulate(job) for job in row_jobs(biases, conditions)]
    return parameters_of_row(results, biases, conditions).model_dump(mode="json")


def measured_dies(
    table: str, conditions: Conditions, dies: Iterable[int | None], kept: KeptOutcomes
) -> dict[int | None, dict[str, Any]]:
    """Outcomes of the measurements by die, None being the nominal one; see `constants_of`.

    conditions: of all dies. kept: has those that are known. Raises as KeptOutcomes.of.
    """

    def run(die: int | None) -> DieMeasurement:
        return DieMeasurement(table, conditions.of_die(die))

    return outcomes_by_die(run, dies, kept, "dies")


def constants_of(outcome: dict[str, Any], conditions: Conditions) -> NeuronParameters:
    """The constants that were measured; raises InputError, which names the die, for none."""
    if "error" in outcome:
        raise InputError(f"{conditions.die_name} can't be measured: {outcome['error']}")
    return validated(NeuronParameters, outcome, conditions.die_name)
