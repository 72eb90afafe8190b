"""Bench dpi_membrane: the settled I_mem against the input current."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current, is_read, linear_span
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

LINEAR = 0.05
"""Relative change of the slope up to which the membrane counts as linear."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Leak, gain, exponent and linear range, the latter three around the constant input.

    Raises:
        SimulationError: the sweep ends below it.
    """
    i_in, i_mem = vectors["i-sweep"], current(vectors, "xread")
    rest = float(current(vectors, "xbias.xin")[0])
    if rest > i_in[-1]:
        raise SimulationError(f"input up to {i_in[-1]:.3g} A only, constant input is {rest:.3g} A")
    leak = i_tau(vectors)
    drive = i_in / leak - 1
    exponent = np.polyfit(np.log(drive), np.log(i_mem), 1)[0]
    low, high = linear_span(i_in, np.gradient(i_mem, i_in), rest, LINEAR)
    return {
        "i_tau": leak,
        "gain": float(np.interp(rest, i_in, i_mem) / (rest - leak)),
        "exponent": float(exponent),
        "i_mem_rest": float(np.interp(rest, i_in, i_mem)),
        "linear_from": float(np.interp(low, i_in, i_mem)),
        "linear_to": float(np.interp(high, i_in, i_mem)),
    }


def i_tau(vectors: Vectors) -> float:
    """I_tau in A: the off reset device leaks beside the device that carries it.

    Of a membrane that can't be looked into, what its v_mem draws that gets nothing from its input.
    """
    if not is_read(vectors, "xmembrane.xtau") and "eheld#branch" in vectors:
        return float(np.median(np.abs(vectors["eheld#branch"])))
    return float(
        np.median(current(vectors, "xmembrane.xtau") + current(vectors, "xmembrane.xreset"))
    )


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """I_mem against the input current, its law and its linear range."""
    i_in, i_mem = vectors["i-sweep"] * 1e9, current(vectors, "xread") * 1e9
    law = values["gain"] * (i_in - values["i_tau"] * 1e9)
    axes.plot(i_in, i_mem, label="circuit")
    axes.plot(i_in, law, "--", label="gain at rest")
    axes.axhspan(
        values["linear_from"] * 1e9, values["linear_to"] * 1e9, alpha=0.15, label="slope ± 5 %"
    )
    axes.set(xlabel="$I_{in}$ (nA)", ylabel="$I_{mem}$ (nA)", xlim=(0, i_in[-1]))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
