"""Results of a learning neuron's run, from the circuit and from the model alike."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ebn_model.errors import InputError
from ebn_model.learning_rule import Decision
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN
from ebn_model.text import read_lines, reading, to_number

COLUMNS = (
    *("spike", "t_rise_ms", "t_fall_ms", "i_mem_rise_nA", "i_mem_fall_nA"),
    *("decision", "weight_before", "weight_after"),
)
"""Of a table of spikes as CSV."""


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
        """Write the table under COLUMNS; what a run without the falling edge lacks stays empty."""
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for k in range(len(self)):
                times = [f"{edge[k] * 1e3:.4f}" for edge in (self.t_rise, self.t_fall)]
                currents = [f"{i[k] * 1e9:.4f}" for i in (self.i_mem_rise, self.i_mem_fall)]
                after = self.weight_after[k]
                if np.isnan(self.t_fall[k]):
                    times[1] = currents[1] = after = ""
                decision = Decision(self.decision[k]).name
                writer.writerow([k, *times, *currents, decision, self.weight_before[k], after])


def read_spike_table(path: Path) -> SpikeTable:
    """Read what `SpikeTable.write_csv` wrote (empty last falling edges allowed).

    Raises:
        InputError: another header, an unknown decision, no such table, one that may have been cut
            off, or values that no run has; names the file.
    """
    with reading(path, "table of spikes"):
        rows = list(csv.reader(read_lines(path)))
        if rows[:1] != [list(COLUMNS)]:
            raise InputError(f"{path}: the header is not {','.join(COLUMNS)!r}")
        table = SpikeTable.from_rows([_spike(row, path) for row in rows[1:]])
    _check(table, path)
    return table


def _check(table: SpikeTable, path: Path) -> None:
    """Raise InputError for values that no run has, naming the file and the spike's number."""
    bad = {name: ~np.isfinite(getattr(table, name)) for name in ("t_rise", "i_mem_rise")}
    for name in ("weight_before", "weight_after"):
        weights = getattr(table, name)
        bad[name] = (weights < WEIGHT_MIN) | (weights > WEIGHT_MAX)
    for name, wrong in bad.items():
        if wrong.any():
            number = int(wrong.argmax())
            value = getattr(table, name)[number]
            raise InputError(f"{path}: spike {number}: {name} = {value:g} can't be")


def _spike(row: list[str], path: Path) -> tuple:
    """A row of a table as SpikeTable has it."""
    cells = dict(zip(COLUMNS, row, strict=True))
    if cells["decision"] not in Decision.__members__:
        raise InputError(f"{path}: unknown decision {cells['decision']!r}")
    before = _whole(cells["weight_before"])
    return (
        *(to_number(cells[f"t_{edge}_ms"] or "nan") * 1e-3 for edge in ("rise", "fall")),
        *(to_number(cells[f"i_mem_{edge}_nA"] or "nan") * 1e-9 for edge in ("rise", "fall")),
        int(Decision[cells["decision"]]),
        before,
        _whole(cells["weight_after"]) if cells["weight_after"] else before,
    )


def _whole(text: str) -> int:
    if not to_number(text).is_integer():
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


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
