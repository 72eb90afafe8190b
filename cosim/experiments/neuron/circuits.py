"""The circuits of a simulation, by the name of their view."""

from cosim.circuits.circuit import NeuronCircuit, NeuronView
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.experiments.neuron.config import Experiment

CIRCUITS: dict[str, NeuronView] = {"transistor": TransistorCircuit, "mixed": MixedCircuit}
"""The circuits by the name of their view, the most detailed one first."""


def circuit_of(experiment: Experiment, view: str) -> NeuronCircuit:
    """The circuit of an experiment, in one of CIRCUITS.

    Raises:
        InputError, DeckError: it can't be built from what the experiment states.
    """
    kind = CIRCUITS[view]
    return kind(
        experiment.bias_table(),
        experiment.solver_of(kind.tested_solver),
        experiment.conditions,
        sub_lsbs=experiment.sub_lsbs,
    )
