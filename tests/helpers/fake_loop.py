"""A stand-in for a closed loop: the network runs by itself, its rows by the model."""

import numpy as np

from cosim.replay import loops
from cosim.replay.closed_loop import ClosedLoopResult
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.parameters import ChipParameters
from ebn_model.chip.row import ChipRow
from ebn_model.chip.row_stimulus import row_stimulus
from ebn_model.measured import measured_parameters
from ebn_model.network.inputs import sine_command


class FakeLoop:
    """Takes the place of `teach`, and counts its runs.

    Its rows are the model's under another bias table, so that circuit and model differ.
    """

    def __init__(self):
        self.runs = 0

    def __call__(self, network, command, circuits, on_progress=None, workers=None):
        self.runs += 1
        result = network.run(command, learn=True)
        spikes = result.spike_times, result.spike_neurons
        neurons = range(network.parameters.neurons)
        stimuli = {row: row_stimulus(network, command, *spikes, row, True) for row in neurons}
        model = ChipRow(measured_parameters("rule_row"))
        rows = {row: model.run(stimulus) for row, stimulus in stimuli.items()}
        return ClosedLoopResult(result, rows, stimuli, 1e-3)

    def ran(self):
        """How often it ran since the last call."""
        runs, self.runs = self.runs, 0
        return runs


def install(monkeypatch):
    """Let closed loops use the stand-in; returns it."""
    loop = FakeLoop()
    monkeypatch.setitem(loops.LOOPS, "teach", loop)
    monkeypatch.setitem(loops.LOOPS, "live", loop)
    return loop


def small_network(seed=1):
    """Three neurons, whose weights are random."""
    return ChipNetwork.build(ChipParameters(neurons=3, initial="random"), seed)


def short_command(amplitude=1000.0):
    """60 ms of two sines."""
    return sine_command(np.full(2, amplitude), np.array([12.0, 17.0]), np.zeros(2), 60e-3, 1e-4)
