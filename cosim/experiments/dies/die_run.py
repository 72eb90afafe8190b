"""One die in one case: its simulation as a circuit, or its cells on their benches."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cosim.cells.characterise import jobs, parameters
from cosim.comparison.spikes import one_step
from cosim.engine.job import Job
from cosim.engine.simulator import simulator_versions
from cosim.experiments.calibration.cells_run import CellsRun
from cosim.experiments.dies.both_views import views_outcome
from cosim.experiments.neuron.circuits import circuit_of
from cosim.experiments.neuron.config import Experiment
from cosim.experiments.neuron.settling import last_weights
from cosim.experiments.neuron.simulation import stimulus_digest
from cosim.experiments.trim import Trim, trim_die, trim_jobs, trim_outcome, untrimmed_table
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.results import LearningResult, SpikeTable
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN

LAST = 20
"""I_mem is a mean over so many rising edges, the last ones."""


@dataclass(frozen=True)
class SimulationRun:
    """A simulation on a die; the nominal die, which has no trim, where the conditions have none.

    nominal: outcome of the trim's NominalRun, which each die is trimmed to.
    model: whether the die's constants are measured, and its model's decisions compared.
    both_views: whether the die runs in the transistor view, too.
    """

    case: str
    experiment: Experiment
    trim: Trim | None = None
    nominal: Mapping[str, Any] | None = None
    model: bool = False
    both_views: bool = False

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"{self.case}, {self.experiment.conditions.die_name}"

    @property
    def length(self) -> float:
        """Simulated time, s."""
        duration = self.experiment.stimulus.stimulus().duration
        return 2 * duration if self.both_views else duration

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        stimulus = self.experiment.stimulus.stimulus()
        stated = [stimulus_digest(stimulus), self.experiment.sub_lsbs]
        parts = [_deck(self.experiment, "mixed"), *stated]
        if self.trim:
            table, conditions = untrimmed_table(self.experiment), self.experiment.conditions
            benches = [job.deck.sha256 for job in trim_jobs(self.trim, table, conditions)]
            # The nominal die's values follow from the same benches.
            parts += [self.trim.model_dump(mode="json"), *benches]
        if self.model:
            benches = [job.deck.sha256 for job in _benches(self.experiment)]
            parts += ["model", self.experiment.tolerances.dead_band, *benches]
        if self.both_views:
            parts += ["transistor", _deck(self.experiment, "transistor")]
        return _key(*parts)

    def __call__(self, simulate: Callable) -> dict[str, Any]:
        """The outcome; simulate: runs a Job."""
        experiment, outcome = self._trimmed(simulate)
        mixed = self._simulated(experiment, "mixed", simulate)
        outcome |= learning_outcome(mixed.spikes)
        if self.model:
            outcome |= _model_outcome(experiment, mixed.spikes, simulate)
        if self.both_views:
            transistor = self._simulated(experiment, "transistor", simulate)
            learned = learning_outcome(transistor.spikes)
            outcome |= {f"transistor_{name}": value for name, value in learned.items()}
            outcome |= views_outcome(transistor, mixed)
        return outcome

    def _simulated(self, experiment: Experiment, view: str, simulate: Callable) -> LearningResult:
        stimulus = experiment.stimulus.stimulus()
        circuit = circuit_of(experiment, view)
        return circuit.result(stimulus, simulate(circuit.job(stimulus, f"{self.label}, {view}")))

    def _trimmed(self, simulate: Callable) -> tuple[Experiment, dict[str, Any]]:
        """The experiment with the die's currents, and what is recorded of them."""
        conditions = self.experiment.conditions
        if self.trim is None or conditions.die is None:
            return self.experiment, {}
        assert self.nominal is not None, "what a die is trimmed to is measured before"
        table = untrimmed_table(self.experiment)
        codes = trim_die(self.trim, table, conditions, self.nominal, simulate)
        currents = self.trim.currents(codes, table)
        changes = {**self.experiment.bias_changes, **currents}
        changed = self.experiment.model_copy(update={"bias_changes": changes})
        return changed, trim_outcome(codes, currents)


DieRun = SimulationRun | CellsRun


def learning_outcome(spikes: SpikeTable) -> dict[str, Any]:
    """The end of a run.

    settled: the weight is at rest at the end, and not because its range ends there.
    lowest, highest: weights at the end (last_weights). i_mem: mean of the last edges, A.
    weights: after each spike.
    """
    last = last_weights(spikes)
    return {
        "settled": last.at_rest and WEIGHT_MIN < last.lowest < WEIGHT_MAX,
        "lowest": last.lowest,
        "highest": last.highest,
        "i_mem": float(np.mean(spikes.i_mem_rise[-LAST:])),
        "weights": spikes.weight_after.tolist(),
    }


def _model_outcome(
    experiment: Experiment, spikes: SpikeTable, simulate: Callable
) -> dict[str, int]:
    """Decisions of the die's model that is given the circuit's I_mem and weight; see OneStep.

    The constants are what the benches measure on the same die, under the same currents.
    """
    constants = parameters([simulate(job) for job in _benches(experiment)])
    step = one_step(spikes, LearningNeuron(constants), experiment.tolerances.dead_band)
    return {f"model_{name}": count for name, count in asdict(step).items()}


def _benches(experiment: Experiment) -> list[Job]:
    return jobs(experiment.bias_table(), experiment.conditions)


def _deck(experiment: Experiment, view: str) -> str:
    """Digest of the circuit's deck."""
    job = circuit_of(experiment, view).job(experiment.stimulus.stimulus(), "")
    return job.deck.sha256


def _key(*parts: Any) -> str:
    return digest(to_json([*parts, sources_digest(__name__), simulator_versions()]))
