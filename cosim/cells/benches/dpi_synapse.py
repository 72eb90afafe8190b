"""Bench dpi_synapse: settled output against input current, for the three sets of biases."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current, linear_span
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

OUTPUTS = {"exc": "xexc.xout", "inh": "xmirror_out", "ext": "xext.xout"}
"""Device that carries the output of each synapse."""
NAMES = {"exc": "excitatory", "inh": "inhibitory", "ext": "extra"}
"""The synapses' names in the model, by those in the benches."""
REFERENCE = {"exc": 16, "inh": 16, "ext": 32}
"""Input in LSB at which each synapse's gain is stated."""
LINEAR = 0.05
"""Relative change of the gain up to which a synapse counts as linear."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Leak, gain, exponent and linear range of each synapse.

    Raises:
        SimulationError: the sweep ends below the input at which a gain is stated.
    """
    values = {}
    i_lsb = float(current(vectors, "xbias.xlsb")[0])
    for name in OUTPUTS:
        i_w, i_out = curve(vectors, name)
        leak = i_tau(vectors, name)
        at = REFERENCE[name] * i_lsb
        if at > i_w[-1]:
            raise SimulationError(f"input up to {i_w[-1]:.3g} A only, gain stated at {at:.3g} A")
        values[f"i_tau_{name}"] = leak
        values[f"gain_{name}"] = float(np.interp(at, i_w, i_out) / (at - leak))
        drive = np.log(i_w / leak - 1)
        values[f"exponent_{name}"] = float(np.polyfit(drive, np.log(i_out), 1)[0])
        low, high = linear_span(i_w, i_out / i_w, at, LINEAR)
        values[f"linear_from_{name}"], values[f"linear_to_{name}"] = low, high
    return values


def curve(vectors: Vectors, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Input and settled output current of a synapse in A, each of shape (points,)."""
    return current(vectors, f"xw_{name}"), current(vectors, OUTPUTS[name])


def i_tau(vectors: Vectors, name: str) -> float:
    """I_tau of a synapse in A."""
    return float(np.median(current(vectors, f"x{name}.xtau")))


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Gain of each synapse against its input, relative to that at its reference."""
    for name, label in NAMES.items():
        i_w, i_out = curve(vectors, name)
        axes.plot(i_w * 1e9, i_out / i_w / values[f"gain_{name}"], label=label)
    axes.axhspan(1 - LINEAR, 1 + LINEAR, color="0.9")
    axes.set(xlabel="$I_w$ (nA)", ylabel="gain, relative", ylim=(0.7, 1.3))
    axes.legend(frameon=False)
