"""Bench weight_gain: what one pulse does to the resting I_mem, for all 64 weights."""

import numpy as np
from matplotlib.axes import Axes

from cosim.datasheet.waveforms import Vectors, charge, current, pulses, weights

SMALL, LARGE = 4, 16
"""Weights at which excitation is compared with inhibition."""
SATURATED = 0.9
"""Share of the charge per LSB of weight -1 below which inhibition counts as saturated."""
MARGIN = 1e-6
"""Time in s before an edge at which a settled value is read."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Charge and change of I_mem per LSB, their linearity and symmetry, and the smallest step.

    A pulse changes I_mem by what is left of it when I_mem is put back to rest, 8 ms after its
    start and 7 ms after its end, when the synapses' currents are gone. What a pulse at weight 0
    leaves is subtracted.
    """
    codes, changes, charges = response(vectors)
    change, amount = (dict(zip(codes, data, strict=True)) for data in (changes, charges))
    gain = {weight: change[weight] / weight for weight in codes if weight}
    per_lsb = {weight: amount[weight] / weight for weight in codes if weight}
    values = {"smallest_step": float(np.diff(changes).min())}
    for sign, name in ((1, "exc"), (-1, "inh")):
        values[f"gain_{name}"] = gain[sign * LARGE]
        values[f"charge_{name}"] = per_lsb[sign * LARGE]
        values[f"gain_linearity_{name}"] = 100 * gain[sign] / gain[sign * LARGE]
        values[f"charge_linearity_{name}"] = 100 * per_lsb[sign] / per_lsb[sign * LARGE]
    for weight in (SMALL, LARGE):
        values[f"gain_symmetry_{weight}"] = 100 * gain[-weight] / gain[weight]
        values[f"charge_symmetry_{weight}"] = 100 * per_lsb[-weight] / per_lsb[weight]
    weak = [weight for weight in range(-1, -33, -1) if per_lsb[weight] < SATURATED * per_lsb[-1]]
    values["saturation"] = float(weak[0] if weak else -33)
    return {name: float(value) for name, value in values.items()}


def response(vectors: Vectors) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Ascending weights, change of I_mem in A and charge in C at each, shapes (64,)."""
    time, i_mem = vectors["time"], current(vectors, "xread")
    starts, ends = pulses(time, vectors["pulse"])
    restored = pulses(time, vectors["restore"])[0]
    codes = weights(vectors, (starts + ends) / 2)
    after, before = (np.interp(t - MARGIN, time, i_mem) for t in (restored, starts))
    output = current(vectors, "xplastic.xexc.xout") - current(vectors, "xplastic.xmirror_out")
    moved = [charge(time, output, *span) for span in zip(starts, restored, strict=True)]
    order = np.argsort(codes)
    zero = int(np.flatnonzero(codes == 0)[0])
    changes, charges = after - before, np.array(moved)
    changes, charges = changes - changes[zero], charges - charges[zero]
    return codes[order].tolist(), changes[order], charges[order]


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Change of I_mem over the weight, with the line through its gain at weight 16."""
    codes, changes, _ = response(vectors)
    weight = np.array(codes)
    axes.plot(weight, changes * 1e9, ".", markersize=3, label="circuit")
    axes.plot(weight, values["gain_exc"] * weight * 1e9, "--", linewidth=0.7, label="gain at 16")
    axes.set(xlabel="weight (LSB)", ylabel="change of $I_{mem}$ by a pulse (nA)")
    axes.legend(frameon=False)
