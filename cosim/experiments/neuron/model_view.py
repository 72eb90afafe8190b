"""The behavioural model's run of a simulation."""

from functools import cached_property, partial

from cosim.cells import characterise
from cosim.engine.simulator import simulator_versions
from cosim.experiments.neuron.simulation import Simulation, stimulus_digest
from cosim.workbench.output import new_folder
from cosim.workbench.progress import AddBar
from cosim.workbench.provenance import digest, sources_digest
from cosim.workbench.store import read_json, to_json, write_json, write_result
from cosim.workbench.stored import StoredView
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import NeuronParameters


class ModelView(StoredView):
    """The model's run, in results/model/.

    Its parameters are measured on the cells, with the same biases, and kept beside the run.
    """

    files = ("per_spike.csv", "waveforms.h5", "parameters.json", "run.json")

    def __init__(self, simulation: Simulation):
        """Build the decks of the measurements; raises InputError or DeckError as above."""
        experiment = simulation.experiment
        self.folder = simulation.results / "model"
        self._label = f"{simulation.name} model"
        self._stimulus = experiment.stimulus.stimulus()
        self._sub_lsbs = experiment.sub_lsbs
        self.measurements = characterise.jobs(experiment.bias_table(), experiment.conditions)

    @cached_property
    def parameters_key(self) -> str:
        """Digest of the decks, programs and sources that the parameters follow from."""
        key = {
            "decks": [job.deck.sha256 for job in self.measurements],
            "sources": sources_digest("cosim.cells.characterise", "cosim.engine.worker"),
            **simulator_versions(),
        }
        return digest(to_json(key))

    @cached_property
    def key(self) -> dict:
        """Parameters, stimulus, counter and sources that the results follow from."""
        return {
            "parameters": self.parameters_key,
            "stimulus_sha256": stimulus_digest(self._stimulus),
            "sub_lsbs": self._sub_lsbs,
            "sources": sources_digest("ebn_model.learning_neuron", "cosim.workbench.store"),
        }

    def stored_parameters(self) -> NeuronParameters | None:
        """The parameters of the last run, if the cells are still what they were."""
        stored = read_json(self.folder / "parameters.json")
        if stored.get("key") != self.parameters_key:
            return None
        return NeuronParameters.model_validate(stored["parameters"])

    def neuron(self, parameters: NeuronParameters) -> LearningNeuron:
        """The model with the experiment's weight counter."""
        return LearningNeuron(parameters, self._sub_lsbs)

    def run(self, parameters: NeuronParameters, add_bar: AddBar) -> None:
        """Run the model and store its results."""
        show = add_bar(self._label, [self._stimulus.duration])
        result = self.neuron(parameters).run(self._stimulus, partial(show, 0))
        with new_folder(self.folder) as folder:
            write_result(result, folder)
            stored = {"key": self.parameters_key, "parameters": parameters.model_dump()}
            write_json(stored, folder / "parameters.json")
            write_json({"key": self.key, "points": len(result.time)}, folder / "run.json")
