"""Parts that measurements share: currents, crossings, slopes."""

import numpy as np

from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError


def current(vectors: Vectors, device: str) -> np.ndarray:
    """Drain current of a device in A, shape (points,); pFETs count as positive too."""
    return np.abs(vectors[f"@m.{device}.m1[id]"])


def is_read(vectors: Vectors, *devices: str) -> bool:
    """True if the drain currents of devices are there; in cells of one's own they may not be."""
    return all(f"@m.{device}.m1[id]" in vectors for device in devices)


def supply(vectors: Vectors) -> float:
    """The supply of a bench, V; it saves the voltage of `vdda` or `vdd`.

    Raises:
        SimulationError: it saves neither.
    """
    for node in ("vdda", "vdd"):
        if node in vectors:
            return float(vectors[node][0])
    raise SimulationError("the bench saves neither v(vdda) nor v(vdd), its supply")


def edges(time: np.ndarray, signal: np.ndarray, level: float) -> np.ndarray:
    """Crossings of a level by a signal, shape (crossings,), interpolated, either direction."""
    above = signal > level
    before = np.flatnonzero(above[1:] != above[:-1])
    share = (level - signal[before]) / (signal[before + 1] - signal[before])
    return time[before] + share * (time[before + 1] - time[before])


def logic_edges(vectors: Vectors, node: str) -> np.ndarray:
    """Times at which a node crosses half the supply, s, shape (crossings,), either direction."""
    return edges(vectors["time"], vectors[node], supply(vectors) / 2)


def pulses(vectors: Vectors, node: str, high: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends in s of the pulses of a logic node, each of shape (pulses,).

    high: its voltage during a pulse, V; by default the supply.

    Raises:
        SimulationError: a pulse has no start or no end, or there is none.
    """
    level = (supply(vectors) if high is None else high) / 2
    found = edges(vectors["time"], vectors[node], level)
    if vectors[node][0] > level or len(found) % 2 or not len(found):
        raise SimulationError(f"{len(found)} edges of pulses, expected two each, low first")
    return found[::2], found[1::2]


def decay_time(time: np.ndarray, values: np.ndarray, high: float, low: float) -> float:
    """Time constant in s of a falling exponential, fitted between two shares of its maximum.

    Args:
        time: s, shape (points,).
        values: above their final value, shape (points,).
        high: share of the maximum from which on the logarithm is fitted.
        low: share of the maximum down to which it is fitted.

    Raises:
        SimulationError: the values don't fall through both.
    """
    peak = int(values.argmax())
    time, share = time[peak:], values[peak:] / values[peak]
    if share.min() >= low:
        raise SimulationError(f"falls to {share.min():.3g} of its maximum only, not to {low:g}")
    inside = slice(int((share < high).argmax()), int((share < low).argmax()))
    even = np.linspace(time[inside][0], time[inside][-1], 200)
    return -1 / np.polyfit(even, np.log(np.interp(even, time[inside], share[inside])), 1)[0]


def linear_span(x: np.ndarray, ratio: np.ndarray, at: float, tolerance: float) -> tuple:
    """The range of x around `at` in which a ratio stays within a relative tolerance.

    Returns:
        Lowest and highest x of that range; x ascends, shape (points,).
    """
    centre = int(np.abs(x - at).argmin())
    outside = np.abs(ratio / ratio[centre] - 1) > tolerance
    below = np.flatnonzero(outside[:centre])
    above = np.flatnonzero(outside[centre:])
    low = below[-1] + 1 if len(below) else 0
    high = centre + above[0] - 1 if len(above) else len(x) - 1
    return float(x[low]), float(x[high])


def weights(vectors: Vectors, times: np.ndarray) -> np.ndarray:
    """Weights in LSB at times in s, shape (times,), from magnitude bits m0 .. m4 and sign."""

    half = supply(vectors) / 2

    def level(node: str) -> np.ndarray:
        return (np.interp(times, vectors["time"], vectors[node]) > half).astype(int)

    magnitude = sum(level(f"m{bit}") << bit for bit in range(5))
    return np.where(level("sign"), -magnitude - 1, magnitude)


def charge(time: np.ndarray, amperes: np.ndarray, start: float, stop: float) -> float:
    """Integral in C of a current from start to stop in s."""
    inside = (time > start) & (time < stop)
    t = np.concatenate([[start], time[inside], [stop]])
    return float(np.trapezoid(np.interp(t, time, amperes), t))
