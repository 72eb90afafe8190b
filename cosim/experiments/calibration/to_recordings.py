"""A table fitted to recorded runs: currents to their I_mem, the window to their decisions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cosim.circuits.conditions import Conditions
from cosim.experiments.calibration.errors import CalibrationError
from cosim.experiments.calibration.recipe import Bounds, Recordings
from cosim.experiments.calibration.to_waveforms import (
    ROUNDS,
    Recording,
    Weighting,
    at_edges,
    fit,
    replay_waveforms,
)
from cosim.experiments.neuron.simulation import read_simulation
from cosim.workbench.experiment_files import read_file
from cosim.workbench.pool import Pool
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.results import SpikeTable

ROUNDS_ELSEWHERE = 8
"""Rounds of a fit that begins with the table of another technology."""
DECISION_LAG = 0.4e-3
"""The winner-take-all shows at a rising edge what I_mem was this long before, s: it takes 0.26 ms
at 10 pA from a threshold (bench decision_speed), and longer where I_mem creeps through it."""

Say = Callable[[str], None]
Benches = Callable[[BiasTable], NeuronParameters]


def fit_to_recordings(
    settings: Recordings,
    biases: BiasTable,
    say: Say,
    benches: Benches,
    pool: Pool,
    conditions: Conditions,
    elsewhere: bool,
) -> tuple[BiasTable, dict[str, float], dict[str, Any]]:
    """Fit bias currents to recorded I_mem, and find where recorded decisions place the window.

    Args:
        settings: the recordings, what is fitted and what is expected. biases: to begin with.
        say: prints a line. benches: measures the model's constants of a table.
        pool: one of this machine. conditions: of the circuit.
        elsewhere: the table to begin with is that of another technology, so that it takes more
            rounds.

    Returns the fitted table, the window as targets (see QUANTITIES), and what was found.

    Raises:
        CalibrationError: no window gives the recorded decisions.
        CosimError: a run failed.
    """
    rounds = ROUNDS_ELSEWHERE if elsewhere else ROUNDS
    recordings = [_recording(name, end) for name, end in settings.simulations.items()]
    expected = settings.expected(conditions.facts.name)
    priors = {name: (prior.value, prior.deviation) for name, prior in expected.items()}
    weighting = Weighting(settings.near, settings.within, priors)

    def on_round(number: int, deviations: list[float]) -> None:
        shown = ", ".join(f"{deviation * 1e9:.3f} nA" for deviation in deviations)
        say(f"fit round {number}: I_mem deviates by {shown} RMS from the recordings")

    biases = fit(
        biases, settings.free, recordings, weighting, benches, pool, on_round, conditions, rounds
    )
    waveforms = replay_waveforms(biases, recordings, pool, conditions)
    circuit = at_edges(waveforms, recordings)
    compared = at_edges(waveforms, recordings, DECISION_LAG)
    deviations = [i - r.i_mem for i, r in zip(circuit, recordings, strict=True)]
    rms = [float(np.sqrt(np.mean(deviation**2))) for deviation in deviations]
    on_round(rounds, rms)
    lower, upper = margins(compared, recordings, settings.contradiction)
    say(_room("lower", *lower))
    say(_room("upper", *upper))
    window = settings.window(lower, upper)
    settings.check_window(window["window_centre"])
    fitted_to = {name: f"{end * 1e3:g} ms" for name, end in settings.simulations.items()}
    report = {
        "fitted_to": fitted_to,
        "free": settings.free,
        "i_mem_rms": dict(zip(settings.simulations, rms, strict=True)),
        "lower_bound": lower,
        "upper_bound": upper,
    }
    return biases, window, report


def margins(
    circuit: list[np.ndarray], recordings: list[Recording], contradiction: float = 0.0
) -> tuple[Bounds, Bounds]:
    """Between which currents in A the lower and the upper threshold must lie.

    Raises:
        CalibrationError: no thresholds give all recorded decisions, and they contradict each other
            by more than `contradiction`, A.
    """
    pairs = [
        (i[: len(r.spikes)], r.spikes.decision) for i, r in zip(circuit, recordings, strict=True)
    ]
    i_mem, decision = (np.concatenate(part) for part in zip(*pairs, strict=True))
    lower = float(i_mem[decision == 1].max()), float(i_mem[decision != 1].min())
    upper = float(i_mem[decision != -1].max()), float(i_mem[decision == -1].min())
    for name, (low, high) in (("lower", lower), ("upper", upper)):
        if low >= high + contradiction:
            raise CalibrationError(
                f"no {name} threshold gives the recorded decisions: they need it above {low:.4g} A "
                f"and below {high:.4g} A. The circuit's fitted I_mem is too far from the recorded "
                "one: bench-cells shows which cell is not as it should be, and the recipe's "
                "[recordings] what is fitted and expected"
            )
    return lower, upper


def _room(name: str, low: float, high: float) -> str:
    """A threshold's place according to recorded decisions, for people."""
    if low < high:
        shown = f"{low * 1e9:.3f} .. {high * 1e9:.3f}"
        return f"recorded decisions leave {shown} nA to the {name} bound"
    shown = f"above {low * 1e9:.3f} and below {high * 1e9:.3f}"
    return f"recorded decisions need the {name} bound {shown} nA: it is in the middle"


def _recording(name: str, end: float) -> Recording:
    """The published run of a simulation, up to a time in s."""
    simulation = read_simulation(read_file(name))
    stimulus, spikes = simulation.experiment.stimulus.stimulus(), simulation.published
    count = int(np.searchsorted(stimulus.spike_times, end))
    columns = {field: values[:count].copy() for field, values in vars(spikes).items()}
    for column in ("t_fall", "i_mem_fall"):
        columns[column][stimulus.fall_times[:count] > end] = np.nan
    shortened = replace(
        stimulus, spike_times=stimulus.spike_times[:count], duration=min(end, stimulus.duration)
    )
    return Recording(shortened, SpikeTable(**columns))
