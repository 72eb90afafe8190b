"""Bench shared_bus: outcomes after the weight bus of a decision circuit has switched."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.outcomes import delay_at, outcomes, settled, threshold
from cosim.cells.waveforms import charge, current, pulses, supply
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

CIRCUITS = {"up": "inc", "down": "dec", "middle": "inc"}
"""Instances of the bench, with the outcome near whose threshold I_mem lies."""
SWITCHES = {"up": "31 to -32", "down": "-32 to 31", "middle": "8 to -8"}
OVERDRIVES = (20e-12, 100e-12, 500e-12)
"""Distances in A of I_mem from a threshold for which the settling time is stated."""
JUDGED = 100e-12
"""Least distance in A at which outcomes are judged: about half a step of I_Omega/2."""
OPEN = 10e-12
"""Distance in A from a threshold within which there may be no outcome, or two (bench decision)."""
MARGIN = 1e-6
"""Time in s before an edge at which a settled outcome is read."""
RESOLUTION = 1e-6
"""Least settling time in s that is told apart from none."""


@dataclass(frozen=True)
class Step:
    """A spike's outcomes, read at either edge and when settled; times in s, overdrive in A.

    overdrive: how far I_mem is beyond the threshold; only such steps are kept.
    """

    overdrive: float
    delay: float
    at_edge: list[str]
    at_delayed: list[str]
    final: list[str]


def measure(vectors: Vectors) -> dict[str, float]:
    """Settling, outcomes that are wrong at either edge, and the delay of both edges."""
    found = {circuit: steps(vectors, circuit) for circuit in CIRCUITS}
    values: dict[str, Any] = {
        f"settling_{wanted * 1e12:.0f}p": max(_delay(one, wanted) for one in found.values())
        for wanted in OVERDRIVES
    }
    judged = [step for one in found.values() for step in one if step.overdrive >= JUDGED]
    values["wrong_at_edge"] = 100 * np.mean([step.at_edge != step.final for step in judged])
    values["wrong_at_delayed"] = 100 * np.mean([step.at_delayed != step.final for step in judged])
    (starts, ends), (delayed_starts, delayed_ends) = _edges(vectors)
    values["i_delay"] = current(vectors, "xdelay")[0]
    values["delay_rise"] = np.mean(delayed_starts - starts)
    values["delay_fall"] = np.mean(delayed_ends - ends)
    time = vectors["time"]
    leakage = current(vectors, "xpulse.xfall.xcharge")
    values["to_leakage"] = values["i_delay"] / np.interp(starts[-1] - MARGIN, time, leakage)
    idle = values["idle"] = -np.interp(starts[-1] - MARGIN, time, vectors["vdelay#branch"])
    supplied = charge(time, -vectors["vdelay#branch"] - idle, starts[-2], starts[-1])
    values["energy"] = supply(vectors) * supplied
    return {name: float(value) for name, value in values.items()}


def steps(vectors: Vectors, circuit: str) -> list[Step]:
    """The spikes whose I_mem lies beyond the new weight's threshold, by their overdrive.

    Raises:
        SimulationError: the slow ramp doesn't cross the threshold, or OPEN or farther from it an
            outcome is none or two.
    """
    time, i_mem = vectors["time"], current(vectors, f"x{circuit}.xmem")
    outcome = CIRCUITS[circuit]
    at = threshold(vectors, circuit, outcome)
    sign = 1 if outcome == "dec" else -1
    (starts, _), (delayed_starts, delayed_ends) = _edges(vectors)
    found = []
    for start, delayed, end in zip(starts, delayed_starts, delayed_ends, strict=True):
        overdrive = sign * (np.interp(end, time, i_mem) - at)
        if overdrive > 0:
            final = outcomes(vectors, circuit, end)
            if len(final) != 1:
                if overdrive < OPEN:
                    continue
                raise SimulationError(f"{circuit}: {final} at the end of a pulse at {start:g} s")
            delay = max(settled(vectors, circuit, start, end) - start, RESOLUTION)
            at_edge, at_delayed = (
                outcomes(vectors, circuit, when) for when in (start - MARGIN, delayed)
            )
            found.append(Step(float(overdrive), delay, at_edge, at_delayed, final))
    return sorted(found, key=lambda step: step.overdrive)


def _edges(vectors: Vectors) -> tuple[tuple, tuple]:
    """Starts and ends in s of the input's pulses, and of the delayed ones."""
    plain, late = (pulses(vectors, name) for name in ("input", "delayed"))
    if len(plain[0]) != len(late[0]):
        raise SimulationError(f"{len(late[0])} delayed pulses of {len(plain[0])}")
    return plain, late


def _delay(found: list[Step], wanted: float) -> float:
    """Settling time in s at an overdrive in A."""
    overdrives, delays = (np.array(data) for data in zip(*_points(found), strict=True))
    return delay_at(wanted, overdrives, delays)


def _points(found: list[Step]) -> list[tuple[float, float]]:
    return [(step.overdrive, step.delay) for step in found]


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Settling time over distance from the threshold, and the delay of the strobe."""
    for circuit, label in SWITCHES.items():
        overdrives, delays = (
            np.array(data) for data in zip(*_points(steps(vectors, circuit)), strict=True)
        )
        axes.loglog(overdrives * 1e12, delays * 1e6, ".-", label=label)
    axes.axhline(values["delay_rise"] * 1e6, color="black", linewidth=0.7, label="delayed edge")
    axes.set(xlabel="distance of $I_{mem}$ from threshold (pA)", ylabel="settling time (µs)")
    axes.legend(frameon=False)
