"""Bench weight_gain: what one pulse does to the resting I_mem, for all 64 weights.

The window of the learning rule that goes with each weight is seen beside it, since the rule asks
for a certain ratio of the two.
"""

from dataclasses import dataclass

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import charge, current, pulses, weights
from cosim.engine.job import Vectors

COMPARED = (1, 4, 16)
"""Weights at which excitation is compared with inhibition."""
KICK, LARGE = 1, 16
"""Weights at which the kick, and at which the gain is stated."""
SATURATED = 0.9
"""Share of the charge per LSB of weight -1 below which inhibition counts as saturated."""
MARGIN = 1e-6
"""Time in s before an edge at which a settled value is read."""
SIGNS = {"exc": 1, "inh": -1}


@dataclass(frozen=True)
class Response:
    """Effects of a pulse, by ascending weight; all shapes (64,).

    weight: LSB. change: of I_mem at the end, A. charge: that the synapse gives, C; both less
    what weight 0 leaves. peak: greatest change of I_mem in the weight's direction, A.
    i_eq: centre of the learning rule's window, A.
    """

    weight: np.ndarray
    change: np.ndarray
    charge: np.ndarray
    peak: np.ndarray
    i_eq: np.ndarray

    def per_lsb(self, amounts: np.ndarray) -> dict[int, float]:
        """Amounts, of shape (64,), per LSB, by the weights other than 0."""
        both = zip(self.weight.tolist(), amounts.tolist(), strict=True)
        return {weight: amount / weight for weight, amount in both if weight}


def measure(vectors: Vectors) -> dict[str, float]:
    """Charge and change of I_mem per LSB, their linearity and symmetry, kick, and threshold.

    A pulse changes I_mem by what is left of it when I_mem is put back to rest, 8 ms after its
    start and 7 ms after its end, when the synapses' currents are gone. The kick is the greatest
    change, as in cosim.experiments.calibration.behaviour.
    """
    found = response(vectors)
    gain, per_lsb = found.per_lsb(found.change), found.per_lsb(found.charge)
    peak = found.per_lsb(found.peak)
    values = {"smallest_step": float(np.diff(found.change).min())}
    for name, sign in SIGNS.items():
        values[f"kick_{name}"] = peak[sign * KICK]
        values[f"gain_{name}"] = gain[sign * LARGE]
        values[f"charge_{name}"] = per_lsb[sign * LARGE]
        values[f"gain_linearity_{name}"] = 100 * gain[sign] / gain[sign * LARGE]
        values[f"charge_linearity_{name}"] = 100 * per_lsb[sign] / per_lsb[sign * LARGE]
    for weight in COMPARED:
        values[f"gain_symmetry_{weight}"] = 100 * gain[-weight] / gain[weight]
        values[f"charge_symmetry_{weight}"] = 100 * per_lsb[-weight] / per_lsb[weight]
    weak = [weight for weight in range(-1, -33, -1) if per_lsb[weight] < SATURATED * per_lsb[-1]]
    values["saturation"] = float(weak[0] if weak else -33)
    return values | _threshold(found, (values["kick_exc"] + values["kick_inh"]) / 2)


def _threshold(found: Response, kick: float) -> dict[str, float]:
    """Slope of the window over the weight, and how far it is from a straight line, in LSB."""
    fall, i_zero = np.polyfit(found.weight, found.i_eq, 1)
    # In LSB of the slope as it is; without a slope a weight has no threshold of its own.
    deviation = (found.i_eq - i_zero) / -fall + found.weight
    at_zero = int(np.flatnonzero(found.weight == 0)[0])
    return {
        "slope": float(-fall),
        "slope_over_kick": float(-100 * fall / kick),
        "threshold_error": float(np.abs(deviation).max()),
        "sign_step": float((found.i_eq[at_zero - 1] - found.i_eq[at_zero]) / -fall),
    }


def response(vectors: Vectors) -> Response:
    """Effects of each weight's pulse."""
    time, i_mem = vectors["time"], current(vectors, "xdecision.xmem")
    starts, ends = pulses(vectors, "pulse")
    restored = pulses(vectors, "restore")[0]
    codes = weights(vectors, (starts + ends) / 2)
    after, before = (np.interp(t - MARGIN, time, i_mem) for t in (restored, starts))
    output = current(vectors, "xplastic.xpair.xexc.xout") - current(
        vectors, "xplastic.xpair.xmirror_out"
    )
    spans = list(zip(starts, restored, strict=True))
    moved = np.array([charge(time, output, *span) for span in spans])
    peak = [
        np.max(np.sign(code) * (i_mem[(time > start) & (time < stop)] - rest))
        for code, rest, (start, stop) in zip(codes, before, spans, strict=True)
    ]
    i_eq = np.interp(starts - MARGIN, time, current(vectors, "xdecision.xp_eq"))
    order, zero = np.argsort(codes), codes == 0
    change = after - before
    return Response(
        codes[order],
        (change - change[zero])[order],
        (moved - moved[zero])[order],
        (np.sign(codes) * peak)[order],
        i_eq[order],
    )


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Change of I_mem over the weight, with the line through its gain at weight 16."""
    found = response(vectors)
    axes.plot(found.weight, found.change * 1e9, ".", markersize=3, label="circuit")
    line = values["gain_exc"] * found.weight
    axes.plot(found.weight, line * 1e9, "--", linewidth=0.7, label="gain at 16")
    axes.set(xlabel="weight (LSB)", ylabel="change of $I_{mem}$ by a pulse (nA)")
    axes.legend(frameon=False)
