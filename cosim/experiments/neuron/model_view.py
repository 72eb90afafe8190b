"""The model's run of a simulation."""

from functools import cached_property, partial

from cosim.cells import characterise
from cosim.engine.simulator import simulator_versions
from cosim.experiments.neuron.result_files import read_result, write_result
from cosim.experiments.neuron.simulation import Simulation, stimulus_digest
from cosim.workbench.json_files import to_json, write_json
from cosim.workbench.progress import AddBar
from cosim.workbench.provenance import digest, sources_digest
from cosim.workbench.store import StoredResult
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import NeuronParameters
from ebn_model.results import LearningResult
from ebn_model.sealed import DamagedError, read_sealed, sealed

PARAMETERS = "parameters.json"


class ModelView(StoredResult):
    """The model's run, in results/model/.

    Its parameters are measured on the cells, with the same biases, and kept beside the run.
    """

    def __init__(self, simulation: Simulation):
        """Build the decks of the measurements.

        Raises:
            InputError, DeckError: they can't be built from what the experiment states.
        """
        experiment = simulation.experiment
        self._label = f"{simulation.name} model"
        self._stimulus = experiment.stimulus.stimulus()
        self._sub_lsbs = experiment.sub_lsbs
        self.measurements = characterise.jobs(experiment.bias_table(), experiment.conditions)
        super().__init__(simulation.results / "model", self._key())

    @cached_property
    def parameters_key(self) -> str:
        """Digest of the decks, programs and sources that the parameters follow from."""
        key = {
            "decks": [job.deck.sha256 for job in self.measurements],
            "sources": sources_digest("cosim.cells.characterise", "cosim.engine.worker"),
            **simulator_versions(),
        }
        return digest(to_json(key))

    def _key(self) -> dict:
        """Parameters, stimulus, counter and sources that the results follow from."""
        return {
            "view": "model",
            "parameters": self.parameters_key,
            "stimulus_sha256": stimulus_digest(self._stimulus),
            "sub_lsbs": self._sub_lsbs,
            "sources": sources_digest(
                "ebn_model.learning_neuron", "cosim.experiments.neuron.result_files"
            ),
        }

    def stored_parameters(self) -> NeuronParameters | None:
        """The parameters of the last run, if the cells are still what they were."""
        try:
            stored = read_sealed(self.folder / PARAMETERS)
        except DamagedError as error:
            if self.folder.is_dir():
                self._say(error)
            return None
        if stored["key"] != self.parameters_key:
            return None
        return NeuronParameters.model_validate(stored["parameters"])

    def result(self) -> LearningResult:
        """The stored run; raises as `record`."""
        return read_result(self.checked())

    def neuron(self, parameters: NeuronParameters) -> LearningNeuron:
        """The model with the experiment's weight counter."""
        return LearningNeuron(parameters, self._sub_lsbs)

    def run(self, parameters: NeuronParameters, add_bar: AddBar) -> None:
        """Run the model and store its results."""
        show = add_bar(self._label, [self._stimulus.duration])
        result = self.neuron(parameters).run(self._stimulus, partial(show, 0))
        with self.writing({"points": len(result.time)}) as folder:
            write_result(result, folder)
            stored = {"key": self.parameters_key, "parameters": parameters.model_dump()}
            write_json(sealed(stored), folder / PARAMETERS)
