"""An independent network of integrate-and-fire neurons: plain numpy, one step after the other.

It shares no code with the compiled loop. `W[n, k]` is the weight from k to n; v_, fast_ and slow_
are the states of the last step.
"""

from dataclasses import dataclass, field

import numpy as np

KERNEL_END = 1e-9


@dataclass
class Run:
    """What `simulate` saw; lists of one entry for each step, spike or update."""

    step_times: list = field(default_factory=list)
    step_channels: list = field(default_factory=list)
    v_after_step: list = field(default_factory=list)
    updates: list = field(default_factory=list)
    weights: np.ndarray = None
    fraction: np.ndarray = None
    v_reset: np.ndarray = None
    v_rest: np.ndarray = None
    final: tuple = ()

    @property
    def spikes(self):
        """Steps in which someone fired."""
        return np.flatnonzero(np.array(self.step_channels) >= 0)


def static_input(command, decoder, parameters):
    """The input of each neuron, V, shape (steps + 1, N): inputs summed in their order."""
    gain = decoder * parameters.tau_mem
    total = command[:, :1] * gain[0]
    for i in range(1, len(gain)):
        total = total + command[:, i : i + 1] * gain[i]
    return total


def simulate(parameters, thresholds, state, mismatch, drive, learn, slow_weights=None, bias=None):
    """Run on `drive`, V, shape (steps + 1, N), from rest; thresholds in V, with mismatch."""
    p, dt, count = parameters, parameters.dt, len(thresholds)
    slow_weights = np.zeros((count, count)) if slow_weights is None else slow_weights
    bias = np.zeros(count) if bias is None else bias
    run = Run(
        weights=state.weights.copy(),
        fraction=state.fraction.copy(),
        v_reset=state.v_reset.copy(),
        v_rest=state.v_rest.copy(),
    )
    tau = p.tau_mem * mismatch.tau_mem
    v = v_ = run.v_rest.copy()
    slow = fast = slow_ = fast_ = wait = np.zeros(count)
    t = t_ = 0.0
    end = (np.arange(len(drive)) * dt)[-1]
    while t < end:
        v = np.where(wait > 0, run.v_reset, v)
        k, crossing = -1, np.flatnonzero(v > thresholds)
        slow_kick = fast_kick = np.zeros(count)
        if len(crossing):
            with np.errstate(divide="ignore"):
                until = ((thresholds - v_) * dt)[crossing] / (v - v_)[crossing]
            first = np.argmin(until)
            k = int(crossing[first])
            spike = np.clip(t_ + until[first], t_ + dt / 10, t)
            d, t = spike - t_, spike
            wait = wait + (dt - d)
            v = (v - v_) / dt * d + v_
            slow = (slow - slow_) / dt * d + slow_
            fast = (fast - fast_) / dt * d + fast_
            v[k] = run.v_reset[k]
            wait[k] = p.refractory
            slow_kick = slow_weights[:, k]
            fast_kick = run.weights[:, k] * mismatch.weight[:, k]
        v_, slow_, fast_ = v.copy(), slow + slow_kick, fast + fast_kick
        slow = slow + (-slow / p.tau_slow + slow_kick / dt) * dt
        fast = fast + (-fast / p.tau_fast + fast_kick / dt) * dt
        current = run.v_rest - v + slow + fast + drive[int(t // dt)] + bias
        v = v + (current / tau) * dt
        if k >= 0 and learn:
            _learn(k, t, v_, p, thresholds, mismatch, run)
        run.step_times.append(float(t))
        run.step_channels.append(k)
        run.v_after_step.append(v)
        t_, t = t, t + dt
        wait = wait - dt
    run.final = tuple(
        (now - last) / dt * (t - end) + last
        for now, last in ((v, v_), (fast, fast_), (slow, slow_))
    )
    return run


def _learn(k, t, v, parameters, thresholds, mismatch, run):
    rule, lsb = parameters.rule, parameters.lsb
    gain = parameters.tau_mem
    if rule.gain == "kick":
        gain = parameters.tau_fast / parameters.tau_mem
    for n in range(len(v)):
        if rule.dead_zone_per_threshold is not None:
            dead_zone = rule.dead_zone_per_threshold * thresholds[n]
        else:
            dead_zone = lsb / 2 if rule.dead_zone is None else rule.dead_zone
        dead_zone += rule.margin
        seen = v[n] - run.v_rest[n] if rule.subtract_rest else v[n]
        if n == k:
            x = 2 * seen + (run.v_reset[k] + thresholds[k])
        else:
            synapse = mismatch.weight[n, k] if rule.sees == "effective" else 1.0
            x = 2 * seen + run.weights[n, k] * synapse * gain
        direction = 1 if x < -dead_zone else -1 if x > dead_zone else 0
        if n == k:
            change = direction * rule.diagonal_step * rule.diagonal
            run.v_reset[k] += change
            run.v_rest[k] += change
        else:
            change = 0.0 if mismatch.stuck[n, k] else _count(n, k, direction, parameters, run)
        if change:
            run.updates.append((t, n, k, change))


def _count(n, k, direction, parameters, run):
    """Move the counter A of a weight LSB*floor(A/2**s), and by it the weight."""
    s, half = parameters.rule.sub_lsbs, 2 ** (parameters.bits - 1)
    before = round(run.weights[n, k] / parameters.lsb) * 2**s + int(run.fraction[n, k])
    after = before + direction
    if parameters.saturate:
        after = min(max(after, -half * 2**s), half * 2**s - 1)
    run.fraction[n, k] = after % 2**s
    change = parameters.lsb * (after // 2**s - before // 2**s)
    run.weights[n, k] += change
    return change


def decoded(run, weights_out, steps, dt, tau_out):
    """Output, shape (steps + 1, Nx): weights_out, shape (N, Nx), of the spikes, decaying."""
    output = np.zeros((steps + 1, weights_out.shape[1]))
    length = int(np.ceil(-np.log(KERNEL_END) / (dt / tau_out)))
    for spike in run.spikes:
        b = int(np.floor(run.step_times[spike] / dt))
        age = np.arange(min(steps - b, length))
        decay = np.exp(-age * dt / tau_out)
        output[b + 1 : b + 1 + len(age)] += decay[:, None] * weights_out[run.step_channels[spike]]
    return output
