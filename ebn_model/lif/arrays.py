"""Arrays that the compiled loop of integrate-and-fire neurons works on.

Where a spike of k reads a matrix of synapses, it is stored [k, n], so that it reads one row.
"""

from typing import NamedTuple

import numpy as np

NOW, LAST = 0, 1
"""Places in Activity.clock."""
PRESENT, CROSSING, WAITING = 0, 1, 2
"""Places in Activity.flags."""
STEPS, UPDATES = 0, 1
"""Places in Record.count."""


class Cells(NamedTuple):
    """Constants of all runs, for N neurons; times in s, potentials in V, currents in V.

    dt: step. least: shortest time between two spikes of the network. end: of the run. tau_fast,
    tau_slow: of the synapses. tau_mem, threshold, bias: shape (N,). refractory: not above 0 for
    none. fast: whether silent steps that are made together multiply instead of dividing: by
    rate = dt/tau_mem, shape (N,), and kept = 1 - dt/tau_fast. input_gain: of the command, shape
    (Nx, N). slow: weights of the slow synapses, [k, n]. has_slow: whether there are any.
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
    fast: bool
    rate: np.ndarray
    kept: float
    input_gain: np.ndarray
    slow: np.ndarray
    has_slow: bool


class Rule(NamedTuple):
    """The rule by which weights learn (RuleParameters).

    learn: whether they do. gain: V per unit of weight. dead_zone: V, with the margin, shape (N,).
    subtract_rest, diagonal, diagonal_step: as in RuleParameters. seen: what the rule sees of a
    unit of weight, and synapse: what the synapse makes of it, shape (N, N). stuck: which weights
    never change, shape (N, N). lsb: step of a weight. lowest, highest: weights beyond which none is
    stored; infinite where none saturates. counts: of the counter in a step of the weight,
    2**sub_lsbs.
    """

    learn: bool
    gain: float
    dead_zone: np.ndarray
    subtract_rest: bool
    diagonal: bool
    diagonal_step: float
    seen: np.ndarray
    synapse: np.ndarray
    stuck: np.ndarray
    lsb: float
    lowest: float
    highest: float
    counts: int


class Activity(NamedTuple):
    """State of a run, which goes from one block of steps to the next.

    clock: the time, and that of the last step, s, shape (2,). flags: which row of v, i_fast and
    i_slow is the present one (the other is that of the last step), whether a membrane may be above
    its threshold, and whether one may be refractory, shape (3,). v, i_fast, i_slow: V, shape
    (2, N). drive: input of the next steps, V, shape (GLIDE, N). pairs: rows of the command of the
    next steps, where it has two inputs, shape (GLIDE, 2). wait: what is left of each refractory
    period, s, shape (N,). weights, fraction, v_reset, v_rest: LearnedState's. sent:
    the weights with their mismatch, [k, n].
    """

    clock: np.ndarray
    flags: np.ndarray
    v: np.ndarray
    i_fast: np.ndarray
    i_slow: np.ndarray
    drive: np.ndarray
    pairs: np.ndarray
    wait: np.ndarray
    weights: np.ndarray
    fraction: np.ndarray
    v_reset: np.ndarray
    v_rest: np.ndarray
    sent: np.ndarray


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
