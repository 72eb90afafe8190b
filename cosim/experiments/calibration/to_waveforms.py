"""Calibration to recorded runs: biases fitted to the I_mem of given spikes and weights.

Space mapping: the model, its parameters scaled with the biases, is fitted to the data, after what
the circuit was measured to do differently from it; then the circuit is measured again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from cosim.circuits.conditions import Conditions
from cosim.circuits.mixed_neuron import I_MEM
from cosim.engine.worker import run_all
from cosim.experiments.calibration.behaviour import time_constants
from cosim.experiments.calibration.given_weights import EDGE, replay_job, replay_model
from cosim.experiments.calibration.scaling import scaled
from cosim.workbench.pool import Pool, in_order
from cosim.workbench.task import Task
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.results import SpikeTable
from ebn_model.stimulus import Stimulus

ROUNDS = 4
MAX_FACTOR = 2.0
"""A bias changes by no more than this in one round."""
STEP = 0.02
"""Relative change of a bias for the derivatives."""
I_SCALE = 0.1e-9
"""Deviation of I_mem that counts as much as a prior's deviation, A."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A run to fit: its stimulus and its spikes, with I_mem at both edges of each pulse."""

    stimulus: Stimulus
    spikes: SpikeTable

    @property
    def i_mem(self) -> np.ndarray:
        """I_mem at all edges within the run, A."""
        return edges_of(self.spikes)


@dataclass(frozen=True)
class Weighting:
    """near, within, A: deviations count `near` times where I_mem lies within these bounds, as
    it is there that the decisions are taken. priors: expected value of a time constant, s, and its
    relative standard deviation, by names out of TIME_CONSTANTS."""

    near: float
    within: tuple[float, float]
    priors: Mapping[str, tuple[float, float]]


def edges_of(spikes: SpikeTable) -> np.ndarray:
    """I_mem in A at the rising, then at the falling edges that the run reached."""
    return np.concatenate([spikes.i_mem_rise, spikes.i_mem_fall[np.isfinite(spikes.i_mem_fall)]])


def fit(
    start: BiasTable,
    free: Sequence[str],
    recordings: list[Recording],
    weighting: Weighting,
    measure: Callable[[BiasTable], NeuronParameters],
    pool: Pool,
    on_round: Callable[[int, list[float]], None] | None = None,
    conditions: Conditions | None = None,
    rounds: int = ROUNDS,
) -> BiasTable:
    """Fit the free biases to recordings.

    Args:
        start: table to begin with.
        free: names of the biases to fit; the others keep their value.
        recordings: what to fit them to.
        weighting: what counts how much.
        measure: runs the cells' benches under a table.
        pool: for circuits and for the model.
        on_round: gets the round and the circuit's RMS deviation from each recording, A.
        conditions: of the circuit, by default those of Conditions.
        rounds: how often the circuit is measured, and the biases are fitted.
    """
    biases = start
    for number in range(rounds):
        parameters = measure(biases)
        circuit = replay_circuit(biases, recordings, pool, conditions)
        if on_round:
            deviations = zip(circuit, recordings, strict=True)
            on_round(number, [float(np.sqrt(np.mean((i - r.i_mem) ** 2))) for i, r in deviations])
        problem = _Problem(biases, free, parameters, circuit, recordings, weighting)
        biases = problem.solve(pool)
    return biases


def replay_circuit(
    biases: BiasTable,
    recordings: list[Recording],
    pool: Pool,
    conditions: Conditions | None = None,
) -> list[np.ndarray]:
    """I_mem in A of the analog circuit at each recording's edges, its weights given."""
    return at_edges(replay_waveforms(biases, recordings, pool, conditions), recordings)


def replay_waveforms(
    biases: BiasTable,
    recordings: list[Recording],
    pool: Pool,
    conditions: Conditions | None = None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Time in s and I_mem in A of the analog circuit for each recording, its weights given."""
    jobs = [
        replay_job(biases, r.stimulus, r.spikes.weight_before, f"recording {k}", conditions)
        for k, r in enumerate(recordings)
    ]
    return [(vectors["time"], vectors[I_MEM]) for vectors in run_all(jobs, pool)]


def at_edges(
    waveforms: list[tuple[np.ndarray, np.ndarray]], recordings: list[Recording], before: float = 0.0
) -> list[np.ndarray]:
    """The waveforms so long before each recording's edges, s: I_mem in A."""
    currents = []
    for (time, i_mem), recording in zip(waveforms, recordings, strict=True):
        stimulus = recording.stimulus
        ended = stimulus.fall_times[stimulus.fall_times <= stimulus.duration]
        times = np.concatenate([stimulus.spike_times, ended]) - EDGE / 2 - before
        currents.append(np.interp(times, time, i_mem))
    return currents


@dataclass(frozen=True, eq=False)
class _Problem:
    """Least squares in the logarithms of the free biases."""

    biases: BiasTable
    free: Sequence[str]
    parameters: NeuronParameters
    circuit: list[np.ndarray]
    recordings: list[Recording]
    weighting: Weighting

    def solve(self, pool: Pool) -> BiasTable:
        start = np.zeros(len(self.free))
        modelled = self.modelled(start)
        offsets = [c - m for c, m in zip(self.circuit, modelled, strict=True)]

        def residuals(logs: np.ndarray) -> np.ndarray:
            return self.residuals(logs, self.modelled(logs), offsets)

        def jacobian(logs: np.ndarray) -> np.ndarray:
            trials = [logs, *(logs + STEP * unit for unit in np.eye(len(logs)))]
            modelled = in_order(pool.run(Task(_modelled), [(self, trial) for trial in trials]))
            base, *moved = (
                self.residuals(trial, one, offsets)
                for trial, one in zip(trials, modelled, strict=True)
            )
            return np.column_stack([(one - base) / STEP for one in moved])

        limit = np.log(MAX_FACTOR)
        solution = least_squares(
            residuals, start, jacobian, bounds=(-limit, limit), xtol=1e-3, ftol=1e-3, max_nfev=10
        )
        return self.table(solution.x)

    def table(self, logs: np.ndarray) -> BiasTable:
        changes = {
            name: getattr(self.biases, name) * float(np.exp(log))
            for name, log in zip(self.free, logs, strict=True)
        }
        return self.biases.model_copy(update=changes)

    def modelled(self, logs: np.ndarray) -> list[np.ndarray]:
        """The model's I_mem in A at each recording's edges."""
        parameters = self.expected(logs)
        return [
            edges_of(replay_model(parameters, r.stimulus, r.spikes.decision))
            for r in self.recordings
        ]

    def expected(self, logs: np.ndarray) -> NeuronParameters:
        """The model's parameters."""
        return scaled(self.parameters, self.biases, self.table(logs))

    def residuals(self, logs: np.ndarray, modelled: list, offsets: list) -> np.ndarray:
        parts = []
        for recording, model, offset in zip(self.recordings, modelled, offsets, strict=True):
            wanted = recording.i_mem
            low, high = self.weighting.within
            weight = np.where((wanted > low) & (wanted < high), self.weighting.near, 1)
            parts.append((model + offset - wanted) * weight / I_SCALE / np.sqrt(len(wanted)))
        found = time_constants(self.expected(logs))
        for name, (expected, deviation) in self.weighting.priors.items():
            parts.append([np.log(found[name] / expected) / deviation])
        return np.concatenate(parts)


def _modelled(trial: tuple[_Problem, np.ndarray], _notify: Callable) -> list[np.ndarray]:
    problem, logs = trial
    return problem.modelled(logs)
