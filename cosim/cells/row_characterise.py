"""The model's constants of a row: where its membrane rests, where a spike leaves it, and its input
node."""

import numpy as np
from scipy.optimize import brentq

from cosim.cells.characterise import neuron_jobs, neuron_parameters
from cosim.cells.input_node import input_node_job, measured_input_node
from cosim.circuits.conditions import Conditions
from cosim.circuits.row import RowCircuit
from cosim.engine.deck import Deck
from cosim.engine.job import Job, Vectors
from cosim.engine.worker import run_all
from ebn_model.learning_neuron import settled_current
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.row import RowResult, RowStimulus

SPIKE, LENGTH = 5e-3, 9e-3
"""Time at which the row of the measurement is made to spike, and the length of its run, s."""
_NONE = np.empty(0)
_STIMULUS = RowStimulus(
    _NONE, _NONE, _NONE, _NONE, 1e-3, 1e-4, LENGTH, forced_spikes=np.array([SPIKE])
)


def row_parameters(
    neuron: NeuronParameters, biases: BiasTable, conditions: Conditions | None = None
) -> NeuronParameters:
    """Constants of a neuron in a row, from those that were measured on its cells.

    At rest the row's membrane also gets what its integrators leak, and during and after a spike
    its own input flows into the reset; the benches of the single cells see neither. Nor do they
    see the node at which all inputs of a row meet.

    Raises:
        SimulationError: a run failed, or what its input node does is that of no node.
    """
    return _in_row(neuron, run_all(_jobs(biases, conditions)), biases, conditions)


def row_jobs(biases: BiasTable, conditions: Conditions | None = None) -> list[Job]:
    """The runs that all constants of a neuron in a row follow from, those of its cells first."""
    return [*neuron_jobs(biases, conditions), *_jobs(biases, conditions)]


def parameters_of_row(
    results: list[Vectors], biases: BiasTable, conditions: Conditions | None = None
) -> NeuronParameters:
    """All constants of a neuron in a row from the vectors of `row_jobs`, in the same order.

    Raises:
        SimulationError: a bench shows no behaviour of the kind that it measures.
    """
    *cells, spiking, cut_off = results
    return _in_row(neuron_parameters(cells), [spiking, cut_off], biases, conditions)


def _in_row(
    neuron: NeuronParameters,
    results: list[Vectors],
    biases: BiasTable,
    conditions: Conditions | None,
) -> NeuronParameters:
    """The constants of the cells with what the runs of a row (_jobs) show."""
    spiking, cut_off = results
    result = _circuit(biases, conditions).result(_STIMULUS, spiking)
    release = SPIKE + neuron.spike_generator.refractory
    at_rest, held, after = (
        _at(result, time) for time in (SPIKE / 2, release - 0.2e-3, release + 0.2e-3)
    )
    i_in = brentq(
        lambda i: settled_current(neuron.model_copy(update={"i_in": i})) - at_rest,
        neuron.i_in / 2,
        2 * neuron.i_in,
    )
    spike = neuron.spike_generator.model_copy(update={"i_held": held, "i_reset": after})
    neuron = neuron.model_copy(update={"i_in": i_in, "spike": spike})
    node = measured_input_node(cut_off, neuron, biases, conditions)
    return neuron.model_copy(update={"input_node": node})


def row_deck(biases: BiasTable, conditions: Conditions | None = None) -> Deck:
    """The deck of the row that `row_parameters` measures."""
    return _spiking_job(biases, conditions).deck


def _jobs(biases: BiasTable, conditions: Conditions | None) -> list[Job]:
    return [_spiking_job(biases, conditions), input_node_job(biases, conditions)]


def _spiking_job(biases: BiasTable, conditions: Conditions | None) -> Job:
    return _circuit(biases, conditions).job(_STIMULUS, "row at rest")


def _circuit(biases: BiasTable, conditions: Conditions | None) -> RowCircuit:
    return RowCircuit("mixed", biases, conditions=conditions)


def _at(result: RowResult, time: float) -> float:
    return float(np.interp(time, result.time, result.i_mem))
