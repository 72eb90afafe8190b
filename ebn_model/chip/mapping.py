"""From volts and weights of the paper's network to currents and LSB of the chip, and back."""

from functools import lru_cache

import numpy as np

from ebn_model.chip.parameters import ChipParameters
from ebn_model.learning_neuron import (
    LearningNeuron,
    integrator_slope,
    output_current,
    state_of,
)
from ebn_model.parameters import NeuronParameters
from ebn_model.stimulus import Stimulus

_SMALL = 1e-3
"""Relative change for a derivative."""
_KICK_AT, _KICK_LENGTH = 1e-3, 12e-3


def input_gain(parameters: ChipParameters) -> float:
    """Input current in A that moves the membrane at I_rest as one volt per second does the paper's.

    alpha over d(dI_mem/dt)/d(I_in), of the membrane's law at I_mem = I_rest and I_in = i_in.
    """
    return parameters.alpha / membrane_gain(parameters.neuron, parameters.i_rest)


def membrane_gain(neuron: NeuronParameters, i_mem: float) -> float:
    """d(dI_mem/dt)/d(I_in) in 1/s, at I_mem in A and the constant input."""
    membrane, i_in = neuron.membrane, neuron.i_in
    state = state_of(i_mem, membrane)
    inputs = i_in * np.array([1 - _SMALL, 1 + _SMALL])
    slopes = integrator_slope(
        np.log(state),
        inputs,
        membrane.tau,
        membrane.i_tau,
        membrane.i_spec_pair,
        membrane.slope_change,
    )
    states = state * np.array([1 - _SMALL, 1 + _SMALL])
    per_log = np.diff(output_current(states, membrane))[0] / np.diff(np.log(states))[0]
    return float(np.diff(slopes)[0] / np.diff(inputs)[0] * per_log)


def kick(parameters: ChipParameters) -> float:
    """Greatest change of I_mem from rest by one pulse of weight 1, A."""
    return kick_of(parameters.neuron, parameters.pulse_width, 1)


@lru_cache(maxsize=2048)
def kick_of(neuron: NeuronParameters, pulse_width: float, code: int) -> float:
    """Greatest change of a neuron's I_mem from rest by one pulse, A; below 0 for inhibition.

    pulse_width: s. code: weight of the pulse, LSB.
    """
    end = _KICK_LENGTH + pulse_width
    pulse = Stimulus(np.array([_KICK_AT]), pulse_width, end, start_weight=code)
    i_mem = LearningNeuron(neuron.model_copy(update={"spike": None})).run(pulse).i_mem
    changes = i_mem - i_mem[0]
    return float(changes[np.abs(changes).argmax()])


def weights_of_codes(codes: np.ndarray, parameters: ChipParameters) -> np.ndarray:
    """Weights of the paper's network whose spikes move the membrane as much; shape of `codes`.

    A spike of weight W moves the paper's membrane by W*tau_fast/tau_mem in V, a pulse of one LSB
    the chip's by kick/alpha.
    """
    volts = codes * kick(parameters) / parameters.alpha
    return volts * parameters.tau_mem / parameters.tau_fast
