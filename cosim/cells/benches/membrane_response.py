"""Bench membrane_response: I_mem from reset to rest, then after a kick of its input current."""

import numpy as np
from scipy.optimize import curve_fit

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current, edges, is_read, logic_edges
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

SETTLED = 0.01
"""Share of the resting I_mem within which it counts as settled."""


PAIR = ("xmembrane.xth", "xmembrane.xin")
LEAK = ("xmembrane.xtau", "xmembrane.xreset")
CAPACITANCE = "@c.xmembrane.cmem[capacitance]"
INSIDE = ("tau_law", "pair_slope")
"""Values that a membrane must be looked into for."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Time constant with its law, slope factor of the pair, rest, and settling from reset.

    Of a membrane of one's own, law and slope factor only as far as it can be looked into.
    """
    time, i_mem = vectors["time"], current(vectors, "xread")
    (reset_end, _), _, (kick_end, i_in) = input_steps(vectors)
    after = time > kick_end
    tau, rest = _relaxation(time[after], i_mem[after])
    return {
        "tau": tau,
        **_law(vectors, reset_end),
        "i_constant": i_in,
        "i_mem_rest": rest,
        "settling": _settling(time, i_mem, rest, reset_end),
    }


def input_steps(vectors: Vectors) -> list[tuple[float, float]]:
    """Input of the membrane, constant from each start on: (start in s, current in A).

    The steps are the end of the reset, the kick's start and its end. What flows into the
    membrane is what its pair carries; of one that can't be looked into, what its pin gets.

    Raises:
        SimulationError: there is no single reset or kick.
    """
    time = vectors["time"]
    if not is_read(vectors, *PAIR) and "@ikick[current]" in vectors:
        i_in = current(vectors, "xconstant") + vectors["@ikick[current]"]
    else:
        i_in = np.sum([current(vectors, device) for device in PAIR], axis=0)
    released = logic_edges(vectors, "reset")
    rest, top = float(i_in[-1]), float(i_in.max())
    kick = edges(time, i_in, (rest + top) / 2)
    if len(released) != 1 or len(kick) != 2:
        raise SimulationError(f"{len(released)} ends of reset and {len(kick)} edges of the kick")
    peak = float(np.interp(kick.mean(), time, i_in))
    return [(float(released[0]), rest), (float(kick[0]), peak), (float(kick[1]), rest)]


def _law(vectors: Vectors, reset_end: float) -> dict[str, float]:
    """As much as can be said of tau_law and pair_slope."""
    if not is_read(vectors, *PAIR):
        return {}
    pair = _pair_slope(vectors, reset_end)
    if CAPACITANCE not in vectors or not is_read(vectors, *LEAK):
        return {"pair_slope": pair}
    leak = sum(current(vectors, device)[-1] for device in LEAK)
    return {"tau_law": vectors[CAPACITANCE][0] / (pair * leak), "pair_slope": pair}


def _relaxation(time: np.ndarray, i_mem: np.ndarray) -> tuple[float, float]:
    """Time constant in s and final value in A of an exponential, fitted."""

    def law(t: np.ndarray, rest: float, step: float, tau: float) -> np.ndarray:
        return rest + step * np.exp(-t / tau)

    t = np.linspace(0, time[-1] - time[0], 500)
    even = np.interp(t, time - time[0], i_mem)
    scale = even[-1]
    (rest, _, tau), _ = curve_fit(law, t, even / scale, (1, even[0] / scale - 1, t[-1] / 4))
    return float(tau), float(rest * scale)


def _pair_slope(vectors: Vectors, start: float) -> float:
    """kappa/U_T of the differential pair in 1/V: slope of the logarithm of its currents' ratio."""
    i_mem = current(vectors, "xread")
    moving = (vectors["time"] > start) & (i_mem > 0.1 * i_mem[-1])
    ratio = np.log(current(vectors, "xmembrane.xth") / current(vectors, "xmembrane.xin"))
    return float(np.polyfit(vectors["v_mem"][moving], ratio[moving], 1)[0])


def _settling(time: np.ndarray, i_mem: np.ndarray, rest: float, start: float) -> float:
    """Time in s from the end of the reset until I_mem is first within 1 % of rest."""
    return float(edges(time, i_mem, (1 - SETTLED) * rest)[0] - start)


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """I_mem over time, and its rest."""
    time = vectors["time"] * 1e3
    axes.plot(time, current(vectors, "xread") * 1e9)
    axes.axhline(values["i_mem_rest"] * 1e9, color="0.5", linewidth=0.6, linestyle="--")
    axes.set(xlabel="time (ms)", ylabel="$I_{mem}$ (nA)", xlim=(0, time[-1]))
    axes.set_ylim(bottom=0)
    axes.annotate(
        rf"$\tau$ = {values['tau'] * 1e3:.1f} ms", (0.97, 0.1), xycoords="axes fraction", ha="right"
    )
