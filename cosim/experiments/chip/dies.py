"""The dies of chips: their constants in a situation, under their own currents if trimmed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cosim.cells.die_constants import constants_of, measured_dies, row_outcome
from cosim.cells.die_outcomes import outcomes_by_die
from cosim.cells.row_characterise import row_jobs
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.engine.outcome import OUTCOME
from cosim.engine.simulator import simulator_versions
from cosim.experiments.chip.settings import ChipExperiment, ChipSettings, Situation
from cosim.experiments.trim import NominalRun, Trim, trim_die, trim_jobs, trim_outcome
from cosim.workbench.json_files import to_json
from cosim.workbench.kept_outcomes import KeptOutcomes
from cosim.workbench.provenance import digest, sources_digest
from ebn_model.parameters import BiasTable, NeuronParameters


@dataclass(frozen=True)
class Built:
    """All chips in a situation.

    rows: constants of a chip's neurons, by its number. trims: codes and currents (A) of each
    trimmed die, by its number. faults: why a chip has no rows, by its number.
    """

    rows: dict[int, tuple[NeuronParameters, ...]] = field(default_factory=dict)
    trims: dict[int, dict[str, float]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TrimmedMeasurement:
    """The trims of a die, and then the constants of its row under its own currents.

    table: bias table that is trimmed. trimmed, used: conditions under which the die is trimmed and
    then measured. nominal: outcome of the trim's NominalRun.
    """

    trim: Trim
    table: str
    trimmed: Conditions
    used: Conditions
    nominal: Mapping[str, Any]

    length = 0.0

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"trims and constants of {self.used.die_name} at {self.used.temperature:g} °C"

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        benches = trim_jobs(self.trim, self._biases, self.trimmed)
        decks = [job.deck.sha256 for job in (*benches, *row_jobs(self._biases, self.used))]
        how = [self.trim.model_dump(mode="json"), dict(self.nominal)]
        return digest(to_json([*decks, *how, sources_digest(__name__), simulator_versions()]))

    def __call__(self, simulate: Callable) -> dict[str, Any]:
        """The `constants`, as a table of NeuronParameters, and the `trim`, as of trim_outcome.

        simulate: runs a Job.

        Raises:
            SimulationError: the die's cells can't be measured, or the nominal one's couldn't.
        """
        codes = trim_die(self.trim, self._biases, self.trimmed, self.nominal, simulate)
        currents = self.trim.currents(codes, self._biases)
        biases = self._biases.model_copy(update=currents)
        constants = row_outcome(biases, self.used, simulate)
        return {"constants": constants, "trim": trim_outcome(codes, currents)}

    @cached_property
    def _biases(self) -> BiasTable:
        return read_biases(self.table, self.used.technology)


def build_chips(experiment: ChipExperiment, name: str, kept: KeptOutcomes) -> Built:
    """The chips in a situation, by its name.

    kept: has the measurements that are known. Raises as KeptOutcomes.of.
    """
    settings, situation = experiment.settings, experiment.settings.situations[name]
    conditions = _conditions(settings, situation)
    dies = [die for chip in range(settings.chips) for die in experiment.dies(chip)]
    measured = _outcomes(settings, situation, dies, kept)
    built = Built()
    for chip in range(settings.chips):
        own = {die: measured[die] for die in experiment.dies(chip)}
        errors = [f"die {die}: {one['error']}" for die, one in own.items() if "error" in one]
        if errors:
            built.faults[chip] = "; ".join(errors)
            continue
        if situation.trim:
            built.trims.update((die, one["trim"]) for die, one in own.items())
            own = {die: one["constants"] for die, one in own.items()}
        built.rows[chip] = tuple(
            constants_of(one, conditions.of_die(die)) for die, one in own.items()
        )
    return built


def _outcomes(
    settings: ChipSettings, situation: Situation, dies: Iterable[int], kept: KeptOutcomes
) -> dict[int | None, dict[str, Any]]:
    """Outcomes of the measurements by die; one with a trim is trimmed where nothing is hot."""
    used, trim, table = _conditions(settings, situation), situation.trim, settings.biases
    if trim is None:
        return measured_dies(table, used, dies, kept)
    trimmed = used.model_copy(update={"temperature": settings.temperature})
    run = NominalRun(trim, read_biases(table, used.technology), trimmed)
    nominal = kept.of({run.key: run}, OUTCOME, "nominal die")[run.key]

    def measurement(die: int | None) -> TrimmedMeasurement:
        return TrimmedMeasurement(trim, table, trimmed.of_die(die), used.of_die(die), nominal)

    return outcomes_by_die(measurement, dies, kept, "trimmed dies")


def _conditions(settings: ChipSettings, situation: Situation) -> Conditions:
    """Those that all dies have in a situation."""
    stated = {name: getattr(situation, name) for name in ("temperature", "mismatch_scale")}
    changes = {name: value for name, value in stated.items() if value is not None}
    return settings.conditions.model_copy(update=changes)
