"""References for the compiled network's speed: the same loop in numpy, and bare arithmetic."""

import numpy as np

from ebn_model.lif.network import LifNetwork
from ebn_model.network.compilation import compiled

Spikes = list[tuple[float, int]]
Updates = list[tuple[float, int, int, float]]


def train(network: LifNetwork, drive: np.ndarray) -> tuple[Spikes, Updates, np.ndarray]:
    """Run and learn as LifNetwork in the `paper` configuration, all neurons at a time.

    The whole solver, step by step, as one writes it in numpy: fast and slow synapses, bias and
    refractory period are there, whether this network has them or not. No mismatch or sub-LSBs.

    Args:
        drive: input, V, shape (steps + 1, N).

    Returns:
        Time in s and neuron of each spike; time, n, k and delta of each update; final weights.
    """
    p, limits, state = network.parameters, network.thresholds, network.state
    weights, v_reset, v_rest = state.weights.copy(), state.v_reset.copy(), state.v_rest.copy()
    slow_weights, bias, nothing = np.zeros_like(weights), np.zeros(p.neurons), np.zeros(p.neurons)
    v, fast, slow, wait = v_rest.copy(), nothing, nothing, nothing
    v_last, fast_last, slow_last = v, fast, slow
    now = last = 0.0
    end, dt, spikes, updates = (len(drive) - 1) * p.dt, p.dt, [], []
    while now < end:
        v = np.where(wait > 0, v_reset, v)
        crossing, k = np.flatnonzero(v > limits), -1
        fast_kick = slow_kick = nothing
        if len(crossing):
            k, spike = _first_spike(crossing, v, v_last, limits, now, last, dt)
            elapsed, now = spike - last, spike
            v = (v - v_last) / dt * elapsed + v_last
            fast = (fast - fast_last) / dt * elapsed + fast_last
            slow = (slow - slow_last) / dt * elapsed + slow_last
            wait = wait + (dt - elapsed)
            v[k], wait[k] = v_reset[k], p.refractory
            fast_kick, slow_kick = weights[:, k], slow_weights[:, k]
            spikes.append((now, k))
        v_last, fast_last, slow_last = v, fast + fast_kick, slow + slow_kick
        fast = fast + (-fast / p.tau_fast + fast_kick / dt) * dt
        slow = slow + (-slow / p.tau_slow + slow_kick / dt) * dt
        current = v_rest - v + slow + fast + drive[int(now // dt)] + bias
        v = v + (current / p.tau_mem) * dt
        if k >= 0:
            changes = _changes(k, v_last, weights, v_reset, limits, network)
            updates += [(now, n, k, changes[n]) for n in np.flatnonzero(changes)]
            _learn(k, changes, weights, v_reset, v_rest)
        last, now = now, now + dt
        wait = wait - dt
    return spikes, updates, weights


def train_bare(network: LifNetwork, drive: np.ndarray) -> tuple[Spikes, np.ndarray]:
    """The same, without all that this configuration doesn't need; updates aren't recorded.

    Returns:
        Time in s and neuron of each spike, and the final weights.
    """
    p, limits, state = network.parameters, network.thresholds, network.state
    weights, v_reset, v_rest = state.weights.copy(), state.v_reset.copy(), state.v_rest.copy()
    v, fast = v_rest.copy(), np.zeros(p.neurons)
    v_last, fast_last = v, fast
    now = last = 0.0
    end, dt, spikes = (len(drive) - 1) * p.dt, p.dt, []
    while now < end:
        crossing = np.flatnonzero(v > limits)
        if len(crossing):
            k, spike = _first_spike(crossing, v, v_last, limits, now, last, dt)
            elapsed, now = spike - last, spike
            v = (v - v_last) / dt * elapsed + v_last
            fast = (fast - fast_last) / dt * elapsed + fast_last
            v[k] = v_reset[k]
            kick = weights[:, k]
            spikes.append((now, k))
            v_last, fast_last = v, fast + kick
            fast = fast + (-fast / p.tau_fast + kick / dt) * dt
        else:
            v_last, fast_last = v, fast
            fast = fast + (-fast / p.tau_fast) * dt
        v = v + ((v_rest - v + fast + drive[int(now // dt)]) / p.tau_mem) * dt
        if len(crossing):
            _learn(
                k, _changes(k, v_last, weights, v_reset, limits, network), weights, v_reset, v_rest
            )
        last, now = now, now + dt
    return spikes, weights


def _first_spike(crossing, v, v_last, limits, now, last, dt) -> tuple[int, float]:
    """The neuron that crosses first, and its time, s."""
    until = (limits - v_last)[crossing] * dt / (v - v_last)[crossing]
    first = np.argmin(until)
    return int(crossing[first]), min(max(last + until[first], last + dt / 10), now)


def _changes(k, v, weights, v_reset, limits, network) -> np.ndarray:
    """Changes of the weights from k, and of the reset of k itself, by the rule, shape (N,)."""
    p = network.parameters
    x = 2 * v + weights[:, k] * p.tau_mem
    x[k] = 2 * v[k] + v_reset[k] + limits[k]
    direction = (x < -p.lsb / 2).astype(float) - (x > p.lsb / 2)
    change = p.lsb * direction
    change[k] = p.rule.diagonal_step * direction[k]
    return change


def _learn(k, changes, weights, v_reset, v_rest) -> None:
    v_reset[k] += changes[k]
    v_rest[k] += changes[k]
    changes[k] = 0.0
    weights[:, k] += changes


@compiled
def floor(v, current, tau_mem, tau_fast, dt, steps):
    """The least that `steps` exact steps can cost: the two divisions of each neuron and step.

    v, current: V, shape (N,). Both go to 1, so that none becomes a slow denormal number.
    """
    for _ in range(steps):
        for n in range(len(v)):
            current[n] += ((1 - current[n]) / tau_fast) * dt
            v[n] += ((current[n] - v[n]) / tau_mem) * dt
