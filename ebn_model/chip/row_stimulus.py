"""Stimulus of a row in a run of the chip's network, for its circuit or model."""

import numpy as np

from ebn_model.chip.mapping import input_gain
from ebn_model.chip.network import ChipNetwork
from ebn_model.event_bus import delivered
from ebn_model.row import RowStimulus

INPUT_SPACING = 1e-3
"""Distance of the points of a row's input current, s; the input is smooth over 30 ms."""


def row_stimulus(
    network: ChipNetwork,
    command: np.ndarray,
    spike_times: np.ndarray,
    spike_neurons: np.ndarray,
    row: int,
    forced: bool = True,
) -> RowStimulus:
    """The row of one neuron in a run of the network that began with its state.

    Args:
        network: before the run.
        command: of the run, shape (steps + 1, Nx).
        spike_times: s, ascending, shape (spikes,). spike_neurons: who fired, same shape.
        row: number of the neuron.
        forced: whether the neuron is made to spike when it did in the run, or spikes by itself.

    Raises:
        InputError: spikes that can't be.
    """
    p = network.parameters
    duration = (len(command) - 1) * p.dt
    rises = delivered(spike_times, spike_neurons, p.slot, p.pulse_width)
    synapses = np.delete(np.arange(p.neurons), row)
    arrived = np.isin(spike_neurons, synapses) & (rises < duration)
    times, current = row_input(network, command, row)
    return RowStimulus(
        rise_times=rises[arrived],
        pre=spike_neurons[arrived],
        synapses=synapses,
        start_codes=network.state.weights[row, synapses].astype(int),
        pulse_width=p.pulse_width,
        slot=p.slot,
        duration=duration,
        input_times=times,
        input_current=current,
        forced_spikes=spike_times[spike_neurons == row] if forced else None,
        sub_lsbs=p.sub_lsbs,
        start_fractions=network.state.fraction[row, synapses].astype(int),
    )


def row_input(network: ChipNetwork, command: np.ndarray, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of the input current that a command is to a row: s, and A on top of its own i_in."""
    p = network.parameters
    current = input_gain(p) * (command @ (network.decoder * network.input_gain)[:, row])
    times = np.arange(len(command)) * p.dt
    points = np.append(np.arange(0, times[-1], INPUT_SPACING), times[-1])
    return points, np.interp(points, times, current)
