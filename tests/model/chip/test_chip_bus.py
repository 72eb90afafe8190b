"""The network's own bus against the event bus that rows have."""

import numpy as np
import pytest

from ebn_model.chip.kernel import RISES
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.parameters import ChipParameters
from ebn_model.event_bus import delivered

SLOT = 2.0**-13
"""Of the bus in s; all times below are multiples of it, so that they meet exactly."""


def random_spikes(seed):
    """80 spikes of three neurons, so dense that many wait, meet edges of pulses and are lost."""
    generator = np.random.default_rng(seed)
    drawn = {(int(step), int(n)) for step, n in generator.integers((8, 0), (200, 3), (80, 2))}
    return sorted(drawn)


@pytest.mark.filterwarnings("ignore::ebn_model.chip.network.BusOverloadWarning")
@pytest.mark.parametrize(
    "spikes",
    [
        [(8, 0), (9, 0), (19, 0)],  # when its pulse begins
        [(8, 0), (17, 0), (18, 0)],  # when its pulse ends, and when the next begins
        [(8, 1), (8, 0), (9, 0), (9, 1), (10, 1)],
        [(8, 0), (8, 1), (8, 2), (9, 2), (10, 2), (11, 2)],
        random_spikes(1),
        random_spikes(2),
    ],
    ids=["one line", "its end", "two at once", "three at once", "random", "others"],
)
def test_spikes_at_the_buss_own_edges_are_sent_as_by_the_event_bus(spikes):
    """A neuron that is made to spike just when its line is free again, or not yet."""
    parameters = ChipParameters(neurons=3, slot=SLOT, pulse_width=8 * SLOT, dt=SLOT)
    chip = ChipNetwork.build(parameters, 1)
    waiting, found = [*spikes], []

    def force(record, activity):
        found.extend(record.rise_times[: record.count[RISES]].tolist())
        step = round(activity.time[0] / SLOT)
        while waiting and waiting[0][0] == step + 1:
            spike, neuron = waiting.pop(0)
            activity.forced[neuron] = spike * SLOT

    steps = 20 + max(step for step, _ in spikes)
    result = chip.run(np.zeros((max(60, steps), 2)), on_block=force, block=1)
    sent = delivered(result.spike_times, result.spike_neurons, SLOT, 8 * SLOT)
    fired = zip(result.spike_times / SLOT, result.spike_neurons, strict=True)
    assert sorted(fired) == sorted(spikes)
    assert found == np.sort(sent[np.isfinite(sent)]).tolist()
