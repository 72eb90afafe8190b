"""The sources that play a row's stimulus to its transistor view: event bus and forced spikes."""

import numpy as np

from cosim.circuits.neuron_sources import EDGE, PRESET_UNTIL, SETTLED_AFTER, logic_source
from cosim.circuits.row_timeline import FORCE, on_tick
from ebn_model.errors import InputError
from ebn_model.event_bus import GAP
from ebn_model.row import RowStimulus
from ebn_model.weight_counter import middle_fraction

DESELECT = 2e-6
"""A synapse stays on the weight bus for so long after its pulse has begun, s."""

Interval = tuple[float, float]


def check_fits(stimulus: RowStimulus) -> None:
    """Raise InputError for what the circuit's logic or its presets can't follow."""
    if (stimulus.start_fractions != middle_fraction(stimulus.sub_lsbs)).any():
        raise InputError("in the transistor view counters start in the middle of their weight")
    room = SETTLED_AFTER + EDGE
    if stimulus.pulse_width < room:
        raise InputError(f"pulse_width = {stimulus.pulse_width:g} s is below {room:g} s")
    least = (DESELECT + EDGE) / GAP
    if stimulus.slot < least:
        raise InputError(
            f"slot = {stimulus.slot:g} s is below {least:g} s: two synapses would meet on the bus"
        )
    selects = stimulus.rise_times - stimulus.slot * (1 - GAP)
    _refuse(stimulus, selects < PRESET_UNTIL + EDGE, "is on the bus before the weights are preset")
    for neuron in stimulus.synapses:
        own = np.flatnonzero(stimulus.pre == neuron)
        short = np.zeros(len(selects), dtype=bool)
        short[own[1:]] = np.diff(stimulus.rise_times[own]) < stimulus.pulse_width + room
        _refuse(stimulus, short, f"is less than {room:g} s after the pulse before of its neuron")


def _refuse(stimulus: RowStimulus, bad: np.ndarray, reason: str) -> None:
    if bad.any():
        index = int(bad.argmax())
        raise InputError(f"rise_times[{index}] = {stimulus.rise_times[index]:.9g} s {reason}")


def transistor_stimuli(stimulus: RowStimulus, supply: float) -> str:
    """Sources of `load`, `force_b`, and each synapse's `input`, `select` and preset.

    At first the bus has the first synapse's weight. Edges have their middles at multiples of TICK,
    so that no two of them nearly coincide: ngspice would lose one.
    """
    lines = [f"vload load 0 {_pulses([(0.0, PRESET_UNTIL)], supply)}"]
    if stimulus.forced_spikes is not None:
        spikes = [(time, time + FORCE) for time in stimulus.forced_spikes.tolist()]
        lines.append(f"vforce_b force_b 0 {_pulses(spikes, supply, idle=1)}")
    lead = stimulus.slot * (1 - GAP)
    for number, pre in enumerate(stimulus.synapses.tolist()):
        rises = stimulus.rise_times[stimulus.pre == pre].tolist()
        first = [(0.0, PRESET_UNTIL)] if number == 0 else []
        inputs = [(time, time + stimulus.pulse_width) for time in rises]
        selects = first + [(time - lead, time + DESELECT) for time in rises]
        lines.append(f"vinput_{number} input_{number} 0 {_pulses(inputs, supply)}")
        lines.append(f"vselect_{number} select_{number} 0 {_pulses(selects, supply)}")
    for number, code in enumerate(stimulus.start_codes.tolist()):
        for bit in range(6):
            level = logic_source(code >> bit & 1, [], supply)
            lines.append(f"vp{bit}_{number} p{bit}_{number} 0 {level}")
    return "\n".join(lines)


def transistor_edges(stimulus: RowStimulus) -> np.ndarray:
    """Beginnings and ends of all edges of pulses within the run, s, ascending, shape (times,)."""
    middles = np.concatenate([stimulus.rise_times, stimulus.fall_times])
    ticks = np.array([on_tick(time) for time in middles.tolist()])
    times = np.sort(np.concatenate([ticks - EDGE / 2, ticks + EDGE / 2]))
    return times[times < stimulus.duration]


def _pulses(intervals: list[Interval], supply: float, idle: int = 0) -> str:
    """A source that leaves the level `idle` in these intervals, s; one may begin at 0."""
    edges = [
        (on_tick(time), level)
        for pair in intervals
        for time, level in zip(pair, (1 - idle, idle), strict=True)
    ]
    start = idle
    if edges and edges[0][0] == 0:
        start = edges.pop(0)[1]
    corners = [
        corner
        for time, level in edges
        for corner in ((time - EDGE / 2, 1 - level), (time + EDGE / 2, level))
    ]
    return logic_source(start, corners, supply)
