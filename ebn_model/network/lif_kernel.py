"""Compiled step loop of leaky integrate-and-fire neurons: the paper's solver, bit by bit.

A step of dt goes from t to t + dt. Where a membrane ends above its threshold, the crossing is
interpolated, all goes back to it, the first to cross fires, and the next step of dt starts there
(back-tick spike detection). The order of evaluation is the original's and must stay: no fastmath,
and no fused multiply-add, which the compiler only makes where fastmath allows it.

Matrices of synapses are stored [k, n], one row of what neuron k sends, so that a spike reads
contiguous memory. Loops over neurons are small and take few arrays: the compiler vectorises none
that needs more than eight checks for overlap.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

NOW, LAST = 0, 1
"""Places in Activity.clock."""
PRESENT, CROSSING = 0, 1
"""Places in Activity.flags."""
STEPS, UPDATES = 0, 1
"""Places in Record.count."""

compiled = njit(cache=True, error_model="numpy")
"""Compiled once for all runs; a division by zero is infinite, as in numpy."""


class Cells(NamedTuple):
    """What no run changes, for N neurons; times in s, potentials in V, currents in V.

    dt: step. least: shortest time between two spikes of the network. end: of the run. tau_fast,
    tau_slow: of the synapses. tau_mem, threshold, bias: shape (N,). refractory: not above 0 for
    none. gain: of each synapse, relative to nominal, [k, n]. slow: weights of the slow synapses,
    [k, n]. has_slow: whether any isn't 0.
    """

    dt: float
    least: float
    end: float
    tau_fast: float
    tau_slow: float
    tau_mem: np.ndarray
    threshold: np.ndarray
    bias: np.ndarray
    refractory: float
    gain: np.ndarray
    slow: np.ndarray
    has_slow: bool


class Rule(NamedTuple):
    """How weights learn (RuleParameters).

    learn: whether they do. gain: V per unit of weight. dead_zone: V, with the margin, shape (N,).
    subtract_rest, diagonal, diagonal_step: as in RuleParameters. seen: what the rule sees of a
    unit of weight, [k, n]. plastic: which weights can change, [k, n]. lsb: step of a weight.
    lowest, highest: weights beyond which none is stored; infinite where none saturates. counts: of
    the counter in a step of the weight, 2**sub_lsbs.
    """

    learn: bool
    gain: float
    dead_zone: np.ndarray
    subtract_rest: bool
    diagonal: bool
    diagonal_step: float
    seen: np.ndarray
    plastic: np.ndarray
    lsb: float
    lowest: float
    highest: float
    counts: int


class Activity(NamedTuple):
    """What a run changes, and takes from one block of steps to the next.

    clock: the time, and that of the last step, s, shape (2,). flags: which row of v, i_fast and
    i_slow is the present one (the other is that of the last step), and whether a membrane may be
    above its threshold, shape (2,). v, i_fast, i_slow: V, shape (2, N). wait: what is left of each
    refractory period, s, shape (N,). weights, fraction: LearnedState's, [k, n]. v_reset, v_rest: V.
    """

    clock: np.ndarray
    flags: np.ndarray
    v: np.ndarray
    i_fast: np.ndarray
    i_slow: np.ndarray
    wait: np.ndarray
    weights: np.ndarray
    fraction: np.ndarray
    v_reset: np.ndarray
    v_rest: np.ndarray


class Record(NamedTuple):
    """Filled by a block.

    count: steps and updates so far, shape (2,). times: when each step began, s. channels: who fired
    then, or -1. membrane: V at the end of each step, before anything goes back, shape (room, N), or
    empty. update_step: in which step of the block; post, pre, delta: as in WeightUpdates.
    """

    count: np.ndarray
    times: np.ndarray
    channels: np.ndarray
    membrane: np.ndarray
    update_step: np.ndarray
    post: np.ndarray
    pre: np.ndarray
    delta: np.ndarray


@compiled
def fill_drive(command, gain, drive):
    """Set drive, shape (rows, N), to command @ gain of shapes (rows, Nx), (Nx, N), inputs in order.

    The bits of a row don't depend on the others, unlike those of a library's matrix product.
    """
    for row in range(len(drive)):
        for n in range(drive.shape[1]):
            drive[row, n] = command[row, 0] * gain[0, n]
        for i in range(1, len(gain)):
            for n in range(drive.shape[1]):
                drive[row, n] += command[row, i] * gain[i, n]


@compiled
def run_block(drive, first, cells, rule, activity, record):
    """Go on to the end of the run, of `drive` or of the room in the record.

    drive: input in V, shape (rows, N), its first row that of the grid's step `first`.
    """
    clock, flags, dt = activity.clock, activity.flags, cells.dt
    while clock[NOW] < cells.end and record.count[STEPS] < len(record.times):
        row = int(clock[NOW] // dt) - first
        if row >= len(drive):
            return
        present = flags[PRESENT]
        if cells.refractory > 0:
            _hold(activity.v[present], cells, activity)
        k = -1
        if flags[CROSSING]:
            k = _first_crossing(activity.v[present], activity.v[1 - present], cells, clock)
        if k >= 0:
            _go_back(k, present, cells, activity)
            row = int(clock[NOW] // dt) - first
        _advance(k, drive[row], present, cells, activity)
        step = record.count[STEPS]
        if k >= 0 and rule.learn:
            _learn(k, step, activity.v[present], cells, rule, activity, record)
        record.times[step], record.channels[step] = clock[NOW], k
        if len(record.membrane):
            record.membrane[step] = activity.v[1 - present]
        record.count[STEPS] = step + 1
        flags[PRESENT] = 1 - present
        clock[LAST] = clock[NOW]
        clock[NOW] += dt


@compiled
def _hold(v, cells, activity):
    """Keep refractory membranes at their reset."""
    above = False
    for n in range(len(v)):
        if activity.wait[n] > 0:
            v[n] = activity.v_reset[n]
            above |= v[n] > cells.threshold[n]
    if above:
        activity.flags[CROSSING] = 1


@compiled
def _first_crossing(v, v_last, cells, clock):
    """Who crosses its threshold first, or -1, and set the clock to when; of equals the first."""
    first, least = -1, np.inf
    for n in range(len(v)):
        if v[n] > cells.threshold[n]:
            until = ((cells.threshold[n] - v_last[n]) * cells.dt) / (v[n] - v_last[n])
            if first < 0 or until < least:
                first, least = n, until
    if first >= 0:
        last = clock[LAST]
        clock[NOW] = min(max(last + least, last + cells.least), clock[NOW])
    return first


@compiled
def _go_back(k, present, cells, activity):
    """Interpolate all states at the time of k's spike, and reset k."""
    elapsed = activity.clock[NOW] - activity.clock[LAST]
    last = 1 - present
    _interpolate(activity.v[present], activity.v[last], elapsed, cells.dt)
    _interpolate(activity.i_fast[present], activity.i_fast[last], elapsed, cells.dt)
    if cells.has_slow:
        _interpolate(activity.i_slow[present], activity.i_slow[last], elapsed, cells.dt)
    activity.v[present, k] = activity.v_reset[k]
    if cells.refractory > 0:
        for n in range(len(activity.wait)):
            activity.wait[n] += cells.dt - elapsed
        activity.wait[k] = cells.refractory


@compiled
def _interpolate(present, last, elapsed, dt):
    for n in range(len(present)):
        present[n] = (present[n] - last[n]) / dt * elapsed + last[n]


@compiled
def _advance(k, drive, present, cells, activity):
    """One step of Euler's method; its result takes the place of the last step's states."""
    following = 1 - present
    fast, slow = activity.i_fast[following], activity.i_slow[following]
    if k >= 0:
        kicks = activity.weights[k] * cells.gain[k]
        _decay_kicked(activity.i_fast[present], fast, kicks, cells.tau_fast, cells.dt)
    else:
        _decay(activity.i_fast[present], fast, cells.tau_fast, cells.dt)
    if cells.has_slow and k >= 0:
        _decay_kicked(activity.i_slow[present], slow, cells.slow[k], cells.tau_slow, cells.dt)
    elif cells.has_slow:
        _decay(activity.i_slow[present], slow, cells.tau_slow, cells.dt)
    v, v_following = activity.v[present], activity.v[following]
    above = _charge(v, v_following, slow, fast, drive, activity.v_rest, cells)
    activity.flags[CROSSING] = above
    if cells.refractory > 0:
        for n in range(len(v)):
            activity.wait[n] -= cells.dt


@compiled
def _decay(current, following, tau, dt):
    for n in range(len(current)):
        following[n] = current[n] + (-current[n] / tau) * dt


@compiled
def _decay_kicked(current, following, kicks, tau, dt):
    """Decay with a spike's kicks, which the present current has from now on too."""
    for n in range(len(current)):
        following[n] = current[n] + (-current[n] / tau + kicks[n] / dt) * dt
        current[n] += kicks[n]


@compiled
def _charge(v, following, slow, fast, drive, v_rest, cells):
    """Charge the membranes; whether one ends above its threshold."""
    bias, tau, threshold, dt = cells.bias, cells.tau_mem, cells.threshold, cells.dt
    above = 0
    for n in range(len(v)):
        current = v_rest[n] - v[n] + slow[n] + fast[n] + drive[n] + bias[n]
        reached = v[n] + (current / tau[n]) * dt
        following[n] = reached
        above |= reached > threshold[n]
    return above


@compiled
def _learn(k, step, v, cells, rule, activity, record):
    """Move what k sends, and its reset; v: after the reset, before the kick."""
    for n in range(len(v)):
        seen = v[n] - activity.v_rest[n] if rule.subtract_rest else v[n]
        if n == k:
            x = 2 * seen + (activity.v_reset[k] + cells.threshold[k])
        else:
            x = 2 * seen + activity.weights[k, n] * rule.seen[k, n] * rule.gain
        direction = int(x < -rule.dead_zone[n]) - int(x > rule.dead_zone[n])
        if direction == 0:
            continue
        change = _reset_step(k, direction, rule, activity) if n == k else 0.0
        if n != k and rule.plastic[k, n]:
            change = _count(k, n, direction, rule, activity)
        if change != 0:
            update = record.count[UPDATES]
            record.update_step[update], record.delta[update] = step, change
            record.post[update], record.pre[update] = n, k
            record.count[UPDATES] = update + 1


@compiled
def _reset_step(k, direction, rule, activity):
    """Move the reset and the rest of k; the change in V."""
    if not rule.diagonal:
        return 0.0
    change = direction * rule.diagonal_step
    activity.v_reset[k] += change
    activity.v_rest[k] += change
    return change


@compiled
def _count(k, n, direction, rule, activity):
    """Move the counter of a weight; by how much the weight changes."""
    counted = activity.fraction[k, n] + direction
    if 0 <= counted < rule.counts:
        activity.fraction[k, n] = counted
        return 0.0
    change = direction * rule.lsb
    if not rule.lowest <= activity.weights[k, n] + change <= rule.highest:
        return 0.0
    activity.weights[k, n] += change
    activity.fraction[k, n] = counted - direction * rule.counts
    return change
