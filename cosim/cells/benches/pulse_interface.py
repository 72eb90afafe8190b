"""Bench pulse_interface: thresholds, delays, and the way of the pulse by the weight's sign."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import clock_gap
from cosim.cells.waveforms import logic_edges, pulses
from cosim.engine.job import Vectors


def measure(vectors: Vectors) -> dict[str, float]:
    """Schmitt trigger on slow edges, delays on fast ones, gap between phases, steering."""
    time, volts = vectors["time"], vectors["in"]
    phase = logic_edges(vectors, "xp.pulse")
    thresholds = np.interp(phase, time, volts)
    fast_rise, fast_fall = logic_edges(vectors, "in")[2:]
    steered = [np.minimum(vectors[f"{name}_exc"], vectors[f"{name}_inh"]) for name in "pn"]
    return {
        "schmitt_rise": float(thresholds[0]),
        "schmitt_fall": float(thresholds[1]),
        "delay_rise": float(phase[2] - fast_rise),
        "delay_fall": float(phase[3] - fast_fall),
        "clock_gap": clock_gap(vectors, ("xp.pulse", "p_pulse_b"), ("xp.low", "xp.low_b")),
        "pulses": sum(len(pulses(vectors, name)[0]) for name in ("p_exc", "n_inh")),
        "both_steered": float(np.max(steered)),
        "wrong_way": float(max(vectors["p_inh"].max(), vectors["n_exc"].max())),
    }


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """The slow pulse and what the Schmitt trigger makes of it."""
    slow = vectors["time"] < 240e-6
    time = vectors["time"][slow] * 1e6
    axes.plot(time, vectors["in"][slow], label="input")
    axes.plot(time, vectors["p_exc"][slow], label="pulse_exc")
    axes.set(xlabel="time (µs)", ylabel="V")
    axes.legend(frameon=False)
