"""The event bus (AER) that carries the neurons' spikes to the synapses, one at a time.

Each spike takes a slot. In it the rows have the weight of its synapse on their weight bus, so that
their decision circuits settle; at its end the pulse begins. With t the spike's time,

    p = max(t, p_before, fall_own) + slot

p_before is the beginning of the pulse that the bus sent before, fall_own the end of the same
line's last pulse. A spike that comes while the one before of the same line still waits is lost:
there is one request latch per neuron.
"""

import numpy as np

from ebn_model.errors import InputError

GAP = 0.2
"""Share of a slot that passes before the weight is on the bus: lines change over without
meeting."""


def pulse_rise(time: float, sent: float, waits: bool, ends: float, slot: float) -> float:
    """Beginning of the pulse of a spike, s, by the rule above; NaN where the spike is lost.

    The compiled loop of networks calls this function, too.

    Args:
        time: of the spike, s.
        sent: beginning of the pulse that the bus sent before, s.
        waits: true where the spike before of the same line still waits.
        ends: end of the same line's last pulse, s.
        slot: s.
    """
    return np.nan if waits else max(time, sent, ends) + slot


class EventBus:
    """The bus of a run, spike by spike.

    slot, pulse_width: s.
    """

    def __init__(self, slot: float, pulse_width: float):
        """Begin with a bus that is free.

        Raises:
            InputError: slot or pulse_width isn't positive.
        """
        for name, value in (("slot", slot), ("pulse_width", pulse_width)):
            if not (np.isfinite(value) and value > 0):
                raise InputError(f"{name} = {value} s must be positive")
        self._slot, self._pulse_width = slot, pulse_width
        self._sent = -np.inf
        self._rises: dict[int, float] = {}

    def request(self, time: float, line: int) -> float:
        """Beginning of the pulse of a spike at `time` in s, s; NaN where the spike is lost.

        Requests must come in the order of their times.
        """
        own = self._rises.get(line, -np.inf)
        rise = pulse_rise(time, self._sent, own > time, own + self._pulse_width, self._slot)
        if np.isfinite(rise):
            self._sent = self._rises[line] = rise
        return rise


def delivered(
    spike_times: np.ndarray, spike_neurons: np.ndarray, slot: float, pulse_width: float
) -> np.ndarray:
    """Beginning of each spike's pulse, s, NaN where it is lost; shape (spikes,).

    Args:
        spike_times: s, shape (spikes,), ascending; equal times go in the order given.
        spike_neurons: who fired, same shape.
        slot: what a spike takes on the bus, s.
        pulse_width: of each pulse, s.

    Raises:
        InputError: shapes that disagree, times that descend or aren't finite, slot or pulse_width
            not positive.
    """
    times, neurons = np.asarray(spike_times, dtype=float), np.asarray(spike_neurons)
    if times.ndim != 1 or times.shape != neurons.shape:
        raise InputError(
            f"spike_times and spike_neurons have the shapes {times.shape} and {neurons.shape}, "
            "not (spikes,)"
        )
    if not np.isfinite(times).all():
        raise InputError("spike_times must be finite")
    if (np.diff(times) < 0).any():
        raise InputError("spike_times must ascend")
    bus = EventBus(slot, pulse_width)
    pairs = zip(times.tolist(), neurons.tolist(), strict=True)
    return np.array([bus.request(time, neuron) for time, neuron in pairs])
