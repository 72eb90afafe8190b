"""The views of a simulation, each with its folder of results and the key that dates them."""

import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from cosim import characterise
from cosim.circuit import TransistorCircuit
from cosim.engine.job import Job
from cosim.experiments.batch import Batch, Vectors
from cosim.experiments.output import new_folder
from cosim.experiments.progress import AddBar
from cosim.experiments.provenance import digest, simulator_versions, sources_digest
from cosim.experiments.simulation import Simulation
from cosim.experiments.store import read_json, read_result, to_json, write_json, write_result
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import NeuronParameters
from ebn_model.results import LearningResult, SpikeTable


class _View:
    """Results in a folder; they are current as long as the key stored with them is the view's."""

    folder: Path
    files: tuple[str, ...]
    key: dict

    def is_current(self) -> bool:
        """Whether the stored results are complete and what a run would give."""
        complete = all((self.folder / name).is_file() for name in self.files)
        return complete and self.record.get("key") == self.key

    @property
    def record(self) -> dict:
        """What run.json tells about the stored run."""
        return read_json(self.folder / "run.json")

    def result(self) -> LearningResult:
        """The stored run; raises InputError where there is none."""
        return read_result(self.folder)


class CircuitView(_View):
    """The transistor-level run of a simulation, in results/circuit/."""

    files = ("per_spike.csv", "waveforms.h5", "waveforms.raw", "deck.cir", "run.json")

    def __init__(self, simulation: Simulation):
        """Build the deck; raises InputError or DeckError for what it can't be built from."""
        experiment = simulation.experiment
        self.folder = simulation.results / "circuit"
        self._label = f"{simulation.name} circuit"
        self._stimulus = experiment.stimulus.stimulus()
        self._circuit = TransistorCircuit(
            experiment.bias_table(),
            experiment.solver,
            experiment.technology,
            experiment.temperature,
        )
        self._job = self._circuit.job(self._stimulus, self._label)

    @cached_property
    def key(self) -> dict:
        """Deck, programs and sources that the results follow from."""
        return {
            "deck_sha256": self._job.deck.sha256,
            "sources": sources_digest(
                "cosim.circuit", "cosim.engine.worker", "cosim.experiments.store"
            ),
            **simulator_versions(),
        }

    def batch(self, scratch: Path) -> Batch:
        """The run, which stores its results at the end; its raw file waits in `scratch`."""
        raw = Path(mkdtemp(dir=scratch)) / "waveforms.raw"
        job = replace(self._job, raw_path=raw)
        return Batch(self._label, [job], lambda vectors: self._store(vectors[0], raw))

    def _store(self, vectors: Vectors, raw: Path) -> None:
        result = self._circuit.result(self._stimulus, vectors)
        with new_folder(self.folder) as folder:
            write_result(result, folder)
            shutil.move(raw, folder / "waveforms.raw")
            folder.joinpath("deck.cir").write_text(self._job.deck.text)
            record = {
                "key": self.key,
                "solver": self._circuit.solver.model_dump(),
                "points": len(result.time),
                "edges": _edges(self._job, result),
            }
            write_json(record, folder / "run.json")


def _edges(job: Job, result: LearningResult) -> dict:
    """How well the run met the stimulus' edges."""
    ends = np.where(np.isnan(result.spikes.t_fall), result.time[-1], result.spikes.t_fall)
    first, last = np.searchsorted(result.time, [result.spikes.t_rise, ends])
    return {
        "checked": len(job.edges),
        "lost": len(job.lost_edges(result.time)),
        "tolerance_s": job.edge_tolerance,
        "fewest_points_per_pulse": int((last - first).min()),
    }


class ModelView(_View):
    """The behavioural model's run of a simulation, in results/model/.

    Its parameters are measured on the cells, with the same biases, and kept beside the run.
    """

    files = ("per_spike.csv", "waveforms.h5", "parameters.json", "run.json")

    def __init__(self, simulation: Simulation):
        """Build the decks of the measurements; raises InputError or DeckError as above."""
        experiment = simulation.experiment
        self.folder = simulation.results / "model"
        self._label = f"{simulation.name} model"
        self._stimulus = experiment.stimulus.stimulus()
        self._settings = experiment.stimulus.model_dump()
        self.measurements = characterise.jobs(
            experiment.bias_table(),
            technology=experiment.technology,
            temperature=experiment.temperature,
        )

    @cached_property
    def parameters_key(self) -> str:
        """Digest of the decks, programs and sources that the parameters follow from."""
        key = {
            "decks": [job.deck.sha256 for job in self.measurements],
            "sources": sources_digest("cosim.characterise", "cosim.engine.worker"),
            **simulator_versions(),
        }
        return digest(to_json(key))

    @cached_property
    def key(self) -> dict:
        """Parameters, stimulus and sources that the results follow from."""
        return {
            "parameters": self.parameters_key,
            "stimulus": self._settings,
            "sources": sources_digest("ebn_model.learning_neuron", "cosim.experiments.store"),
        }

    def stored_parameters(self) -> NeuronParameters | None:
        """The parameters of the last run, if the cells are still what they were."""
        stored = read_json(self.folder / "parameters.json")
        if stored.get("key") != self.parameters_key:
            return None
        return NeuronParameters.model_validate(stored["parameters"])

    def run(self, parameters: NeuronParameters, add_bar: AddBar) -> None:
        """Run the model and store its results."""
        show = add_bar(self._label, self._stimulus.duration)
        result = LearningNeuron(parameters).run(self._stimulus, show)
        with new_folder(self.folder) as folder:
            write_result(result, folder)
            stored = {"key": self.parameters_key, "parameters": parameters.model_dump()}
            write_json(stored, folder / "parameters.json")
            write_json({"key": self.key, "points": len(result.time)}, folder / "run.json")


@dataclass(frozen=True)
class Results:
    """Current results of a simulation; None for what isn't there.

    neuron: the model with the parameters of its run, to ask for thresholds and decisions.
    """

    circuit: LearningResult | None
    model: LearningResult | None
    neuron: LearningNeuron | None
    published: SpikeTable | None


def current_results(simulation: Simulation, circuit: CircuitView, model: ModelView) -> Results:
    """Read the results of both views as far as they are current.

    Raises:
        InputError: neither is.
    """
    has_circuit, has_model = circuit.is_current(), model.is_current()
    if not has_circuit and not has_model:
        name = simulation.name
        raise InputError(f"no current results of {name}: `ebn-cosim run {name}` makes them")
    return Results(
        circuit=circuit.result() if has_circuit else None,
        model=model.result() if has_model else None,
        neuron=LearningNeuron(model.stored_parameters()) if has_model else None,
        published=simulation.published,
    )
