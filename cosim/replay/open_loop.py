"""Open loop: circuits of a network's rows, and their model, get the network's recorded spikes."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import numpy as np

from cosim.cells.row_constants import row_constants
from cosim.circuits.bias_tables import TableOrPath, read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.row import DACS, RowCircuit, View
from cosim.comparison.row_case import RowComparisonInput
from cosim.replay.row_run import RowRun, RowTask, Waveform, run_row
from cosim.replay.stored_row import StoredRow, row_key
from cosim.workbench.errors import CosimError
from cosim.workbench.placement import HERE, Placement
from cosim.workbench.pool import OnMessage, ignore
from cosim.workbench.task import Task
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.row import ChipRow
from ebn_model.chip.row_stimulus import row_stimulus
from ebn_model.errors import InputError
from ebn_model.parameters import NeuronParameters
from ebn_model.row import RowStimulus

Runs = Literal["missing", "all", "none"]
RowPart = TypeVar("RowPart")
ROW = Task(run_row, attrgetter("label"), isolated=True, key=row_key)


class Spikes(Protocol):
    """Spikes of a run, as NetworkResult and SpikeTrains have them."""

    @property
    def spike_times(self) -> np.ndarray:
        """In s, ascending, shape (spikes,)."""

    @property
    def spike_neurons(self) -> np.ndarray:
        """Neuron of each spike, same shape."""


@dataclass(frozen=True)
class RowSettings:
    """Settings of the runs of rows.

    view: of the circuit (RowCircuit). biases: a bias table's name, or its path, *.spice.
    first_die: number of the die that row 0 is; each other row is the next one. By default all are
        what the conditions say.
    step: of the closed loop that is repeated, s (ClosedLoopResult); None for another run.
    waveform: what is kept of I_mem (row_run.Waveform).
    placement: where, and how many at once.
    cache: folder of finished rows, which are not run again as long as nothing that they depend on
        changes; None for no cache.
    runs: which rows are run: those that the cache lacks, all, or none.
    constants: of rows' models where they are known, by row; the others are looked up or measured.
    dacs: of the multiplexed view, for each row.
    """

    view: View = "mixed"
    conditions: Conditions = field(default_factory=Conditions)
    biases: TableOrPath = "network"
    first_die: int | None = None
    step: float | None = None
    waveform: Waveform = "decimated"
    placement: Placement = HERE
    cache: Path | None = None
    runs: Runs = "missing"
    constants: Mapping[int, NeuronParameters] = field(default_factory=dict)
    dacs: int = DACS

    def conditions_of(self, row: int) -> Conditions:
        """Conditions that a row runs under."""
        if self.first_die is None:
            return self.conditions
        return self.conditions.of_die(self.first_die + row)

    def circuits(self, rows: Iterable[int]) -> dict[int, RowCircuit]:
        """The circuit of each row; raises InputError for an unknown view or table."""
        biases = read_biases(self.biases, self.conditions.technology)
        return self._of_each(
            rows,
            lambda own: RowCircuit(
                self.view, biases, conditions=own, dacs=self.dacs, step=self.step
            ),
        )

    def models(self, rows: Iterable[int]) -> dict[int, ChipRow]:
        """The model of each row, whose constants may have to be measured (row_constants)."""
        pool, rows = self.placement.local_pool(), list(rows)
        unknown = [row for row in rows if row not in self.constants]
        found = dict(self.constants)
        if unknown:
            found |= self._of_each(unknown, lambda own: row_constants(self.biases, own, pool))
        return {row: ChipRow(found[row]) for row in rows}

    def _of_each(
        self, rows: Iterable[int], make: Callable[[Conditions], RowPart]
    ) -> dict[int, RowPart]:
        """A part for each row, made for its conditions; rows of the same conditions share it."""
        if self.first_die is None:
            return dict.fromkeys(rows, make(self.conditions))
        return {row: make(self.conditions_of(row)) for row in rows}


@dataclass(frozen=True, eq=False)
class ReplayResult:
    """Rows in circuit and model.

    Attributes:
        rows: by the number of the row's neuron, in ascending order, without those whose run failed.
        runs: what the runs of the circuits took.
        failures: the errors of the others.
    """

    rows: Mapping[int, RowComparisonInput]
    runs: Mapping[int, RowRun]
    failures: Mapping[int, CosimError] = field(default_factory=dict)


class MissingRowsError(CosimError):
    """Rows are missing in a result, which has all others.

    result: the others; they are in the cache, too.
    """

    def __init__(self, result: ReplayResult):
        """Name the rows, each with what became of it."""
        self.result = result
        reasons = "\n".join(str(error) for error in result.failures.values())
        names = ", ".join(map(str, result.failures))
        super().__init__(f"rows are missing: {names}; run again to get just these\n{reasons}")


def replay(
    network: ChipNetwork,
    command: np.ndarray,
    spikes: Spikes,
    rows: Iterable[int] | None = None,
    *,
    settings: RowSettings | None = None,
    forced: bool = True,
    on_progress: OnMessage = ignore,
) -> ReplayResult:
    """Play the spikes of a run into circuits of its rows.

    Args:
        network: before the run: its rows begin with its codes, from rest.
        command: the run's input, shape (steps + 1, Nx).
        spikes: the run's.
        rows: numbers of neurons; all by default.
        settings: how the rows are run.
        forced: whether a neuron spikes when it did in the run, or by itself.
        on_progress: gets row and simulated time in s.

    Raises:
        InputError: a row or spikes that can't be, or an unknown view or table.
        MissingRowsError: runs failed; the others went on, and are in its `result`.
        OutputError: the cache can't be written.
    """
    stimuli = network_stimuli(network, command, spikes, rows, forced)
    return replay_stimuli(stimuli, settings or RowSettings(), on_progress)


def network_stimuli(
    network: ChipNetwork,
    command: np.ndarray,
    spikes: Spikes,
    rows: Iterable[int] | None = None,
    forced: bool = True,
) -> dict[int, RowStimulus]:
    """Stimulus of each row in `replay`; arguments and errors as there."""
    times, numbers = spikes.spike_times, spikes.spike_neurons
    return {
        row: row_stimulus(network, command, times, numbers, row, forced)
        for row in chosen_rows(rows, network.parameters.neurons)
    }


def replay_stimuli(
    stimuli: Mapping[int, RowStimulus], settings: RowSettings, on_progress: OnMessage = ignore
) -> ReplayResult:
    """Run rows on stimuli of their own, by the number of the row's neuron; raises as `replay`."""
    circuits = settings.circuits(stimuli)
    tasks = [
        RowTask(row, circuits[row], stimulus, settings.waveform)
        for row, stimulus in stimuli.items()
    ]
    # First, since it takes seconds where the circuits take minutes.
    models = settings.models(stimuli)
    runs, failures = _run(tasks, settings, on_progress)
    rows = {row: compared(run, models[row], stimuli[row]) for row, run in sorted(runs.items())}
    result = ReplayResult(rows, dict(sorted(runs.items())), dict(sorted(failures.items())))
    if failures:
        raise MissingRowsError(result)
    return result


def compared(run: RowRun, model: ChipRow, stimulus: RowStimulus) -> RowComparisonInput:
    """A row's run beside that of its model on the same stimulus."""
    return RowComparisonInput(run.result, model.run(stimulus), stimulus, model)


def chosen_rows(rows: Iterable[int] | None, neurons: int) -> list[int]:
    """Rows in ascending order, each once, all by default; raises InputError for one that isn't."""
    chosen = sorted(set(range(neurons) if rows is None else rows))
    for row in chosen:
        if row not in range(neurons):
            raise InputError(f"row {row} is not one of 0 .. {neurons - 1}")
    if not chosen:
        raise InputError("there are no rows to replay")
    return chosen


def _run(
    tasks: list[RowTask], settings: RowSettings, on_progress: OnMessage
) -> tuple[dict[int, RowRun], dict[int, CosimError]]:
    """Runs and failures by row; what the cache has is taken from there."""
    stored = {task.row: StoredRow(settings.cache, task) for task in tasks if settings.cache}
    runs, failures, waiting = {}, {}, []

    def report(task: RowTask) -> None:
        # What a run itself reports stops short of its end.
        on_progress(task.row, task.stimulus.duration)

    for task in tasks:
        if stored and settings.runs != "all" and stored[task.row].is_current():
            runs[task.row] = stored[task.row].read()
            report(task)
        else:
            waiting.append(task)
    if waiting and settings.runs == "none":
        missing = ", ".join(str(task.row) for task in waiting)
        raise InputError(f"no current results of rows {missing} in {settings.cache}: run it first")

    def on_time(number: int, time: float) -> None:
        on_progress(waiting[number].row, time)

    with settings.placement.pool() as pool, closing(pool.run(ROW, waiting, on_time)) as ended:
        for number, run in ended:
            task = waiting[number]
            if isinstance(run, CosimError):
                failures[task.row] = run
                continue
            if isinstance(run, Exception):
                raise run
            runs[task.row] = run
            report(task)
            if stored:
                stored[task.row].write(run)
    return runs, failures
