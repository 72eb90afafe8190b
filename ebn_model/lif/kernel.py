"""Compiled step loop of leaky integrate-and-fire neurons: the paper's solver, bit by bit.

A step of dt goes from t to t + dt. Where a membrane ends above its threshold, the crossing is
interpolated, all goes back to it, the first to cross fires, and the next step of dt starts there
(back-tick spike detection). The order of evaluation is the original's and must stay: no fastmath,
and no fused multiply-add, which the compiler only makes where fastmath allows it.

Most steps are silent. A glide makes GLIDE of them in one pass over the neurons, which is bound by
the divisions, not by memory; where a membrane crosses its threshold on the way, it is forgotten and
the steps are made one by one up to there. A fast glide multiplies instead: about half the time for
many neurons, but not the original's bits any more. All other steps are the same.
"""

import numpy as np

from ebn_model import learning_rule
from ebn_model.lif.arrays import (
    CROSSING,
    LAST,
    NOW,
    PRESENT,
    STEPS,
    UPDATES,
    WAITING,
)
from ebn_model.network.compilation import compiled, inlined

_decide = compiled(learning_rule.decide)

GLIDE = 5
"""Silent steps in one pass."""
PAIR = 2
"""Inputs that a glide sums on the way; those of other numbers, or with noise, before."""


@compiled
def run_block(command, added, first, moving, cells, rule, activity, record):
    """Go on to the end of the run, of `added` or of the room in the record.

    command: at every step of the grid, shape (steps + 1, Nx). added: to the command's input, V,
    shape (rows, N), from the grid's step `first` on; its first row is for all if not `moving`.
    """
    clock, flags, dt = activity.clock, activity.flags, cells.dt
    may_glide = len(record.membrane) == 0 and not cells.has_slow
    singles = 0
    while clock[NOW] < cells.end and record.count[STEPS] < len(record.times):
        if moving and _row(clock[NOW], dt) >= first + len(added):
            return
        if flags[WAITING]:
            _hold(activity.v[flags[PRESENT]], cells, activity)
        if may_glide and not (flags[CROSSING] or flags[WAITING]):
            if singles <= 0:
                silent, near = _glide(command, added, first, moving, cells, activity, record)
                if near or not silent:
                    singles = GLIDE
                if silent:
                    continue
            _single(command, added, first, moving, cells, activity, record)
            singles -= 1
            continue
        _step(command, added, first, moving, cells, rule, activity, record)
        singles = 0


@inlined
def _glide(command, added, first, moving, cells, activity, record):
    """Make GLIDE steps with the arithmetic of `_step`, or none where one isn't silent.

    Returns whether they were silent, and whether the next ones may not be. The last steps of the
    run, of `added` and of the record are left to `_single`.
    """
    step, now, dt = record.count[STEPS], activity.clock[NOW], cells.dt
    rows_left = first + len(added) - _row(now, dt) if moving else GLIDE + 1
    if step + GLIDE > len(record.times) or now + GLIDE * dt >= cells.end or rows_left <= GLIDE:
        return False, False
    inputs, summed = activity.pairs, moving or len(cells.input_gain) != PAIR
    for j in range(GLIDE):
        row = _row(now, dt)
        if summed:
            _sum_inputs(row, command, added, first, moving, cells, activity.drive[j])
        else:
            inputs[j, 0], inputs[j, 1] = command[row, 0], command[row, 1]
        record.times[step + j], record.channels[step + j] = now, -1
        last, now = now, now + dt
    if cells.fast and summed:
        silent, near = _silent_steps(inputs, cells, activity, True, True)
    elif cells.fast:
        silent, near = _silent_steps(inputs, cells, activity, False, True)
    elif summed:
        silent, near = _silent_steps(inputs, cells, activity, True, False)
    else:
        silent, near = _silent_steps(inputs, cells, activity, False, False)
    if not silent:
        return False, False
    record.count[STEPS] = step + GLIDE
    activity.flags[PRESENT] = 1 - activity.flags[PRESENT]
    activity.clock[LAST], activity.clock[NOW] = last, now
    return True, near


@inlined
def _single(command, added, first, moving, cells, activity, record):
    """Make one step, after which a membrane may be above its threshold."""
    step, now = record.count[STEPS], activity.clock[NOW]
    row = _row(now, cells.dt)
    if moving or len(cells.input_gain) != PAIR:
        _sum_inputs(row, command, added, first, moving, cells, activity.drive[0])
        silent = _silent_step(cells, activity, True)
    else:
        activity.pairs[0, 0], activity.pairs[0, 1] = command[row, 0], command[row, 1]
        silent = _silent_step(cells, activity, False)
    record.times[step], record.channels[step] = now, -1
    record.count[STEPS] = step + 1
    activity.flags[CROSSING] = not silent
    activity.flags[PRESENT] = 1 - activity.flags[PRESENT]
    activity.clock[LAST], activity.clock[NOW] = now, now + cells.dt


@inlined
def _silent_steps(inputs, cells, activity, summed, fast):
    """GLIDE silent steps; whether no membrane was above its threshold after any, and whether one
    will be after as many more if it goes on as fast: most glides that would fail aren't tried.

    summed: whether the inputs are in activity.drive already; a pair is summed on the way. Both
    choices are constants where this is inlined, so that no branch is left in the loop.
    """
    present, v_rest, drives = activity.flags[PRESENT], activity.v_rest, activity.drive
    v, i_fast, following = activity.v, activity.i_fast, 1 - present
    gain, bias, threshold, dt = cells.input_gain, cells.bias, cells.threshold, cells.dt
    tau_mem, rate, tau_fast, kept = cells.tau_mem, cells.rate, cells.tau_fast, cells.kept
    silent, near = True, False
    for n in range(len(v_rest)):
        i, reached = i_fast[present, n], v[present, n]
        for j in range(GLIDE):
            if summed:
                drive = drives[j, n]
            else:
                drive = inputs[j, 0] * gain[0, n] + inputs[j, 1] * gain[1, n]
            if fast:
                i *= kept
                reached += (v_rest[n] - reached + i + drive + bias[n]) * rate[n]
            else:
                i += (-i / tau_fast) * dt
                reached += ((v_rest[n] - reached + i + drive + bias[n]) / tau_mem[n]) * dt
            silent &= reached <= threshold[n]
        near |= 2 * reached - v[present, n] > threshold[n]
        i_fast[following, n], v[following, n] = i, reached
    return silent, near


@inlined
def _silent_step(cells, activity, summed):
    """One of these, which is kept; whether no membrane is above its threshold after it."""
    present, v_rest = activity.flags[PRESENT], activity.v_rest
    drives, pairs = activity.drive, activity.pairs
    v, i_fast, following = activity.v, activity.i_fast, 1 - present
    gain, bias, threshold, dt = cells.input_gain, cells.bias, cells.threshold, cells.dt
    tau_mem, tau_fast = cells.tau_mem, cells.tau_fast
    silent = True
    for n in range(len(v_rest)):
        i, reached = i_fast[present, n], v[present, n]
        drive = drives[0, n] if summed else pairs[0, 0] * gain[0, n] + pairs[0, 1] * gain[1, n]
        i += (-i / tau_fast) * dt
        reached += ((v_rest[n] - reached + i + drive + bias[n]) / tau_mem[n]) * dt
        silent &= reached <= threshold[n]
        i_fast[following, n], v[following, n] = i, reached
    return silent


@inlined
def _step(command, added, first, moving, cells, rule, activity, record):
    """One step of dt from the present, or from the first spike before it."""
    clock, flags = activity.clock, activity.flags
    present, step = flags[PRESENT], record.count[STEPS]
    k = -1
    if flags[CROSSING]:
        k = _first_crossing(activity.v[present], activity.v[1 - present], cells, clock)
    if k >= 0:
        _go_back(k, present, cells, activity)
    row = _row(clock[NOW], cells.dt)
    _sum_inputs(row, command, added, first, moving, cells, activity.drive[0])
    _advance(k, present, cells, activity)
    if k >= 0 and rule.learn:
        _learn(k, step, activity.v[present], cells, rule, activity, record)
    record.times[step], record.channels[step] = clock[NOW], k
    if len(record.membrane):
        for n in range(len(activity.v_rest)):
            record.membrane[step, n] = activity.v[1 - present, n]
    record.count[STEPS] = step + 1
    flags[PRESENT] = 1 - present
    clock[LAST] = clock[NOW]
    clock[NOW] += cells.dt


@inlined
def _row(time, dt):
    """int(time // dt), but faster: rounding can lift a quotient to a whole number only."""
    quotient = time / dt
    whole = int(quotient)
    return int(time // dt) if quotient == whole else whole


@inlined
def _sum_inputs(row, command, added, first, moving, cells, drive):
    """Set drive to a row of command @ input_gain, inputs in order, plus what is added."""
    gain, more = cells.input_gain, added[(row - first) * moving]
    for n in range(len(drive)):
        drive[n] = command[row, 0] * gain[0, n]
    for i in range(1, len(gain)):
        for n in range(len(drive)):
            drive[n] += command[row, i] * gain[i, n]
    for n in range(len(drive)):
        drive[n] += more[n]


@compiled
def _hold(v, cells, activity):
    """Keep refractory membranes at their reset."""
    above = waiting = False
    for n in range(len(v)):
        if activity.wait[n] > 0:
            v[n] = activity.v_reset[n]
            above |= v[n] > cells.threshold[n]
            waiting = True
    activity.flags[CROSSING] |= above
    # Once all have waited, none does again before the next spike: what is left only falls.
    activity.flags[WAITING] = waiting


@inlined
def _first_crossing(v, v_last, cells, clock):
    """Neuron that crosses first, or -1, and set the clock to its time; of equals the first."""
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


@inlined
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
        activity.flags[WAITING] = 1


@inlined
def _interpolate(present, last, elapsed, dt):
    for n in range(len(present)):
        present[n] = (present[n] - last[n]) / dt * elapsed + last[n]


@inlined
def _advance(k, present, cells, activity):
    """One step of Euler's method; its result takes the place of the last step's states."""
    following = 1 - present
    fast, slow = activity.i_fast[following], activity.i_slow[following]
    if k >= 0:
        _decay_kicked(activity.i_fast[present], fast, activity.sent[k], cells.tau_fast, cells.dt)
    else:
        _decay(activity.i_fast[present], fast, cells.tau_fast, cells.dt)
    if cells.has_slow and k >= 0:
        _decay_kicked(activity.i_slow[present], slow, cells.slow[k], cells.tau_slow, cells.dt)
    elif cells.has_slow:
        _decay(activity.i_slow[present], slow, cells.tau_slow, cells.dt)
    v, v_following = activity.v[present], activity.v[following]
    above = _charge(v, v_following, slow, fast, activity.drive[0], activity.v_rest, cells)
    activity.flags[CROSSING] = above
    if activity.flags[WAITING]:
        for n in range(len(v)):
            activity.wait[n] -= cells.dt


@inlined
def _decay(current, following, tau, dt):
    for n in range(len(current)):
        following[n] = current[n] + (-current[n] / tau) * dt


@inlined
def _decay_kicked(current, following, kicks, tau, dt):
    """Decay with a spike's kicks, which the present current has from now on too."""
    for n in range(len(current)):
        following[n] = current[n] + (-current[n] / tau + kicks[n] / dt) * dt
        current[n] += kicks[n]


@inlined
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
            x = 2 * seen + activity.weights[n, k] * rule.seen[n, k] * rule.gain
        direction = _decide(x, -rule.dead_zone[n], rule.dead_zone[n])
        change = 0.0
        if n == k and rule.diagonal:
            change = direction * rule.diagonal_step
            activity.v_reset[k] += change
            activity.v_rest[k] += change
        elif n != k and direction != 0 and not rule.stuck[n, k]:
            change = _count(k, n, direction, rule, activity)
        if change != 0:
            update = record.count[UPDATES]
            record.update_step[update], record.delta[update] = step, change
            record.post[update], record.pre[update] = n, k
            record.count[UPDATES] = update + 1


@inlined
def _count(k, n, direction, rule, activity):
    """Move the counter of a weight; by how much the weight changes."""
    counted = activity.fraction[n, k] + direction
    if 0 <= counted < rule.counts:
        activity.fraction[n, k] = counted
        return 0.0
    change = direction * rule.lsb
    if not rule.lowest <= activity.weights[n, k] + change <= rule.highest:
        return 0.0
    activity.weights[n, k] += change
    activity.sent[k, n] = activity.weights[n, k] * rule.synapse[n, k]
    activity.fraction[n, k] = counted - direction * rule.counts
    return change
