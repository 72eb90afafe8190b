"""Bench spike_generator: the neuron spikes under a constant input current."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current, logic_edges, supply
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

BEFORE = 1e-6
"""Threshold is I_mem this long before the output rises, s: firing itself moves it."""
RELEASED = 5e-6
"""Reset level is I_mem this long after the release, s: the switch has to open."""
MARGIN = 0.2e-3
"""A spike's energy is counted from this time before the hold until this time after it, s."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Means over the spikes: levels of I_mem, lengths, and energy of the generator's supply.

    Raises:
        SimulationError: no complete spike, or not one refractory period for each.
    """
    time, i_mem = vectors["time"], current(vectors, "xread")
    rise, fall, hold, release = _spikes(vectors)
    spent = [_energy(vectors, *ends) for ends in zip(hold, release, strict=True)]
    return {
        "threshold": float(np.interp(rise - BEFORE, time, i_mem).mean()),
        "held": float(np.interp((hold + release) / 2, time, i_mem).mean()),
        "reset": float(np.interp(release + RELEASED, time, i_mem).mean()),
        "refractory": float((release - hold).mean()),
        "pulse_width": float((fall - rise).mean()),
        "energy": float(np.mean(spent)),
    }


def _spikes(vectors: Vectors) -> np.ndarray:
    """Starts and ends of output pulse and refractory period in s, shape (4, spikes).

    A spike that the end of the run cuts does not count.
    """
    pulse, hold = (logic_edges(vectors, node) for node in ("spike", "xgenerator.hold"))
    begun = len(pulse[::2]), len(hold[::2])
    complete = min(len(pulse), len(hold)) // 2
    if begun[0] != begun[1] or not complete:
        raise SimulationError(
            f"{begun[0]} output pulses and {begun[1]} refractory periods; {complete} are complete"
        )
    ends = slice(2 * complete)
    return np.array([pulse[ends][::2], pulse[ends][1::2], hold[ends][::2], hold[ends][1::2]])


def _energy(vectors: Vectors, hold: float, release: float) -> float:
    """Energy of one spike in J; the comparator's copy of I_mem flows without spikes too."""
    around = (vectors["time"] > hold - MARGIN) & (vectors["time"] < release + MARGIN)
    extra = -vectors["vspiking#branch"] - current(vectors, "xgenerator.xcopy")
    return float(supply(vectors) * np.trapezoid(extra[around], vectors["time"][around]))


def intervals(vectors: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """Bench spike_rate: each input current in A and the interval between its last spikes in s.

    The interval is infinite where fewer than two spikes came. Both shapes are (currents,).
    """
    time, i_in = vectors["time"], vectors["@iin[current]"]
    spikes = logic_edges(vectors, "spike")[::2]
    currents, found = [], []
    for level in np.unique(i_in):
        held = time[i_in == level]
        # The points of the steps between are levels, too.
        if held[-1] - held[0] > MARGIN:
            inside = spikes[(spikes > held[0]) & (spikes < held[-1])]
            currents.append(level)
            found.append(np.diff(inside)[-1] if len(inside) > 1 else np.inf)
    return np.array(currents), np.array(found)


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """I_mem over time with its two levels, and the output pulses below."""
    time = vectors["time"] * 1e3
    axes.plot(time, current(vectors, "xread") * 1e9, label="$I_{mem}$")
    axes.fill_between(time, vectors["spike"] / supply(vectors), color="0.3", label="spike")
    for name in ("threshold", "reset"):
        axes.axhline(values[name] * 1e9, color="0.5", linewidth=0.6, linestyle="--")
    axes.set(xlabel="time (ms)", ylabel="$I_{mem}$ (nA)", xlim=(0, time[-1]))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
