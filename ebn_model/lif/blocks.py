"""Input and output of the compiled loop of integrate-and-fire neurons, block by block."""

from collections.abc import Callable, Iterator

import numpy as np

from ebn_model.lif.arrays import NOW, Activity, Cells, Record, Rule
from ebn_model.lif.kernel import GLIDE, PAIR, run_block
from ebn_model.network.mismatch import Mismatch
from ebn_model.network.parameters import NetworkParameters
from ebn_model.network.results import LearnedState

LEAST_SHARE = 10
"""Two spikes of the network are at least dt divided by this apart."""
BLOCK = 2**13
"""Steps between two returns from the compiled loop."""
_ROOM = 2**16
"""Most values of all neurons that are drawn or recorded at a time."""
_GOES_BACK = 2
"""Rows before a block that a spike at its beginning may still need."""

Added = Callable[[np.ndarray], None]
"""Fills in what is added to the input in the grid's next steps, V, shape (rows, N)."""


def cells_of(
    parameters: NetworkParameters,
    steps: int,
    decoder: np.ndarray,
    thresholds: np.ndarray,
    mismatch: Mismatch,
    slow_weights: np.ndarray | None,
    bias: np.ndarray | None,
    fast: bool,
) -> Cells:
    """The neurons of a chip for a run.

    Args:
        parameters: of the chip.
        mismatch: of the chip.
        steps: of the run.
        decoder: D, shape (Nx, N).
        thresholds: V, with mismatch, shape (N,).
        slow_weights: weight units, shape (N, N), `[n, k]` from k to n; None for no slow synapses.
        bias: V, added to each neuron's input, shape (N,); None for none.
        fast: whether silent steps multiply instead of dividing (Cells).
    """
    neurons = len(thresholds)
    tau_mem = _floats(parameters.tau_mem * mismatch.tau_mem)
    return Cells(
        dt=parameters.dt,
        least=parameters.dt / LEAST_SHARE,
        end=steps * parameters.dt,
        tau_fast=parameters.tau_fast,
        tau_slow=parameters.tau_slow,
        tau_mem=tau_mem,
        threshold=_floats(thresholds),
        bias=_floats(np.zeros(neurons) if bias is None else bias),
        refractory=parameters.refractory,
        fast=fast,
        rate=parameters.dt / tau_mem,
        kept=1 - parameters.dt / parameters.tau_fast,
        input_gain=_floats(decoder * parameters.tau_mem),
        slow=np.zeros((0, 0)) if slow_weights is None else _floats(slow_weights.T),
        has_slow=slow_weights is not None,
    )


def rule_of(
    parameters: NetworkParameters, thresholds: np.ndarray, mismatch: Mismatch, learn: bool
) -> Rule:
    """The rule on a chip; thresholds in V, with mismatch, shape (N,), which dead zones follow."""
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
        seen=_floats(gain),
        synapse=_floats(mismatch.weight),
        stuck=np.ascontiguousarray(mismatch.stuck, dtype=bool),
        lsb=lsb,
        lowest=-limit,
        highest=limit - lsb,
        counts=1 << options.sub_lsbs,
    )


def sent_weights(state: LearnedState, mismatch: Mismatch) -> np.ndarray:
    """Kicks that each neuron sends, weight units, shape (N, N), one row for each that fires."""
    return _floats((state.weights * mismatch.weight).T)


def activity_at_rest(state: LearnedState, sent: np.ndarray, learn: bool) -> Activity:
    """The beginning of a run; where it learns, in copies of the state and of `sent_weights`."""
    neurons = len(state.weights)
    if learn:
        state = LearnedState(**{name: values.copy() for name, values in vars(state).items()})
        sent = sent.copy()
    return Activity(
        clock=np.zeros(2),
        # A membrane may begin above its threshold.
        flags=np.array([0, 1, 0]),
        v=np.array([state.v_rest, state.v_rest], dtype=float),
        i_fast=np.zeros((2, neurons)),
        i_slow=np.zeros((2, neurons)),
        drive=np.zeros((GLIDE, neurons)),
        pairs=np.zeros((GLIDE, PAIR)),
        wait=np.zeros(neurons),
        weights=_floats(state.weights),
        fraction=np.ascontiguousarray(state.fraction, dtype=np.int64),
        v_reset=_floats(state.v_reset),
        v_rest=_floats(state.v_rest),
        sent=sent,
    )


def state_of(activity: Activity) -> LearnedState:
    """The state that has been learned."""
    return LearnedState(activity.weights, activity.fraction, activity.v_reset, activity.v_rest)


def noise_of(parameters: NetworkParameters, generator: np.random.Generator) -> Added:
    """The noise of the inputs and of the neurons.

    Both are normal with the standard deviation `noise` in each step; as only their sum matters, it
    is what is drawn.
    """

    def added(rows: np.ndarray) -> None:
        generator.standard_normal(out=rows)
        rows *= np.sqrt(2) * parameters.noise

    return added


def blocks(
    command: np.ndarray,
    added: Added | None,
    cells: Cells,
    rule: Rule,
    activity: Activity,
    record_membrane: bool = False,
    block: int = BLOCK,
) -> Iterator[Record]:
    """Run to the end and yield what each block of steps recorded.

    The record's arrays are used again: what is to last must be copied.
    """
    neurons = len(cells.threshold)
    if added or rule.learn or record_membrane:
        block = min(block, max(1, _ROOM // neurons))
    record = _record(block, neurons, rule.learn, record_membrane)
    rows = np.zeros((block + _GOES_BACK if added else 1, neurons))
    # Before the run there is nothing: the first row that is filled in is that of step 0.
    first = -block - _GOES_BACK
    while activity.clock[NOW] < cells.end:
        if added and activity.clock[NOW] // cells.dt >= first + len(rows):
            rows[:_GOES_BACK] = rows[-_GOES_BACK:]
            added(rows[_GOES_BACK:])
            first += block
        record.count[:] = 0
        run_block(command, rows, first, bool(added), cells, rule, activity, record)
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


def _floats(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=float)
