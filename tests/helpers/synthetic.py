"""Small results and parameters for tests that need no simulation."""

import numpy as np

from ebn_model.parameters import (
    DecisionParameters,
    IntegratorParameters,
    NeuronParameters,
    SynapseParameters,
)
from ebn_model.results import LearningResult, SpikeTable, weight_steps
from ebn_model.stimulus import Stimulus

WIDTH = 1.01e-3
SPIKES = (4.005e-3, 9.005e-3)
DURATION = 12e-3
BITS = [f"v(q{bit})" for bit in range(6)]

MEMBRANE = {
    "tau": 29.6e-3,
    "i_tau": 10.8e-12,
    "i_th": 100e-12,
    "exponent": 0.913,
    "i_spec_pair": 0.11e-6,
    "i_spec_readout": 0.76e-6,
    "i_floor": 4.5e-12,
}
"""Constants of a membrane like the circuit's, in SI units."""


def spike_table(i_mem_rise, decision, start_weight=8, period=5e-3):
    """Spikes every `period` s with the given I_mem (A) and decisions (LSB)."""
    decision = np.asarray(decision)
    weights = start_weight + np.concatenate([[0], np.cumsum(decision)])
    t_rise = period * (1 + np.arange(len(decision)))
    return SpikeTable(
        t_rise=t_rise,
        t_fall=t_rise + 1e-3,
        i_mem_rise=np.asarray(i_mem_rise, dtype=float),
        i_mem_fall=np.asarray(i_mem_rise, dtype=float),
        decision=decision,
        weight_before=weights[:-1],
        weight_after=weights[1:],
    )


def result(i_mem_rise, decision, start_weight=8):
    """A run whose waveform goes straight from spike to spike, from 0 A at 0 s."""
    spikes = spike_table(i_mem_rise, decision, start_weight)
    time = np.sort(np.concatenate([[0.0], spikes.t_rise, spikes.t_fall]))
    i_mem = np.interp(time, np.append(0, spikes.t_rise), np.append(0, spikes.i_mem_rise))
    return LearningResult(time, i_mem, weight_steps(time, spikes, start_weight), spikes)


def neuron_parameters(i_omega=0.0):
    """A neuron with a window of 8.6 to 9.4 nA at weight 0."""

    def dpi(kind, tau, i_tau, i_th, **synapse):
        shape = {"exponent": 1.0, "i_spec_pair": 1e-3, "i_spec_readout": 1e-3, "i_floor": 1e-13}
        return kind(tau=tau, i_tau=i_tau, i_th=i_th, **shape, **synapse)

    return NeuronParameters(
        i_in=1e-9,
        membrane=dpi(IntegratorParameters, 26e-3, 10e-12, 92e-12),
        excitatory=dpi(SynapseParameters, 0.5e-3, 48e-12, 14e-12, i_w=1e-9),
        inhibitory=dpi(SynapseParameters, 1e-3, 32e-12, 11e-12, i_w=1e-9),
        extra=dpi(SynapseParameters, 0.3e-3, 70e-12, 12e-12, i_w=30e-9),
        decision=DecisionParameters(i_lower=8.6e-9, i_upper=9.4e-9, i_omega=i_omega),
    )


def stimulus(spikes=SPIKES, **changes):
    """Two spikes as in the published simulations, unless changed."""
    values = {
        "pulse_width": WIDTH,
        "duration": DURATION,
        "start_weight": 30,
        "reset_until": 2.55e-3,
    }
    return Stimulus(spikes, **(values | changes))


def readout_correction(current, i_spec):
    """The EKV model's correction, as the law states it."""
    s = np.sqrt(current / i_spec)
    return ((np.exp(s) - 1) / s) ** 2
