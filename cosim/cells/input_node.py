"""The node of a row's inputs, measured: what is missing there after its input was cut off."""

import numpy as np
from scipy.optimize import brentq

from cosim.circuits.conditions import Conditions
from cosim.circuits.row import RowCircuit
from cosim.engine.job import Job, Vectors
from cosim.engine.solver_options import SolverOptions
from cosim.workbench.errors import SimulationError
from ebn_model.chip.blocks import log_state
from ebn_model.chip.row import ChipRow
from ebn_model.parameters import BiasTable, InputNodeParameters, NeuronParameters
from ebn_model.row import RowResult, RowStimulus

LEAST_COUPLING = 4e-3
"""Below it the node is taken for an ideal one: I_mem of the row's model errs by as much otherwise,
a third of a percent."""
_START, _EDGE, _END, _AFTER, _LENGTH = 1e-3, 1e-5, 2e-3, 2.9e-3, 3e-3
"""Of the time without input, length of its edges, when I_mem is read after it, and the run's, s."""
_DRAWN = 2.0
"""Current that is drawn from the node meanwhile, over the constant input."""
_LONGEST = 0.4e-3
"""Time in s within which the constant input should bring the node's charge."""
_SOLVER = SolverOptions(trtol=1, chgtol=1e-15, abstol=1e-14, max_step=1e-5)
"""The charge of the node, some 1e-14 C, is a hundredth of what the solver of the mixed view looks
at, which would leave most of it to chance."""


def input_node_job(biases: BiasTable, conditions: Conditions | None = None) -> Job:
    """The run that the node's constants follow from: a row whose input is cut off for a while."""
    return _circuit(biases, conditions).job(_stimulus(biases), "row without input")


def measured_input_node(
    vectors: Vectors,
    neuron: NeuronParameters,
    biases: BiasTable,
    conditions: Conditions | None = None,
) -> InputNodeParameters:
    """The node's constants from the vectors of `input_node_job`.

    neuron: all other constants, by which the membrane goes on.

    Raises:
        SimulationError: the membrane doesn't come back as it would after a node's charge.
    """
    stimulus = _stimulus(biases)
    circuit = _circuit(biases, conditions).result(stimulus, vectors)
    middle = (_START + _END) / 2
    before, half, end, after = (
        _log_state(circuit, time, neuron) for time in (_START, middle, _END, _AFTER)
    )
    # Without input ln u falls evenly; what it fell by at once is the node's.
    coupling = before - (2 * half - end)
    if coupling < LEAST_COUPLING:
        return InputNodeParameters()

    def error(charge: float) -> float:
        node = InputNodeParameters(charge=charge, coupling=coupling)
        model = ChipRow(neuron.model_copy(update={"input_node": node})).run(stimulus)
        return _log_state(model, _AFTER, neuron) - _log_state(model, _END, neuron) - (after - end)

    most = neuron.i_in * _LONGEST
    least = most * 1e-3
    if not error(least) > 0 > error(most):
        raise SimulationError(
            f"row without input: ln u of its membrane, {before:.4f} at rest, goes from {end:.4f} "
            f"to {after:.4f} when the input is back, which no charge of the input node explains"
        )
    charge = brentq(error, least, most, xtol=least / 10)
    return InputNodeParameters(charge=charge, coupling=coupling)


def _circuit(biases: BiasTable, conditions: Conditions | None) -> RowCircuit:
    return RowCircuit("mixed", biases, _SOLVER, conditions)


def _stimulus(biases: BiasTable) -> RowStimulus:
    none, drawn = np.empty(0), -_DRAWN * biases.i_in
    times = [_START, _START + _EDGE, _END, _END + _EDGE]
    return RowStimulus(
        none,
        none,
        none,
        none,
        1e-3,
        1e-4,
        _LENGTH,
        input_times=np.array(times),
        input_current=np.array([0.0, drawn, drawn, 0.0]),
        forced_spikes=none,
    )


def _log_state(result: RowResult, time: float, neuron: NeuronParameters) -> float:
    """Ln u of the membrane at a time in s."""
    return log_state(float(np.interp(time, result.time, result.i_mem)), neuron)
