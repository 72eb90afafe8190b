"""What the compiled loop of integrate-and-fire neurons works on, block by block."""

from collections.abc import Callable, Iterator

import numpy as np

from ebn_model.network.lif_kernel import (
    NOW,
    Activity,
    Cells,
    Record,
    Rule,
    fill_drive,
    run_block,
)
from ebn_model.network.mismatch import Mismatch
from ebn_model.network.parameters import NetworkParameters
from ebn_model.network.results import LearnedState

LEAST_SHARE = 10
"""Two spikes of the network are at least dt divided by this apart."""
BLOCK = 2**16
"""Values of the drive that are made at a time: steps times neurons."""
_GOES_BACK = 2
"""Rows before a block that a spike at its beginning may still need."""

Drive = Callable[[slice], np.ndarray]
"""Gives the input of a slice of the grid's steps, V, shape (rows, N); each once and in order."""


def cells_of(
    parameters: NetworkParameters,
    steps: int,
    thresholds: np.ndarray,
    mismatch: Mismatch,
    slow_weights: np.ndarray,
    bias: np.ndarray,
) -> Cells:
    """The neurons of a chip for a run of `steps`; thresholds in V, with mismatch."""
    return Cells(
        dt=parameters.dt,
        least=parameters.dt / LEAST_SHARE,
        end=steps * parameters.dt,
        tau_fast=parameters.tau_fast,
        tau_slow=parameters.tau_slow,
        tau_mem=parameters.tau_mem * mismatch.tau_mem,
        threshold=thresholds,
        bias=np.array(bias, dtype=float),
        refractory=parameters.refractory,
        gain=np.array(mismatch.weight.T, dtype=float, order="C"),
        slow=np.array(slow_weights.T, dtype=float, order="C"),
        has_slow=bool(np.any(slow_weights)),
    )


def rule_of(
    parameters: NetworkParameters, thresholds: np.ndarray, mismatch: Mismatch, learn: bool
) -> Rule:
    """The rule on a chip; thresholds in V, with mismatch, which the dead zones follow."""
    options, lsb = parameters.rule, parameters.lsb
    if options.dead_zone_per_threshold is not None:
        dead_zone = options.dead_zone_per_threshold * thresholds
    else:
        width = lsb / 2 if options.dead_zone is None else options.dead_zone
        dead_zone = np.full(len(thresholds), width)
    # Half a step beyond the last weight: sums of steps needn't be exact.
    limit = parameters.full_scale + lsb / 2 if parameters.saturate else np.inf
    gain = mismatch.weight if options.sees == "effective" else np.ones_like(mismatch.weight)
    kick = parameters.tau_fast / parameters.tau_mem
    return Rule(
        learn=learn,
        gain=kick if options.gain == "kick" else parameters.tau_mem,
        dead_zone=dead_zone + options.margin,
        subtract_rest=options.subtract_rest,
        diagonal=options.diagonal,
        diagonal_step=options.diagonal_step,
        seen=np.array(gain.T, dtype=float, order="C"),
        plastic=np.array(~mismatch.stuck.T, order="C"),
        lsb=lsb,
        lowest=-limit,
        highest=limit - lsb,
        counts=1 << options.sub_lsbs,
    )


def activity_at_rest(state: LearnedState) -> Activity:
    """The beginning of a run; nothing in it is shared with `state`."""
    neurons = len(state.weights)
    return Activity(
        clock=np.zeros(2),
        # A membrane may begin above its threshold.
        flags=np.array([0, 1]),
        v=np.array([state.v_rest, state.v_rest], dtype=float),
        i_fast=np.zeros((2, neurons)),
        i_slow=np.zeros((2, neurons)),
        wait=np.zeros(neurons),
        weights=np.array(state.weights.T, dtype=float, order="C"),
        fraction=np.array(state.fraction.T, dtype=np.int64, order="C"),
        v_reset=np.array(state.v_reset, dtype=float),
        v_rest=np.array(state.v_rest, dtype=float),
    )


def state_of(activity: Activity) -> LearnedState:
    """What has been learned so far."""
    return LearnedState(
        weights=activity.weights.T.copy(order="C"),
        fraction=activity.fraction.T.copy(order="C"),
        v_reset=activity.v_reset.copy(),
        v_rest=activity.v_rest.copy(),
    )


def drive_of(
    command: np.ndarray, gain: np.ndarray, noise: float, generator: np.random.Generator | None
) -> Drive:
    """The command's input, and on it the noise of the input and of the neurons.

    Both are normal with standard deviation `noise`, V, and only their sum matters, which is drawn.

    Args:
        command: shape (steps + 1, Nx). gain: V, shape (Nx, N).
        generator: None for no noise.
    """

    def drive(rows: slice) -> np.ndarray:
        values = np.empty((len(command[rows]), gain.shape[1]))
        fill_drive(command[rows], gain, values)
        if generator is not None:
            values += np.sqrt(2) * noise * generator.standard_normal(values.shape)
        return values

    return drive


def blocks(
    drive: Drive,
    cells: Cells,
    rule: Rule,
    activity: Activity,
    record_membrane: bool = False,
    block: int = BLOCK,
) -> Iterator[Record]:
    """Run to the end and yield what each block of steps recorded.

    The record's arrays are used again: what is to last must be copied.
    """
    length = max(1, block // len(cells.threshold))
    record = _record(length, len(cells.threshold), rule.learn, record_membrane)
    first, stop = 0, length
    rows = drive(slice(0, stop))
    while activity.clock[NOW] < cells.end:
        if activity.clock[NOW] // cells.dt >= stop:
            first = max(first, stop - _GOES_BACK)
            kept = rows[first - stop :]
            rows = np.concatenate([kept, drive(slice(stop, stop + length))])
            stop += length
        record.count[:] = 0
        run_block(rows, first, cells, rule, activity, record)
        yield record


def _record(length: int, neurons: int, learn: bool, membrane: bool) -> Record:
    """Room for `length` steps, in each of which one neuron may fire and change all it sends."""
    room = length * neurons if learn else 0
    return Record(
        count=np.zeros(2, dtype=np.int64),
        times=np.empty(length),
        channels=np.empty(length, dtype=np.int64),
        membrane=np.empty((length if membrane else 0, neurons)),
        update_step=np.empty(room, dtype=np.int64),
        post=np.empty(room, dtype=np.int64),
        pre=np.empty(room, dtype=np.int64),
        delta=np.empty(room),
    )
