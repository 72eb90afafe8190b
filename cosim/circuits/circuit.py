"""Circuits as back ends of one protocol: a stimulus becomes a run, its vectors a result."""

from pathlib import Path
from typing import Protocol, TypeVar

from cosim.circuits.conditions import Conditions
from cosim.engine.job import Job, Vectors
from cosim.engine.solver_options import SolverOptions
from ebn_model.parameters import BiasTable
from ebn_model.results import LearningResult
from ebn_model.row import RowResult, RowStimulus
from ebn_model.stimulus import Stimulus

Given = TypeVar("Given", contravariant=True)
Result = TypeVar("Result", covariant=True)


class Circuit(Protocol[Given, Result]):
    """A circuit in one view, with its bias table, its conditions and its solver options."""

    @property
    def solver(self) -> SolverOptions:
        """The options that it runs with."""

    def job(self, stimulus: Given, label: str, raw_path: Path | None = None) -> Job:
        """The run of a stimulus, for `run_jobs`.

        Raises:
            InputError: what the circuit can't follow.
        """

    def result(self, stimulus: Given, vectors: Vectors) -> Result:
        """Read the vectors of a finished job.

        Raises:
            SimulationError: they are not what such a circuit can yield.
        """


NeuronCircuit = Circuit[Stimulus, LearningResult]
"""The learning neuron with one synapse."""


class NeuronView(Protocol):
    """A class of neuron circuits, which are all in the same detail."""

    @property
    def tested_solver(self) -> SolverOptions:
        """Options that are tight enough, as tests show."""

    def __call__(
        self,
        biases: BiasTable,
        solver: SolverOptions | None = None,
        conditions: Conditions | None = None,
        *,
        sub_lsbs: int = 0,
    ) -> NeuronCircuit:
        """The circuit under a bias table, by default with tested_solver and Conditions()."""


class CircuitOfRow(Circuit[RowStimulus, RowResult], Protocol):
    """A row of the network: one neuron with all its plastic synapses."""

    @property
    def view(self) -> str:
        """One of row.VIEWS."""

    @property
    def step(self) -> float | None:
        """Distance of the stops of the closed loop that a run repeats, s; None for another run."""
