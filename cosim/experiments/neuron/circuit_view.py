"""A circuit's run of a simulation, in whatever detail the circuit is built."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from cosim.engine.batch import Batch
from cosim.engine.job import Job, Vectors
from cosim.engine.simulator import simulator_versions
from cosim.experiments.neuron.circuits import circuit_of
from cosim.experiments.neuron.logic_waves import SCOPE, logic_waves, write_vcd
from cosim.experiments.neuron.result_files import read_result, write_result
from cosim.experiments.neuron.simulation import Simulation, stimulus_digest
from cosim.workbench.errors import CosimError
from cosim.workbench.provenance import sources_digest
from cosim.workbench.store import StoredResult
from ebn_model.results import LearningResult

LOGIC = "logic.vcd"
"""The logic's waveforms."""


class CircuitView(StoredResult):
    """The run of one of CIRCUITS, in results/NAME/."""

    def __init__(self, simulation: Simulation, name: str):
        """Build the deck; raises InputError or DeckError for what it can't be built from."""
        experiment = simulation.experiment
        self._label = f"{simulation.name} {name}"
        self._stimulus = experiment.stimulus.stimulus()
        self._stimulus_digest = stimulus_digest(self._stimulus)
        self._sub_lsbs = experiment.sub_lsbs
        self._supply = experiment.conditions.supply
        self._circuit = circuit_of(experiment, name)
        self._module = type(self._circuit).__module__
        self._job = self._circuit.job(self._stimulus, self._label)
        super().__init__(simulation.results / name, self._key(name))

    def _key(self, name: str) -> dict:
        """Deck, stimulus, programs and sources that the results follow from."""
        return {
            "view": name,
            "deck_sha256": self._job.deck.sha256,
            # Of a run in closed loop the deck tells only a part.
            "stimulus_sha256": self._stimulus_digest,
            "sub_lsbs": self._sub_lsbs,
            "sources": sources_digest(
                self._module,
                "cosim.engine.worker",
                "cosim.experiments.neuron.result_files",
                "cosim.experiments.neuron.logic_waves",
            ),
            **simulator_versions(),
        }

    def batch(self, scratch: Path, fail: Callable[[CosimError], None]) -> Batch:
        """The run, which stores its results at the end; its files wait in `scratch`.

        fail: gets the error of a run that failed.
        """
        written = Path(mkdtemp(dir=scratch))
        return Batch(
            self._label,
            [self._job.writing_to(written)],
            lambda vectors: self._store(vectors[0], written),
            fail,
        )

    def result(self) -> LearningResult:
        """The stored run; raises as `record`."""
        return read_result(self.checked())

    def _store(self, vectors: Vectors, written: Path) -> None:
        result = self._circuit.result(self._stimulus, vectors)
        record = {
            "solver": self._circuit.solver.model_dump(),
            "points": len(result.time),
            "edges": _edges(self._job, result),
        }
        with self.writing(record) as folder:
            write_result(result, folder)
            waves = logic_waves(vectors, result, self._stimulus.start_weight, self._supply)
            write_vcd({SCOPE: waves}, float(result.time[-1]), folder / LOGIC)
            for path in written.iterdir():
                shutil.move(path, folder)


def _edges(job: Job, result: LearningResult) -> dict:
    """Time points of the run at the stimulus' edges."""
    ends = np.where(np.isnan(result.spikes.t_fall), result.time[-1], result.spikes.t_fall)
    first, last = np.searchsorted(result.time, [result.spikes.t_rise, ends])
    return {
        "checked": len(job.edges),
        "lost": len(job.lost_edges(result.time)),
        "tolerance_s": job.edge_tolerance,
        "fewest_points_per_pulse": int((last - first).min()),
    }
