"""Open loop: the analog part of the neuron, or its model, with given weights, not learned ones."""

from typing import Any

import numpy as np

from cosim.circuits.conditions import Conditions
from cosim.circuits.mixed_neuron import I_MEM
from cosim.circuits.neuron import analysis, neuron_deck
from cosim.circuits.whole_job import whole_job
from cosim.engine.job import Job
from cosim.engine.solver_options import SolverOptions
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.results import SpikeTable
from ebn_model.stimulus import Stimulus

EDGE = 50e-9
"""Duration of the sources' edges, s; the middle of a pulse's edge is at the spike's time."""
CODE_DELAY = 1e-6
"""After a pulse has ended, the next weight is applied after this time, s."""


def replay_job(
    biases: BiasTable,
    stimulus: Stimulus,
    weights: np.ndarray,
    label: str,
    conditions: Conditions | None = None,
) -> Job:
    """The run of the analog circuit with the weights (LSB, shape (spikes,)) of each pulse."""
    conditions = conditions or Conditions()
    solver = SolverOptions(chgtol=1e-14)
    sources = _sources(stimulus, np.asarray(weights), conditions.supply)
    deck = (
        neuron_deck("analog_neuron_test.spice", biases, solver, conditions)
        .append(sources, "stimulus")
        .append(analysis(stimulus, solver), "analysis")
    )
    at_rest = not stimulus.reset_until
    return whole_job(label, deck, conditions, (I_MEM,), I_MEM, at_rest, t_stop=stimulus.duration)


def replay_model(
    parameters: NeuronParameters, stimulus: Stimulus, decisions: np.ndarray
) -> SpikeTable:
    """The model's run with the decisions (LSB, shape (spikes,)) given instead of taken."""
    return _Taught(parameters, decisions).run(stimulus).spikes


class _Taught(LearningNeuron):
    def __init__(self, parameters: NeuronParameters, decisions: np.ndarray):
        super().__init__(parameters)
        self._decisions = iter(decisions)

    def decide(self, i_mem, weight):
        return next(self._decisions)


def _sources(stimulus: Stimulus, weights: np.ndarray, supply: float) -> str:
    rise, fall = stimulus.spike_times, stimulus.fall_times
    pulses = np.ravel(np.column_stack([rise, fall]))
    positive, on = weights >= 0, np.ones(len(weights), dtype=int)
    levels: dict[str, tuple[int, Any, Any]] = {
        "pulse_exc": (0, pulses, _alternate(positive)),
        "pulse_inh": (0, pulses, _alternate(~positive)),
        "pulse_b": (1, pulses, 1 - _alternate(on)),
        "extra": (0, pulses, _alternate(on) * stimulus.extra_synapse),
        "extra_b": (1, pulses, 1 - _alternate(on) * stimulus.extra_synapse),
        "reset": (1, [stimulus.reset_until], [0]) if stimulus.reset_until else (0, [], []),
    }
    applied = fall[:-1] + CODE_DELAY
    sign = (weights < 0).astype(int)
    magnitude = np.abs(weights) - sign
    levels["sign"] = (sign[0], applied, sign[1:])
    levels["sign_b"] = (1 - sign[0], applied, 1 - sign[1:])
    for bit in range(5):
        values = magnitude >> bit & 1
        levels[f"m{bit}"] = (values[0], applied, values[1:])
    return "\n".join(_source(node, *course, supply) for node, course in levels.items())


def _alternate(on: np.ndarray) -> np.ndarray:
    """The level after each edge: on after the rising one, 0 after the falling one."""
    return np.ravel(np.column_stack([on, np.zeros(len(on), dtype=int)])).astype(int)


def _source(node: str, start: int, times: np.ndarray, levels: np.ndarray, supply: float) -> str:
    """A piecewise-linear source from `start` through the level after each time (its middle)."""
    corners, level = [f"0 {start * supply:.12g}"], start
    for time, new in zip(times, levels, strict=True):
        if new != level:
            corners.append(f"{time - EDGE / 2:.12g} {level * supply:.12g}")
            corners.append(f"{time + EDGE / 2:.12g} {new * supply:.12g}")
            level = new
    return f"v{node} {node} 0 pwl(" + "\n+ ".join(corners) + ")"
