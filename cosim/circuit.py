"""The learning neuron as a circuit: stimulus in, ngspice deck out, and its vectors read back."""

import re
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Le
from pydantic import BaseModel, ConfigDict, FiniteFloat

from cosim.deck import Deck
from cosim.errors import SimulationError
from cosim.job import Job
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, validated
from ebn_model.results import LearningResult, SpikeTable, weight_steps
from ebn_model.stimulus import Stimulus
from ebn_model.units import Ampere, Second

NETLISTS = Path(__file__).resolve().parent.parent / "netlists"
SUPPLY = 1.8
"""Supply voltage, V."""
EDGE = 100e-9
"""Duration of a stimulus edge, s; its middle is at the spike's time."""
PRESET_UNTIL = 10e-6
"""The weight counter is preset from 0 to this time, s."""
SETTLED_AFTER = 10e-6
"""After an edge, the counter and the latches have settled after this time, s."""

I_MEM = "@m.xneuron.xdecision.xmem.m1[id]"
BITS = tuple(f"v(q{bit})" for bit in range(6))
LATCHES = ("v(inc)", "v(sl)")


class SolverOptions(BaseModel):
    """ngspice's transient options; the defaults give converged weights and I_mem.

    A weak damping (xmu below 0.5) keeps the trapezoidal rule from ringing after digital edges,
    and chgtol, the charge (in C) below which an error counts as absolute, lets reltol be tight
    enough that no logic transition fits into one time step: with looser settings the counter
    miscounts without any message. With gmin below 5e-15 S ngspice finds no operating point; 1e-14
    adds at most 20 fA to a node.

    Device bypass stays off: it would freeze the mirrors of I_mem within 35 uV, which is 10 pA.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["trap", "gear"] = "trap"
    xmu: Annotated[FiniteFloat, Gt(0), Le(0.5)] = 0.49
    reltol: Annotated[FiniteFloat, Gt(0), Le(1e-2)] = 1e-4
    abstol: Annotated[Ampere, Gt(0)] = 1e-15
    vntol: Annotated[FiniteFloat, Gt(0)] = 1e-6
    gmin: Annotated[FiniteFloat, Gt(0)] = 1e-14
    chgtol: Annotated[FiniteFloat, Gt(0)] = 1e-13
    trtol: Annotated[FiniteFloat, Gt(0)] = 1.0
    max_step: Annotated[Second, Gt(0)] = 1e-4

    def line(self) -> str:
        """The `.options` line."""
        values = self.model_dump(exclude={"max_step"})
        return ".options " + " ".join(f"{name}={value}" for name, value in values.items())


def read_biases(name: str) -> BiasTable:
    """Read netlists/biases/NAME.spice.

    Raises:
        InputError: no such table (lists those there are), or a bad or missing value.
    """
    path = listed(NETLISTS / "biases", name, "bias table")
    values = re.findall(r"(?im)^\.param\s+(\w+)\s*=\s*(\S+)\s*$", path.read_text())
    return validated(BiasTable, dict(values), path.name)


def listed(folder: Path, name: str, kind: str) -> Path:
    """The file of that name in a folder; names from outside never become other paths."""
    files = {path.stem: path for path in sorted(folder.glob("*.spice"))}
    if name not in files:
        raise InputError(f"unknown {kind} {name!r}; there are: {', '.join(files)}")
    return files[name]


def bias_lines(biases: BiasTable) -> str:
    """The `.param` lines that a deck needs for a bias table."""
    return "\n".join(f".param {name}={value!r}" for name, value in biases.model_dump().items())


class TransistorCircuit:
    """The transistor view of the learning neuron."""

    def __init__(
        self,
        biases: BiasTable,
        solver: SolverOptions | None = None,
        technology: str = "generic180",
        temperature: float = 27.0,
    ):
        """Choose bias table, solver options, technology (netlists/technology) and degrees C.

        Raises:
            InputError: unknown technology.
        """
        self.solver = solver or SolverOptions()
        technology_file = listed(NETLISTS / "technology", technology, "technology")
        self._netlist = (
            Deck("learning neuron")
            .include(technology_file)
            .include(NETLISTS / "cells.spice")
            .append(bias_lines(biases), "biases")
            .include(NETLISTS / "neuron_test.spice")
            .append(f".temp {float(temperature)!r}\n{self.solver.line()}", "solver options")
        )

    def job(self, stimulus: Stimulus, label: str, raw_path: Path | None = None) -> Job:
        """The run of a stimulus, for `run_jobs`.

        Raises:
            InputError: pulses or pauses too short for the circuit's edges.
        """
        _check_edges_fit(stimulus)
        analysis = f".tran 1m {stimulus.duration!r} 0 {self.solver.max_step!r}"
        deck = self._netlist.append(stimulus_lines(stimulus), "stimulus")
        return Job(
            label,
            deck.append(analysis, "analysis"),
            (I_MEM, *BITS, *LATCHES),
            t_stop=stimulus.duration,
            edges=stimulus_edges(stimulus),
            raw_path=raw_path,
        )

    def result(self, stimulus: Stimulus, vectors: dict[str, np.ndarray]) -> LearningResult:
        """Read the vectors of a finished job.

        Raises:
            SimulationError: a bit is between levels where it should have settled, or the weight
                changed elsewhere than after a falling edge.
        """
        spikes = _spike_table(stimulus, vectors)
        time = vectors["time"]
        weight = weight_steps(time, spikes, stimulus.start_weight)
        return LearningResult(time, vectors[I_MEM], weight, spikes)


def _check_edges_fit(stimulus: Stimulus) -> None:
    room = SETTLED_AFTER + EDGE
    if stimulus.pulse_width < room:
        raise InputError(f"pulse_width = {stimulus.pulse_width:g} s is below {room:g} s")
    cut = stimulus.duration - stimulus.fall_times[-1:]
    if ((cut > -EDGE) & (cut < room)).any():
        raise InputError(
            f"duration = {stimulus.duration:g} s leaves less than {room:g} s after the last "
            "falling edge; end the run within the pulse, or later"
        )
    ends = np.concatenate([[PRESET_UNTIL], stimulus.fall_times[:-1]])
    pauses = stimulus.spike_times - ends[: len(stimulus.spike_times)]
    if (pauses < room).any():
        index = int((pauses < room).argmax())
        raise InputError(
            f"spike_times[{index}] = {stimulus.spike_times[index]:g} s leaves the circuit "
            f"less than {room:g} s to settle before it"
        )


def stimulus_edges(stimulus: Stimulus) -> np.ndarray:
    """Times in s at which the input's slope changes, within the run: each needs a time point."""
    middles = np.concatenate([stimulus.spike_times, stimulus.fall_times])
    corners = np.sort(np.concatenate([middles - EDGE / 2, middles + EDGE / 2]))
    return corners[corners < stimulus.duration]


def stimulus_lines(stimulus: Stimulus) -> str:
    """The sources of a stimulus; every number in them was checked to be one."""
    pulses = [
        (time + sign * EDGE / 2, level)
        for edges in zip(stimulus.spike_times, stimulus.fall_times, strict=True)
        for time, levels in zip(edges, ((0, 1), (1, 0)), strict=True)
        for sign, level in zip((-1, 1), levels, strict=True)
    ]
    inverted = [(time, 1 - level) for time, level in pulses]
    extra = stimulus.extra_synapse
    sources = {
        "input": _source(0, pulses),
        "extra": _source(0, pulses if extra else []),
        "extra_b": _source(1, inverted if extra else []),
        "reset": _source(1, _falling(stimulus.reset_until)) if stimulus.reset_until else "0",
        "load": _source(1, _falling(PRESET_UNTIL)),
    }
    for bit in range(6):
        sources[f"p{bit}"] = _source(stimulus.start_weight >> bit & 1, [])
    return "\n".join(f"v{node} {node} 0 {source}" for node, source in sources.items())


def _falling(time: float) -> list[tuple[float, int]]:
    return [(time, 1), (time + EDGE, 0)]


def _source(start: int, corners: list[tuple[float, int]]) -> str:
    """A constant or piecewise-linear source, on lines of a readable length."""
    if not corners:
        return f"{start * SUPPLY:g}"
    pairs = [(0.0, start), *corners]
    rows = [pairs[k : k + 4] for k in range(0, len(pairs), 4)]
    text = (" ".join(f"{time:.12g} {level * SUPPLY:g}" for time, level in row) for row in rows)
    return "pwl(" + "\n+ ".join(text) + ")"


def _spike_table(stimulus: Stimulus, vectors: dict[str, np.ndarray]) -> SpikeTable:
    duration = stimulus.duration
    rise, fall = stimulus.spike_times, stimulus.fall_times
    ended = fall <= duration
    # I_mem and the old weight just before an edge begins, the new state after it has settled.
    before_rise = rise - EDGE / 2
    before_fall = np.minimum(fall - EDGE / 2, duration)
    after_fall = np.minimum(fall + SETTLED_AFTER, duration)
    before = _weights(vectors, before_rise)
    after = np.where(ended, _weights(vectors, after_fall), before)
    expected = np.concatenate([[stimulus.start_weight], after[:-1]])[: len(before)]
    if (before != expected).any():
        index = int((before != expected).argmax())
        raise SimulationError(
            f"the weight is {before[index]} before spike {index} at {rise[index]:g} s, "
            f"but was {expected[index]} after the one before"
        )
    i_mem_fall = np.interp(before_fall, vectors["time"], vectors[I_MEM])
    return SpikeTable(
        t_rise=rise,
        t_fall=np.where(ended, fall, np.nan),
        i_mem_rise=np.interp(before_rise, vectors["time"], vectors[I_MEM]),
        i_mem_fall=np.where(ended, i_mem_fall, np.nan),
        decision=_decisions(vectors, before_fall),
        weight_before=before,
        weight_after=after,
    )


def _decisions(vectors: dict[str, np.ndarray], times: np.ndarray) -> np.ndarray:
    inc, sl = (_logic(vectors, name, times) for name in LATCHES)
    return np.where(sl, 0, np.where(inc, 1, -1))


def _weights(vectors: dict[str, np.ndarray], times: np.ndarray) -> np.ndarray:
    bits = [_logic(vectors, name, times).astype(int) for name in BITS]
    return sum(bit << place for place, bit in enumerate(bits[:-1])) - (bits[-1] << 5)


def _logic(vectors: dict[str, np.ndarray], name: str, times: np.ndarray) -> np.ndarray:
    """Logic level of a node at times in s; SimulationError where it is neither 0 nor 1."""
    volts = np.interp(times, vectors["time"], vectors[name])
    between = (volts > 0.2 * SUPPLY) & (volts < 0.8 * SUPPLY)
    if between.any():
        index = int(between.argmax())
        raise SimulationError(
            f"{name} is {volts[index]:.2f} V at {times[index]:g} s, neither logic 0 nor 1"
        )
    return volts > SUPPLY / 2
