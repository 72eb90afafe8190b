"""What the compiled network is measured against: the same loop in numpy, and bare arithmetic."""

import numpy as np
from numba import njit

from ebn_model.network.lif_network import LifNetwork


def train(network: LifNetwork, drive: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Run and learn as LifNetwork in the `paper` configuration, all neurons at a time.

    The arithmetic of lif_kernel, step by step, and nothing that this configuration doesn't need:
    no mismatch, bias, refractory period, slow weights or sub-LSBs.

    Args:
        drive: input, V, shape (steps + 1, N).

    Returns:
        Who fired, in order, and the weights at the end.
    """
    p, limits, state = network.parameters, network.thresholds, network.state
    weights, v_reset, v_rest = state.weights.copy(), state.v_reset.copy(), state.v_rest.copy()
    v, fast = v_rest.copy(), np.zeros(p.neurons)
    v_last, fast_last = v, fast
    now = last = 0.0
    end, dt, dead_zone, spikes = (len(drive) - 1) * p.dt, p.dt, p.lsb / 2, []
    while now < end:
        crossing = np.flatnonzero(v > limits)
        if len(crossing):
            until = (limits - v_last)[crossing] * dt / (v - v_last)[crossing]
            first = np.argmin(until)
            k, spike = crossing[first], min(max(last + until[first], last + dt / 10), now)
            elapsed, now = spike - last, spike
            v = (v - v_last) / dt * elapsed + v_last
            fast = (fast - fast_last) / dt * elapsed + fast_last
            v[k] = v_reset[k]
            spikes.append(int(k))
            kicks = weights[:, k]
            v_last, fast_last = v, fast + kicks
            fast = fast + (-fast / p.tau_fast + kicks / dt) * dt
        else:
            v_last, fast_last = v, fast
            fast = fast + (-fast / p.tau_fast) * dt
        v = v + ((v_rest - v + fast + drive[int(now // dt)]) / p.tau_mem) * dt
        if len(crossing):
            x = 2 * v_last + weights[:, k] * p.tau_mem
            x[k] = 2 * v_last[k] + v_reset[k] + limits[k]
            direction = (x < -dead_zone).astype(float) - (x > dead_zone)
            v_reset[k] += p.rule.diagonal_step * direction[k]
            v_rest[k] += p.rule.diagonal_step * direction[k]
            direction[k] = 0.0
            weights[:, k] += p.lsb * direction
        last, now = now, now + dt
    return spikes, weights


@njit(cache=True, error_model="numpy")
def floor(v, current, tau_mem, tau_fast, dt, steps):
    """The least that `steps` exact steps can cost: the two divisions of each neuron and step.

    v, current: V, shape (N,). Both go to 1, so that none becomes a slow denormal number.
    """
    for _ in range(steps):
        for n in range(len(v)):
            current[n] += ((1 - current[n]) / tau_fast) * dt
            v[n] += ((current[n] - v[n]) / tau_mem) * dt
