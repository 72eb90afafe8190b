"""The voltage sources that play a stimulus to the circuit."""

import numpy as np

from ebn_model.errors import InputError
from ebn_model.stimulus import Stimulus

EDGE = 1e-9
"""Duration of a stimulus edge, s; its middle is at the spike's time. Slower ones cost more: the
Schmitt trigger then trips inside a long time step, which is tried again and again."""
PRESET_UNTIL = 10e-6
"""The weight counter is preset from 0 to this time, s."""
SETTLED_AFTER = 10e-6
"""After an edge, the counter and the latches have settled after this time, s."""


def check_edges_fit(stimulus: Stimulus) -> None:
    """Raise InputError for pulses or pauses too short for the edges and the circuit."""
    room = SETTLED_AFTER + EDGE
    if stimulus.pulse_width < room:
        raise InputError(f"pulse_width = {stimulus.pulse_width:g} s is below {room:g} s")
    last_edges = np.array([*stimulus.spike_times[-1:], *stimulus.fall_times[-1:]])
    rest = stimulus.duration - last_edges
    if ((rest > -EDGE) & (rest < room)).any():
        raise InputError(
            f"duration = {stimulus.duration:g} s leaves less than {room:g} s after the last edge "
            "of a pulse; end the run earlier or later"
        )
    ends = np.concatenate([[PRESET_UNTIL], stimulus.fall_times[:-1]])
    pauses = stimulus.spike_times - ends[: len(stimulus.spike_times)]
    if (pauses < room).any():
        index = int((pauses < room).argmax())
        raise InputError(
            f"spike_times[{index}] = {stimulus.spike_times[index]:g} s leaves the circuit "
            f"less than {room:g} s to settle before it"
        )


def stimulus_edges(stimulus: Stimulus, *offsets: float) -> np.ndarray:
    """Times in s, within the run, by these offsets in s from the middles of the input's edges."""
    middles = np.concatenate([stimulus.spike_times, stimulus.fall_times])
    times = np.sort(np.concatenate([middles + offset for offset in offsets]))
    return times[times < stimulus.duration]


def stimulus_lines(stimulus: Stimulus, supply: float) -> str:
    """The sources of a stimulus, with a supply in V; every number in them was checked to be one."""
    pulses = [
        (time + sign * EDGE / 2, level)
        for edges in zip(stimulus.spike_times, stimulus.fall_times, strict=True)
        for time, levels in zip(edges, ((0, 1), (1, 0)), strict=True)
        for sign, level in zip((-1, 1), levels, strict=True)
    ]
    inverted = [(time, 1 - level) for time, level in pulses]
    extra = stimulus.extra_synapse
    reset = stimulus.reset_until
    sources = {
        "input": (0, pulses),
        "extra": (0, pulses if extra else []),
        "extra_b": (1, inverted if extra else []),
        "reset": (1, _falling(reset)) if reset else (0, []),
        "load": (1, _falling(PRESET_UNTIL)),
    }
    for bit in range(6):
        sources[f"p{bit}"] = (stimulus.start_weight >> bit & 1, [])
    return "\n".join(
        f"v{node} {node} 0 {logic_source(*course, supply)}" for node, course in sources.items()
    )


def _falling(time: float) -> list[tuple[float, int]]:
    return [(time, 1), (time + EDGE, 0)]


def logic_source(start: int, corners: list[tuple[float, int]], supply: float) -> str:
    """A constant or piecewise-linear source, on lines of a readable length.

    start: logic level at the beginning. corners: times in s and logic levels. supply: of a 1, V.
    """
    if not corners:
        return _volts(start * supply)
    pairs = [(0.0, start), *corners]
    rows = [pairs[k : k + 4] for k in range(0, len(pairs), 4)]
    text = "\n+ ".join(
        " ".join(f"{time:.12g} {_volts(level * supply)}" for time, level in row) for row in rows
    )
    return f"pwl({text})"


def _volts(value: float) -> str:
    """A voltage with the digits that it needs."""
    return f"{value:.12g}"
