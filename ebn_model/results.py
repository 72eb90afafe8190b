"""What a run of a learning neuron yields, from the circuit and from the model alike."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ebn_model.errors import InputError
from ebn_model.text import read_text, reading

DECISIONS = ("DEC", "SL", "INC")
"""Outcomes of the learning rule; index - 1 is the change of the weight in LSB."""

CSV_HEADER = "spike,t_rise_ms,t_fall_ms,i_mem_rise_nA,i_mem_fall_nA,decision,bit_before,bit_after"


@dataclass(frozen=True, eq=False)
class SpikeTable:
    """One row per input spike; every array has the shape (spikes,).

    Attributes:
        t_rise, t_fall: edges of the input pulse, s; t_fall is NaN where the run ended before.
        i_mem_rise, i_mem_fall: I_mem at the edges, A.
        decision: weight change decided at the rising edge, LSB: +1 INC, 0 SL, -1 DEC.
        weight_before: weight in force during the pulse, LSB.
        weight_after: weight after the falling edge, settled, LSB (weight_before where the run
            ended before).
    """

    t_rise: np.ndarray
    t_fall: np.ndarray
    i_mem_rise: np.ndarray
    i_mem_fall: np.ndarray
    decision: np.ndarray
    weight_before: np.ndarray
    weight_after: np.ndarray

    @classmethod
    def from_rows(cls, rows: list[tuple]) -> "SpikeTable":
        """Build a table from one tuple per spike, in the order of the attributes."""
        columns = zip(*rows, strict=True) if rows else ((),) * 7
        kinds = (float, float, float, float, int, int, int)
        return cls(*(np.array(c, dtype=kind) for c, kind in zip(columns, kinds, strict=True)))

    def __len__(self) -> int:
        return len(self.t_rise)

    def write_csv(self, path: Path) -> None:
        """Write the table under CSV_HEADER, times in ms, currents in nA, NaN as empty."""
        rows = [CSV_HEADER]
        for k in range(len(self)):
            cut = np.isnan(self.t_fall[k])
            rows.append(
                f"{k},{self.t_rise[k] * 1e3:.4f},"
                + ("" if cut else f"{self.t_fall[k] * 1e3:.4f}")
                + f",{self.i_mem_rise[k] * 1e9:.4f},"
                + ("" if cut else f"{self.i_mem_fall[k] * 1e9:.4f}")
                + f",{DECISIONS[self.decision[k] + 1]},{self.weight_before[k]},"
                + ("" if cut else f"{self.weight_after[k]}")
            )
        Path(path).write_text("\n".join(rows) + "\n", encoding="utf-8")


def read_spike_table(path: Path) -> SpikeTable:
    """Read what `SpikeTable.write_csv` wrote (empty last falling edges allowed).

    Raises:
        InputError: another header, an unknown decision, or no such table; names the file.
    """
    with reading(path, "table of spikes"):
        lines = read_text(path).splitlines()
        if not lines or lines[0] != CSV_HEADER:
            raise InputError(f"{path}: the header is not {CSV_HEADER!r}")
        return _spike_table(lines[1:], path)


def _spike_table(lines: list[str], path: Path) -> SpikeTable:
    if not lines:
        return SpikeTable.from_rows([])
    columns = list(zip(*(line.split(",") for line in lines), strict=True))
    unknown = set(columns[5]) - set(DECISIONS)
    if unknown:
        raise InputError(f"{path}: unknown decision {sorted(unknown)[0]!r}")
    numbers = {i: np.array([float(x or "nan") for x in columns[i]]) for i in (1, 2, 3, 4, 6, 7)}
    before = numbers[6].astype(int)
    return SpikeTable(
        t_rise=numbers[1] * 1e-3,
        t_fall=numbers[2] * 1e-3,
        i_mem_rise=numbers[3] * 1e-9,
        i_mem_fall=numbers[4] * 1e-9,
        decision=np.array([DECISIONS.index(name) - 1 for name in columns[5]]),
        weight_before=before,
        weight_after=np.where(np.isnan(numbers[7]), before, numbers[7]).astype(int),
    )


@dataclass(frozen=True, eq=False)
class LearningResult:
    """Waveforms and spike table of one run.

    Attributes:
        time: s, shape (points,), ascending, not equidistant.
        i_mem: membrane current, A, shape (points,).
        weight: LSB, shape (points,).
        spikes: one row per input spike.
        output_spikes: rising edges of the neuron's own spikes, s, shape (output spikes,).
    """

    time: np.ndarray
    i_mem: np.ndarray
    weight: np.ndarray
    spikes: SpikeTable
    output_spikes: np.ndarray = field(default_factory=lambda: np.empty(0))


def weight_steps(time: np.ndarray, spikes: SpikeTable, start_weight: int) -> np.ndarray:
    """Weight in LSB at each time in s: it steps at the falling edges. Shape of `time`."""
    ended = np.isfinite(spikes.t_fall)
    weights = np.concatenate([[start_weight], spikes.weight_after[ended]])
    return weights[np.searchsorted(spikes.t_fall[ended], time, side="right")]


def turning_points(weights: np.ndarray) -> list[int]:
    """First weight, every local extremum of the sequence, and the last weight."""
    steps = np.flatnonzero(np.diff(weights))
    signs = np.sign(np.diff(weights)[steps])
    turns = steps[1:][np.diff(signs) != 0]
    return [int(weights[0]), *(int(weights[k]) for k in turns), int(weights[-1])]
