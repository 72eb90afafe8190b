"""The model of a row: one neuron of the chip's network, which gets its pulses from outside."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ebn_model.chip.blocks import activity_at_rest, blocks, circuit_of
from ebn_model.chip.dpi import one_of, output
from ebn_model.chip.kernel import MEM, Activity, Circuit, Record
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import NeuronParameters
from ebn_model.row import RowEvents, RowResult, RowStimulus

STEP = 1e-4
"""Grid of the returned waveform and of the input, s."""


@dataclass(frozen=True, eq=False)
class ChipRow:
    """A neuron of the chip with any number of synapses.

    Attributes:
        neuron: its constants, those of the nominal die or of its own, with the spike generator's.
    """

    neuron: NeuronParameters

    def thresholds(self, weight: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
        """I_lower and I_upper in A for weights in LSB, of any shape."""
        return LearningNeuron(self.neuron).thresholds(weight)

    def decide(self, i_mem: np.ndarray | float, weight: np.ndarray | int) -> np.ndarray:
        """Weight change in LSB (+1 INC, 0 SL, -1 DEC) for I_mem in A and weights in LSB."""
        return LearningNeuron(self.neuron).decide(i_mem, weight)

    def run(
        self, stimulus: RowStimulus, on_progress: Callable[[float], None] | None = None
    ) -> RowResult:
        """Simulate from rest; on_progress gets the simulated time in s from time to time."""
        circuit = self._circuit(stimulus)
        counters = (stimulus.start_codes << stimulus.sub_lsbs) + stimulus.start_fractions
        activity = activity_at_rest(circuit, [self.neuron], counters[None, :])
        i_start = output(activity.states[MEM, 0], one_of(circuit.membrane, 0))
        ends, block = _grid(stimulus)
        schedule, collected = _Schedule(stimulus, activity), _Collected(stimulus)
        currents = self._currents(stimulus, ends)
        for record in blocks(
            ends, currents, circuit, activity, True, True, schedule.prepare, block
        ):
            collected.add(record)
            if on_progress:
                on_progress(float(activity.time[0]))
        return RowResult(
            time=np.concatenate([[0.0], ends]),
            i_mem=np.concatenate([[i_start], *collected.membrane]),
            events=collected.events(),
            final_codes=activity.counters[0] >> stimulus.sub_lsbs,
            final_fractions=activity.counters[0] & ((1 << stimulus.sub_lsbs) - 1),
            output_spikes=np.concatenate([np.empty(0), *collected.spikes]),
        )

    def _circuit(self, stimulus: RowStimulus) -> Circuit:
        shape = (1, len(stimulus.synapses))
        changes: dict[str, Any] = {"on_bus": False}
        if stimulus.forced_spikes is not None:
            changes["firing"] = np.full(1, np.inf)
        return circuit_of(
            [self.neuron],
            np.ones(shape),
            np.ones(shape, dtype=bool),
            stimulus.pulse_width,
            stimulus.slot,
            stimulus.sub_lsbs,
            **changes,
        )

    def _currents(self, stimulus: RowStimulus, ends: np.ndarray) -> Callable[[slice], np.ndarray]:
        """Input of a slice of steps, A, shape (steps, 1): that in the middle of each step."""
        middles = (np.concatenate([[0.0], ends[:-1]]) + ends) / 2
        added = np.interp(middles, stimulus.input_times, stimulus.input_current)
        return lambda steps: self.neuron.i_in + added[steps, None]


class _Schedule:
    """Hands pulses and forced spikes to the loop, which takes one of each line at a time."""

    def __init__(self, stimulus: RowStimulus, activity: Activity):
        self._activity = activity
        lines = {pre: line for line, pre in enumerate(stimulus.synapses.tolist())}
        rises = zip(stimulus.rise_times.tolist(), stimulus.pre.tolist(), strict=True)
        forced = [] if stimulus.forced_spikes is None else stimulus.forced_spikes.tolist()
        self._rises = deque((time, lines[pre]) for time, pre in rises)
        self._forced = deque(forced)

    def prepare(self, until: float) -> None:
        """Set what happens up to a time in s."""
        while self._rises and self._rises[0][0] <= until:
            time, line = self._rises.popleft()
            self._activity.rise[line] = time
        if self._forced and self._forced[0] <= until:
            self._activity.forced[0] = self._forced.popleft()


class _Collected:
    """The parts of a result that blocks yield."""

    def __init__(self, stimulus: RowStimulus):
        self._stimulus = stimulus
        self._rises: list[tuple] = []
        self._falls: dict[int, list[tuple]] = {line: [] for line in range(len(stimulus.synapses))}
        self.membrane: list[np.ndarray] = []
        self.spikes: list[np.ndarray] = []

    def add(self, record: Record) -> None:
        spikes, rises, falls, _ = record.count
        self.membrane.append(record.membrane[:, 0])
        self.spikes.append(record.spike_times[:spikes])
        columns = (
            record.rise_times,
            record.i_rise[:, 0],
            record.decisions[:, 0],
            record.weight_before[:, 0],
        )
        lines = record.rise_lines[:rises].tolist()
        self._rises += zip(lines, *(column[:rises].tolist() for column in columns), strict=True)
        at_fall = record.fall_times, record.i_fall[:, 0], record.weight_after[:, 0]
        ended = zip(*(column[:falls].tolist() for column in at_fall), strict=True)
        for line, values in zip(record.fall_lines[:falls].tolist(), ended, strict=True):
            self._falls[line].append(values)

    def events(self) -> RowEvents:
        """Each rise with its fall, where there was one: those of a line come in order."""
        falls = {line: iter(values) for line, values in self._falls.items()}
        rows = []
        for line, rise, i_rise, decision, before in self._rises:
            fall, i_fall, after = next(falls[line], (np.nan, np.nan, before))
            pre = self._stimulus.synapses[line]
            rows.append((rise, fall, i_rise, i_fall, decision, before, after, pre))
        return RowEvents.from_rows(rows)


def _grid(stimulus: RowStimulus) -> tuple[np.ndarray, int]:
    """Ends of the steps, s, and how many go by before two things of one line can happen."""
    step = min(STEP, stimulus.slot)
    ends = np.append(np.arange(1, np.ceil(stimulus.duration / step)) * step, stimulus.duration)
    forced = stimulus.forced_spikes
    gaps = np.empty(0) if forced is None else np.diff(forced)
    shortest = min([stimulus.pulse_width, *gaps])
    return ends, max(1, int(shortest / step))
