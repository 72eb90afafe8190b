"""Digital waveforms of the learning logic as a VCD file, for GTKWave and other digital tools."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType

import numpy as np
from vcd import VCDWriter
from vcd.writer import Variable

from cosim.cells.waveforms import edges
from cosim.circuits.neuron_logic import WIN_INC, WIN_SL
from cosim.circuits.neuron_readout import BITS, LATCHES, OUTPUT_SPIKE
from cosim.engine.job import Vectors
from ebn_model.results import LearningResult, SpikeTable

LOW, HIGH = 0.2, 0.8
"""Shares of the supply: at and below a logic 0, at and above a logic 1; between is forbidden."""
LONGEST_EDGE = 100e-9
"""A way from one level to the other that takes less, s, is an edge; any other is forbidden."""
TICKS = 1e12
"""Ticks of the file in a second."""
SCOPE = "learning_logic"


@dataclass(frozen=True)
class LogicWave:
    """A digital signal.

    Attributes:
        times: when it changes, s, ascending, shape (changes,); the first is its beginning.
        levels: from each time on, the highest bit first, of "0", "1" and "x".
    """

    times: np.ndarray
    levels: list[str]

    def at(self, time: float) -> str:
        """The level at a time in s."""
        return self.levels[int(np.searchsorted(self.times, time, side="right")) - 1]


def node_wave(time: np.ndarray, volts: np.ndarray, supply: float) -> LogicWave:
    """A node's voltage as a signal of one bit; an edge is in the middle between the thresholds.

    Args:
        time: s, shape (points,).
        volts: V, same shape.
        supply: V.
    """
    crossings = [edges(time, volts, share * supply) for share in (LOW, HIGH)]
    bounds = np.unique(np.concatenate([time[[0, -1]], *crossings]))
    middles = (bounds[:-1] + bounds[1:]) / 2
    shares = np.interp(middles, time, volts) / supply
    levels = np.where(shares <= LOW, "0", np.where(shares >= HIGH, "1", "x")).tolist()
    starts = bounds[:-1].tolist()
    for k in range(1, len(levels) - 1):
        is_way = levels[k] == "x" and {levels[k - 1], levels[k + 1]} == {"0", "1"}
        if is_way and bounds[k + 1] - bounds[k] < LONGEST_EDGE:
            levels[k], starts[k + 1] = levels[k - 1], float(middles[k])
    return _wave(starts, levels)


def logic_waves(
    vectors: Vectors, result: LearningResult, start_weight: int, supply: float
) -> dict[str, LogicWave]:
    """Signals of a neuron's run, by name: pulse, weight, inc, sl, and what else there is.

    Nodes are read off their voltages. Where Python was the logic, weight and latched decision are
    its own.

    Args:
        vectors: of the run.
        result: that was read from them.
        start_weight: before the first spike, LSB.
        supply: V.
    """
    time, spikes = vectors["time"], result.spikes
    nodes = {
        name[2:-1]: node_wave(time, vectors[name], supply)
        for name in (*LATCHES, *BITS, WIN_INC, WIN_SL, OUTPUT_SPIKE)
        if name in vectors
    }
    waves = counted_waves(spikes, start_weight, float(time[0]))
    if BITS[0] in vectors:
        waves = {"pulse": waves["pulse"]}
        waves["weight"] = _joined([nodes.pop(name[2:-1]) for name in reversed(BITS)])
    return waves | nodes


def counted_waves(spikes: SpikeTable, start_weight: int, start: float) -> dict[str, LogicWave]:
    """Signals of a synapse by its table of pulses: pulse, weight, inc and sl.

    start_weight: before the first pulse, LSB. start: of the run, s.
    """
    ended = np.isfinite(spikes.t_fall)
    falls, rises = spikes.t_fall[ended], spikes.t_rise
    both = np.concatenate([[start], rises, falls])
    order = np.argsort(both, kind="stable")
    values = ["0", *"1" * len(rises), *"0" * len(falls)]
    codes = [
        f"{weight & 63:06b}" for weight in (start_weight, *spikes.weight_after[ended].tolist())
    ]
    waves = {
        "pulse": _wave(both[order].tolist(), [values[k] for k in order]),
        "weight": _wave([start, *falls.tolist()], codes),
    }
    for name, decision in (("inc", 1), ("sl", 0)):
        # No pulse has set the latches at first.
        latched = ["x", *("01"[one == decision] for one in spikes.decision.tolist())]
        waves[name] = _wave([start, *rises.tolist()], latched)
    return waves


def _joined(bits: list[LogicWave]) -> LogicWave:
    """A signal of several bits, the highest first."""
    times = np.unique(np.concatenate([bit.times for bit in bits])).tolist()
    return _wave(times, ["".join(bit.at(time) for bit in bits) for time in times])


def _wave(times: list[float], levels: list[str]) -> LogicWave:
    """The signal with its changes alone."""
    kept = [k for k in range(len(times)) if k == 0 or levels[k] != levels[k - 1]]
    return LogicWave(np.array([times[k] for k in kept]), [levels[k] for k in kept])


def write_vcd(
    scopes: Mapping[str, Mapping[str, LogicWave]],
    end: float,
    path: Path,
    events: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> None:
    """Write signals as VCD (IEEE 1364), in picoseconds.

    Args:
        scopes: signals by name, by the name of the scope that has them.
        end: of the run, s.
        path: of the file.
        events: times in s of what has no duration, shape (times,) each, by name; they have the
            first scope.
    """
    with (
        path.open("w", encoding="ascii", newline="\n") as file,
        VCDWriter(file, timescale="1 ps", date="", version="ebn-cosim") as writer,
    ):
        changes: list[tuple[int, Variable, str | bool]] = []
        for name, times in events.items():
            event = writer.register_var(next(iter(scopes)), name, "event")
            changes += [(round(time * TICKS), event, True) for time in times.tolist()]
        for scope, waves in scopes.items():
            for name, wave in waves.items():
                first, *levels = wave.levels
                signal = writer.register_var(scope, name, "wire", size=len(first), init=first)
                ticks = np.rint(wave.times[1:] * TICKS).astype(int).tolist()
                changes += [(t, signal, level) for t, level in zip(ticks, levels, strict=True)]
        for tick, variable, value in sorted(changes, key=itemgetter(0)):
            writer.change(variable, tick, value)
        writer.close(round(end * TICKS))
