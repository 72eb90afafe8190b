"""The loop closed: circuits decide, and the network goes on with the weights that they learn."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from cosim.circuits.lockstep_row import Answer, LockstepRow, Step
from cosim.circuits.row import RowCircuit
from cosim.circuits.row_logic import digital_edges
from cosim.engine.job import Vectors
from cosim.engine.worker import STEPPED_SIMULATION
from cosim.workbench.errors import SimulationError
from cosim.workbench.lockstep import Runs, in_step
from ebn_model.chip.kernel import RISES, SPIKES, Activity, Record
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.row_stimulus import row_stimulus
from ebn_model.errors import InputError
from ebn_model.event_bus import GAP, EventBus
from ebn_model.network.decoding import decode
from ebn_model.network.results import LearnedState, NetworkResult, WeightUpdates
from ebn_model.row import RowResult, RowStimulus

Progress = Callable[[float], None]
Circuits = RowCircuit | Sequence[RowCircuit]
"""Circuit of all rows, or that of each row, in the order of the neurons."""


@dataclass(frozen=True, eq=False)
class ClosedLoopResult:
    """A run in a closed loop.

    Attributes:
        network: as if the network had run by itself.
        rows: what each row's circuit did, by its neuron.
        stimuli: what each row got; replayed open loop with the same `step`, it does the same.
        step: distance of the moments at which circuits and network waited for each other, s.
    """

    network: NetworkResult
    rows: dict[int, RowResult]
    stimuli: dict[int, RowStimulus]
    step: float


def teach(
    network: ChipNetwork,
    command: np.ndarray,
    circuit: Circuits | None = None,
    on_progress: Progress | None = None,
    workers: int | None = None,
) -> ClosedLoopResult:
    """Neurons from the model, weights from circuits, one for each row.

    The network goes ahead by at most the width of a pulse: what a circuit decides at a pulse's rise
    changes nothing before its fall. So its answers are always in time, and the result is that of
    both running as one.

    Args:
        network: before the run.
        command: shape (steps + 1, Nx).
        circuit: of all rows, or of each, as of dies; by default the mixed view under the bias table
            `network`.
        on_progress: gets the simulated time in s.
        workers: how many rows work at once, each in a process of its own (Runs.exchange).

    Raises:
        InputError: a command that can't be, or the transistor view.
        SimulationError: a circuit's run failed; names the row.
    """
    p = network.parameters
    circuits = _checked(circuit, p.neurons)
    block = max(1, int(p.pulse_width / p.dt * (1 + 1e-9)))
    duration, step = (len(command) - 1) * p.dt, block * p.dt
    with _rows_in_step(network, command, circuits, True, workers) as runs:
        teacher = _Teacher(runs, EventBus(p.slot, p.pulse_width), p.neurons, duration)
        result = network.run(
            command, learn=True, on_progress=on_progress, on_block=teacher.step, block=block
        )
        vectors = runs.results()
    spikes = result.spike_times, result.spike_neurons
    rows, stimuli = _read(network, command, circuits, spikes, vectors, forced=True)
    _check_same_codes(result.state, rows, stimuli)
    return ClosedLoopResult(result, rows, stimuli, step)


def live(
    network: ChipNetwork,
    command: np.ndarray,
    circuit: Circuits | None = None,
    on_progress: Progress | None = None,
    workers: int | None = None,
) -> ClosedLoopResult:
    """Whole neurons from circuits, which spike by themselves; only the event bus is not one.

    A spike is on the bus within GAP of a slot, 20 us as a rule, which the bus leaves anyway before
    it puts a weight on a row's bus. Arguments and errors as for `teach`.
    """
    p = network.parameters
    circuits = _checked(circuit, p.neurons)
    bus, step = EventBus(p.slot, p.pulse_width), GAP * p.slot
    duration = (len(command) - 1) * p.dt
    ends = np.arange(1, int(duration / step * (1 - 1e-9)) + 1) * step
    fired: list[tuple[float, int]] = []
    with _rows_in_step(network, command, circuits, False, workers) as runs:
        pulses: list[tuple[float, int]] = []
        for end in ends.tolist():
            answers = runs.exchange(_steps(p.neurons, end, pulses))
            pulses = []
            for time, neuron in _spikes(answers):
                fired.append((time, neuron))
                pulses.append((bus.request(time, neuron), neuron))
            if on_progress:
                on_progress(end)
        runs.send(_steps(p.neurons, None, pulses))
        vectors = runs.results()
    times = np.array([time for time, _ in fired], dtype=float)
    neurons = np.array([neuron for _, neuron in fired], dtype=int)
    rows, stimuli = _read(network, command, circuits, (times, neurons), vectors, forced=False)
    result = _as_network(network, duration, times, neurons, rows, stimuli)
    return ClosedLoopResult(result, rows, stimuli, step)


class _Teacher:
    """Exchange between the network and its rows after each block of steps."""

    def __init__(self, runs: Runs, bus: EventBus, neurons: int, duration: float):
        self._runs, self._bus, self._neurons, self._duration = runs, bus, neurons, duration
        self._decided: dict[tuple[int, int], deque[int]] = defaultdict(deque)

    def step(self, record: Record, activity: Activity) -> None:
        """Pass the block's spikes on, and take over what the circuits decided in it."""
        now = float(activity.time[0])
        count = record.count[SPIKES]
        columns = record.spike_times, record.spike_neurons
        spikes = list(zip(*(column[:count].tolist() for column in columns), strict=True))
        pulses = [(self._bus.request(time, neuron), neuron) for time, neuron in spikes]
        if now >= self._duration * (1 - 1e-9):
            # Pulses that rise in the last block fall after the end.
            self._runs.send(_steps(self._neurons, None, pulses, spikes))
            return
        answers = self._runs.exchange(_steps(self._neurons, now, pulses, spikes))
        for row, answer in enumerate(answers):
            for place, decision in answer.decisions:
                self._decided[row, _neuron(place, row)].append(decision)
        for line in record.rise_lines[: record.count[RISES]].tolist():
            for row in range(self._neurons):
                if row != line:
                    activity.decisions[row, line] = self._decided[row, line].popleft()


def _checked(circuit: Circuits | None, neurons: int) -> list[RowCircuit]:
    """The circuit of each row."""
    circuit = circuit or RowCircuit("mixed")
    circuits = [circuit] * neurons if isinstance(circuit, RowCircuit) else list(circuit)
    if len(circuits) != neurons:
        raise InputError(f"there are circuits of {len(circuits)} rows for {neurons} neurons")
    if any(one.view == "transistor" for one in circuits):
        raise InputError("the transistor view has no closed loop; take mixed or multiplexed")
    return circuits


@contextmanager
def _rows_in_step(
    network: ChipNetwork,
    command: np.ndarray,
    circuits: list[RowCircuit],
    forced: bool,
    workers: int | None,
):
    none = np.empty(0), np.empty(0, dtype=int)
    jobs = [
        circuit.job(
            row_stimulus(network, command, *none, row, forced),
            f"row {row}",
            controller=LockstepRow,
        )
        for row, circuit in enumerate(circuits)
    ]
    with in_step(STEPPED_SIMULATION, jobs, workers) as runs:
        yield runs


def _steps(
    neurons: int,
    until: float | None,
    pulses: list[tuple[float, int]],
    spikes: Sequence[tuple[float, int]] = (),
) -> list[Step]:
    """News for each row: all pulses but its neuron's own, and its forced spikes."""
    sent = [(rise, neuron) for rise, neuron in pulses if np.isfinite(rise)]
    return [
        Step(
            until,
            [(rise, _place(neuron, row)) for rise, neuron in sent if neuron != row],
            [time for time, neuron in spikes if neuron == row],
        )
        for row in range(neurons)
    ]


def _spikes(answers: list[Answer]) -> list[tuple[float, int]]:
    """Time and neuron of what spiked in a step, in the bus' order."""
    return sorted((time, row) for row, answer in enumerate(answers) for time in answer.spikes)


def _place(neuron: int, row: int) -> int:
    """Place of a neuron's synapse in a row, which has none for its own."""
    return neuron - (neuron > row)


def _neuron(place: int, row: int) -> int:
    return place + (place >= row)


def _read(
    network: ChipNetwork,
    command: np.ndarray,
    circuits: list[RowCircuit],
    spikes: tuple[np.ndarray, np.ndarray],
    vectors: list[Vectors],
    forced: bool,
) -> tuple[dict[int, RowResult], dict[int, RowStimulus]]:
    """Results and stimuli of all rows."""
    stimuli = {
        row: row_stimulus(network, command, *spikes, row, forced) for row in range(len(vectors))
    }
    for row, stimulus in stimuli.items():
        expected = replace(circuits[row].job(stimulus, f"row {row}"), edges=digital_edges(stimulus))
        try:
            expected.check({"time": vectors[row]["time"]})
        except SimulationError as error:
            raise type(error)(f"row {row}: {error}") from None
    rows = {row: circuits[row].result(stimuli[row], vectors[row]) for row in stimuli}
    return rows, stimuli


def _check_same_codes(state: LearnedState, rows: dict, stimuli: dict) -> None:
    for row, result in rows.items():
        codes = state.weights[row, stimuli[row].synapses]
        if not np.array_equal(codes, result.final_codes):
            raise SimulationError(f"row {row} and the network don't have the same weights")


def _as_network(network, duration, times, neurons, rows, stimuli) -> NetworkResult:
    """The result of a network whose neurons and weights were circuits."""
    p, state = network.parameters, network.state
    weights, fraction = state.weights.copy(), state.fraction.copy()
    for row, result in rows.items():
        weights[row, stimuli[row].synapses] = result.final_codes
        fraction[row, stimuli[row].synapses] = result.final_fractions
    steps = round(duration / p.dt)
    return NetworkResult(
        duration=duration,
        spike_times=times,
        spike_neurons=neurons,
        updates=_updates(rows),
        state=LearnedState(weights, fraction, state.v_reset, state.v_rest),
        output_times=np.arange(steps + 1) * p.dt,
        output=decode(times, neurons, network.decoder, p, steps),
        membrane_times=np.empty(0),
        membrane=np.empty((0, p.neurons)),
    )


def _updates(rows: dict[int, RowResult]) -> WeightUpdates:
    found = [
        (fall, row, pre, after - before)
        for row, result in rows.items()
        for fall, pre, before, after in zip(
            result.events.t_fall,
            result.events.pre,
            result.events.weight_before,
            result.events.weight_after,
            strict=True,
        )
        if after != before
    ]
    columns = zip(*sorted(found), strict=True) if found else ((),) * 4
    kinds = (float, int, int, float)
    return WeightUpdates(*(np.array(c, dtype=k) for c, k in zip(columns, kinds, strict=True)))
