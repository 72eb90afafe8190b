"""Bench plastic_synapse: the synapses' currents for single pulses of several weights."""

from dataclasses import dataclass

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.dpi_synapse import NAMES
from cosim.cells.waveforms import charge, current, decay_time, pulses, weights
from cosim.engine.job import Vectors


@dataclass(frozen=True)
class Synapse:
    """A synapse's devices in the bench: its DPI, those of its input and output current."""

    dpi: str
    source: str
    output: str


SYNAPSES = {
    "exc": Synapse("xplastic.xpair.xexc", "xplastic.xdac.xsteer_exc", "xplastic.xpair.xexc.xout"),
    "inh": Synapse("xplastic.xpair.xinh", "xplastic.xdac.xsteer_inh", "xplastic.xpair.xmirror_out"),
    "ext": Synapse("xfixed.xdpi", "xfixed.xsteer", "xfixed.xdpi.xout"),
}
SOURCES = {"plastic": "xplastic.xdac.i_w", "ext": "xfixed.i_w"}
"""Nodes from which the DAC and the extra synapse's unit draw their currents."""
HIGH, LOW = 0.7, 0.05
"""Shares of the peak between which the decay is fitted."""
ONSET = 0.1
"""Share of the peak by which the output's delay is judged."""
LASTING = 10e-3
"""Time in s after a pulse's start until its charge is counted."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Per synapse: time constant, its law, input current per LSB, charge per LSB, delay.

    Besides: of the plastic ones the exponent, the power of the weight with which the charge goes;
    and the duration, which the law of the charge has in place of the pulse's length. The extra
    synapse has one strength only, and the exponent of the inhibitory one, whose pair it has.
    And the lowest voltage, in V, that is left for the sources, in pulses and between.
    """
    exponents = {name: _exponent(vectors, name) for name in ("exc", "inh")}
    values = {f"exponent_{name}": exponent for name, exponent in exponents.items()}
    values |= {f"v_source_{name}": float(vectors[node].min()) for name, node in SOURCES.items()}
    exponents["ext"] = exponents["inh"]
    time = vectors["time"]
    for name, synapse in SYNAPSES.items():
        i_out = current(vectors, synapse.output)
        weight, start, end = pulses_of(vectors, name)[-1]
        after = (time > end) & (time < start + LASTING)
        tau = decay_time(time[after], i_out[after], HIGH, LOW)
        peak = i_out[(time > start) & (time < start + LASTING)].max()
        onset = time[(time > start) & (i_out > ONSET * peak)][0]
        middle = np.interp((start + end) / 2, time, current(vectors, synapse.source))
        values[f"tau_{name}"] = tau
        values[f"tau_law_{name}"] = _law(vectors, synapse, after)
        values[f"i_w_{name}"] = float(middle / abs(weight))
        values[f"charge_{name}"] = charge(time, i_out, start, start + LASTING) / abs(weight)
        values[f"onset_{name}"] = float(onset - start)
        values[f"duration_{name}"] = _duration(end - start, tau, exponents[name])
    return values


def pulses_of(vectors: Vectors, name: str) -> list[tuple[int, float, float]]:
    """Pulses of a synapse: (weight in LSB, start in s, end in s) each; the extra one's is 1."""
    starts, ends = pulses(vectors, "input")
    codes = weights(vectors, (starts + ends) / 2).tolist()
    if name == "ext":
        return [(1, float(starts[0]), float(ends[0]))]
    mine = [code > 0 if name == "exc" else code < 0 for code in codes]
    found = zip(codes, starts.tolist(), ends.tolist(), strict=True)
    return [pulse for pulse, is_mine in zip(found, mine, strict=True) if is_mine]


def _law(vectors: Vectors, synapse: Synapse, after: np.ndarray) -> float:
    """C*U_T/(kappa*I_tau) in s, with kappa/U_T as the readout shows it during the decay."""
    i_out = current(vectors, synapse.output)[after]
    decaying = (i_out < HIGH * i_out.max()) & (i_out > LOW * i_out.max())
    volts = vectors[f"{synapse.dpi}.v_syn"][after]
    slope = np.polyfit(volts[decaying], np.log(i_out[decaying]), 1)[0]
    i_tau = np.median(current(vectors, f"{synapse.dpi}.xtau")[after][decaying])
    capacitance = vectors["@c.xplastic.xpair.xexc.csyn[capacitance]"][0]
    return float(capacitance / (abs(slope) * i_tau))


def _exponent(vectors: Vectors, name: str) -> float:
    """Power of the weight with which the charge of a synapse's first and last pulse goes."""
    found = pulses_of(vectors, name)
    i_out = current(vectors, SYNAPSES[name].output)
    first, last = (
        charge(vectors["time"], i_out, start, start + LASTING)
        for _, start, _ in (found[0], found[-1])
    )
    return float(np.log(last / first) / np.log(found[-1][0] / found[0][0]))


def _duration(length: float, tau: float, exponent: float) -> float:
    """Time in s for which the settled current gives the charge of a pulse of `length` in s.

    The DPI's law, linear in u, with I = I_th*u**exponent, whose decay has the time constant tau.
    """
    tau_u = exponent * tau
    time = np.linspace(0, length, 1000)
    share = (1 - np.exp(-time / tau_u)) ** exponent
    return float(np.trapezoid(share, time) + share[-1] * tau)


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Output currents for the largest weights, inhibition downwards, from each pulse on."""
    time = vectors["time"]
    for name, synapse in SYNAPSES.items():
        weight, start, _ = pulses_of(vectors, name)[-1]
        shown = (time > start - 0.5e-3) & (time < start + LASTING / 2)
        sign = -1 if name == "inh" else 1
        label = NAMES[name] if name == "ext" else f"{NAMES[name]}, {weight}"
        i_out = sign * current(vectors, synapse.output)[shown]
        axes.plot((time[shown] - start) * 1e3, i_out * 1e9, label=label)
    axes.set(xlabel="time after the pulse's start (ms)", ylabel="synaptic current (nA)")
    axes.legend(frameon=False)
