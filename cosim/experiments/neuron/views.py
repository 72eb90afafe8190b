"""The views of a simulation, from all transistors to the model, and their stored results."""

from dataclasses import dataclass

from cosim.circuits.probes import ProbeError
from cosim.experiments.neuron.circuit_view import CircuitView
from cosim.experiments.neuron.circuits import CIRCUITS
from cosim.experiments.neuron.model_view import ModelView
from cosim.experiments.neuron.simulation import Simulation
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.results import LearningResult, SpikeTable


@dataclass(frozen=True)
class Results:
    """Current results of a simulation.

    runs: by view, the most detailed one first; at least one.
    neuron: the model with the parameters of its run, to ask for thresholds and decisions; None
        where the model did not run.
    published: None where nothing was.
    """

    runs: dict[str, LearningResult]
    neuron: LearningNeuron | None
    published: SpikeTable | None

    @property
    def circuits(self) -> dict[str, LearningResult]:
        """The runs of circuits, the most detailed one first."""
        return {view: run for view, run in self.runs.items() if view != "model"}

    @property
    def reference(self) -> tuple[str, LearningResult]:
        """The most detailed view and its run."""
        return next(iter(self.runs.items()))


class Views:
    """All views of a simulation."""

    def __init__(self, simulation: Simulation):
        """Build the decks; raises InputError or DeckError for what they can't be built from.

        Attributes:
            unbuilt: errors of views in which an own cell doesn't show what they need, by view.
        """
        self.simulation = simulation
        self.circuits: dict[str, CircuitView] = {}
        self.unbuilt: dict[str, ProbeError] = {}
        for name in CIRCUITS:
            try:
                self.circuits[name] = CircuitView(simulation, name)
            except ProbeError as error:
                self.unbuilt[name] = error
        self.model = ModelView(simulation)

    @property
    def all(self) -> dict[str, CircuitView | ModelView]:
        """All views by name, the most detailed one first."""
        return {**self.circuits, "model": self.model}

    def check_intact(self) -> None:
        """Raise DamagedError for a view whose stored results are damaged."""
        for view in self.all.values():
            view.check_intact()

    def records(self) -> dict[str, dict]:
        """Records of the current views, the most detailed one first."""
        return {name: view.record for name, view in self.all.items() if view.is_current()}

    def results(self) -> Results:
        """Read the views' results as far as they are current.

        Raises:
            InputError: none is.
        """
        runs = {name: view.result() for name, view in self.all.items() if view.is_current()}
        if not runs:
            name, folder = self.simulation.name, self.simulation.results
            raise InputError(f"no current results of {name} in {folder}: `ebn-cosim run` it first")
        parameters = self.model.stored_parameters() if "model" in runs else None
        return Results(
            runs=runs,
            neuron=self.model.neuron(parameters) if parameters else None,
            published=self.simulation.published,
        )
