"""Bench inhibition: pulses that draw from the membrane's input, or from its capacitor."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import charge, current, edges, pulses, weights
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError
from cosim.workbench.style import BLUE, VERMILION

VARIANTS = {"input": "xsynapse.xpair.xmirror_out", "capacitor": "xdivider.xout1"}
"""Instances of the membrane, with the device that carries the inhibitory current of each."""
MARGIN = 1e-6
"""Time in s before a pulse at which a settled value is read."""
LASTING = 40e-3
"""Time in s after a pulse's start within which its effects are looked for."""
PINNED = 0.1
"""Voltage of the membrane's input below which it counts as pinned at vss."""
RECOVERED = 0.9
"""Share of its resting voltage at which the membrane's input counts as recovered."""
DRAWN = (-16, -31)
"""Weights whose pulses are drawn."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Of both variants: fall of I_mem per weight, linearity, steepest fall, current to leakage.

    The fall is linear in the weight where I_mem falls by the same factor per LSB. Of the variant
    at the input also: how long the input is pinned, and its recovery, at the largest weight.
    """
    found = pulse_starts(vectors)
    weakest, strongest = max(found), min(found)
    values = {}
    for name in VARIANTS:
        falls = {weight: fall(vectors, name, start) for weight, start in found.items()}
        factors = {weight: np.log(before / low) / weight for weight, (before, low) in falls.items()}
        for weight, (before, low) in falls.items():
            values[f"fall_{name}_{-weight}"] = before - low
        values[f"linearity_{name}"] = 100 * factors[strongest] / factors[weakest]
        values[f"steepest_{name}"] = _steepest(vectors, name, found[strongest])
        values[f"to_leakage_{name}"] = _to_leakage(vectors, name, found[weakest])
    lsb = _charge(vectors, VARIANTS["input"], found[weakest]) / -weakest
    values["pinned"], values["recovery_time"], lost = _recovery(vectors, found[strongest])
    values["recovery_charge"] = 100 * lost / lsb
    return {name: float(value) for name, value in values.items()}


def fall(vectors: Vectors, name: str, start: float) -> tuple[float, float]:
    """I_mem in A of a variant before a pulse that starts at a time in s, and its least after."""
    time, i_mem = vectors["time"], current(vectors, f"x{name}.xread")
    shown = (time > start) & (time < start + LASTING)
    return float(np.interp(start - MARGIN, time, i_mem)), float(i_mem[shown].min())


def pulse_starts(vectors: Vectors) -> dict[int, float]:
    """Start in s of the pulse of each weight."""
    starts, _ = pulses(vectors, "input")
    return dict(zip(weights(vectors, starts).tolist(), starts.tolist(), strict=True))


def _steepest(vectors: Vectors, name: str, start: float) -> float:
    """Largest fall of I_mem within 1 ms, in percent of what it falls from."""
    time, i_mem = vectors["time"], current(vectors, f"x{name}.xread")
    even = start + np.arange(0, LASTING, 0.05e-3)
    before, after = (np.interp(even + delay, time, i_mem) for delay in (0, 1e-3))
    return 100 * float((1 - after / before).max())


def _to_leakage(vectors: Vectors, name: str, start: float) -> float:
    """Peak current at the weakest weight over what flows at its node while it is idle.

    The membrane's off reset device leaks at the capacitor; at the input nothing else does.
    """
    time, drawn = vectors["time"], current(vectors, VARIANTS[name])
    shown = (time > start) & (time < start + LASTING)
    idle = drawn.copy()
    if name == "capacitor":
        idle += current(vectors, f"x{name}.xdpi.xreset")
    leakage = np.interp(start - MARGIN, time, idle)
    return float((drawn[shown].max() - drawn[~shown].min()) / leakage)


def _charge(vectors: Vectors, device: str, start: float) -> float:
    """Charge in C that a pulse draws, beyond what flows while it is idle."""
    time, drawn = vectors["time"], current(vectors, device)
    idle = np.interp(start - MARGIN, time, drawn)
    return charge(time, drawn - idle, start, start + LASTING)


def _recovery(vectors: Vectors, start: float) -> tuple[float, float, float]:
    """Time in s that the input is pinned, time and charge in C that it takes to recover.

    The charge is the part of the constant input current that reaches neither the synapse nor
    the membrane. Raises SimulationError where the input is not pinned at all.
    """
    time, volts = vectors["time"], vectors["in_a"]
    recovered = RECOVERED * float(np.interp(start - MARGIN, time, volts))
    shown = (time > start) & (time < start + LASTING)
    low = edges(time[shown], volts[shown], PINNED)
    high = edges(time[shown], volts[shown], recovered)
    if len(low) != 2 or len(high) != 2:
        raise SimulationError("the membrane's input isn't pinned by the strongest weight")
    used = ("xsynapse.xpair.xmirror_out", "xinput.xdpi.xth", "xinput.xdpi.xin")
    kept = current(vectors, "xinput.xconstant") - sum(current(vectors, one) for one in used)
    lost = charge(time, kept, float(low[1]), float(high[1]))
    return float(low[1] - low[0]), float(high[1] - low[1]), lost


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """I_mem from each strong pulse on, both variants."""
    time, found = vectors["time"], pulse_starts(vectors)
    for weight, style in zip(DRAWN, ("--", "-"), strict=True):
        shown = (time > found[weight] - 1e-3) & (time < found[weight] + LASTING / 2)
        for name, colour in zip(VARIANTS, (VERMILION, BLUE), strict=True):
            i_mem = current(vectors, f"x{name}.xread")[shown]
            after = (time[shown] - found[weight]) * 1e3
            axes.plot(after, i_mem * 1e9, style, color=colour, label=f"{name}, {weight}")
    axes.set(xlabel="time after the pulse's start (ms)", ylabel="$I_{mem}$ (nA)")
    axes.legend(frameon=False)
