"""Runs recipes: benches, fit and target, then the bias table and a report on how it came about."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from cosim.cells.characterise import measure_neuron
from cosim.cells.row_characterise import row_parameters
from cosim.circuits.neuron import NETLISTS, read_biases
from cosim.engine.simulator import versions
from cosim.experiments.calibration.behaviour import QUANTITIES, behaviour
from cosim.experiments.calibration.recipe import Recipe, read_recipe
from cosim.experiments.calibration.tables import rounded, table_text
from cosim.experiments.calibration.to_target import CalibrationError, calibrate
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
from cosim.workbench.output import new_files
from cosim.workbench.pool import Pool
from cosim.workbench.provenance import ROOT
from cosim.workbench.store import write_json
from ebn_model import measured
from ebn_model.parameters import BiasTable, validated
from ebn_model.results import SpikeTable

RESULTS = ROOT / "Simulations" / "calibration" / "results"

DECISION_LAG = 0.4e-3
"""The winner-take-all shows at a rising edge what I_mem was this long before, s: it takes 0.26 ms
at 10 pA from a threshold (bench decision_speed), and longer where I_mem creeps through it."""

Say = Callable[[str], None]


def run_recipe(name: str, say: Say, pool: Pool, out: Path | None = None) -> dict[str, float]:
    """Calibrate a table; write NAME.spice, the model's constants and a report.

    The constants, NAME.json and NAME_row.json (see ebn_model.measured), spare networks ngspice.
    The report goes to RESULTS, all else to `out`, by default to netlists/biases and
    ebn_model/measured. The pool is one of this machine.

    Returns the values of QUANTITIES that were measured with the table.

    Raises:
        InputError: no such recipe, or a fault in it.
        CosimError: a bench failed, or the target is out of reach; nothing is written then.
    """
    recipe = read_recipe(name)
    start = read_biases(recipe.base).model_dump()
    chosen = {bias: fixed.value for bias, fixed in recipe.biases.items()}
    biases = validated(BiasTable, {**start, **chosen}, f"{name}.toml")
    target, report = dict(recipe.target), {}
    if recipe.recordings:
        biases, window, report = _fit(recipe, biases, say, pool)
        target |= window

    def on_round(number: int, distance: float) -> None:
        say(f"{name}: round {number}, target missed by {distance:.1%} at most")

    measure = partial(measure_neuron, pool=pool)
    done = calibrate(biases, target, measure, on_round)
    # What is written is what is measured, digits included.
    parameters = measure(rounded(done.biases))
    values = behaviour(parameters)
    reasons = _reasons(recipe, target, values)
    with new_files(out or NETLISTS / "biases") as new:
        text = table_text(name, recipe.about, done.biases, reasons)
        new.joinpath(f"{name}.spice").write_text(text, encoding="utf-8")
    with new_files(out or measured.FOLDER) as new:
        write_json(parameters.model_dump(), new / f"{name}.json")
        in_row = row_parameters(parameters, rounded(done.biases))
        write_json(in_row.model_dump(), new / f"{name}_row.json")
    report |= {
        "table": rounded(done.biases).model_dump(),
        "target": target,
        "measured": values,
        "model_parameters": parameters.model_dump(),
        "versions": versions(),
    }
    with new_files(RESULTS) as new:
        write_json(report, new / f"{name}.json")
    return values


def _fit(recipe: Recipe, biases: BiasTable, say: Say, pool: Pool) -> tuple[BiasTable, dict, dict]:
    """Fitted table, where the recorded decisions place the window, and a report."""
    settings = recipe.recordings
    recordings = [_recording(name, end) for name, end in settings.simulations.items()]
    priors = {bias: (prior.value, prior.deviation) for bias, prior in settings.priors.items()}
    weighting = Weighting(settings.near, settings.within, priors)

    def on_round(number: int, deviations: list[float]) -> None:
        shown = ", ".join(f"{deviation * 1e9:.3f} nA" for deviation in deviations)
        say(f"fit round {number}: I_mem deviates by {shown} RMS from the recordings")

    measure = partial(measure_neuron, pool=pool)
    biases = fit(biases, settings.free, recordings, weighting, measure, pool, on_round)
    waveforms = replay_waveforms(biases, recordings, pool)
    circuit = at_edges(waveforms, recordings)
    compared = at_edges(waveforms, recordings, DECISION_LAG)
    deviations = [i - r.i_mem for i, r in zip(circuit, recordings, strict=True)]
    rms = [float(np.sqrt(np.mean(deviation**2))) for deviation in deviations]
    on_round(ROUNDS, rms)
    lower, upper = _margins(compared, recordings)
    for text, (low, high) in (("lower", lower), ("upper", upper)):
        say(f"recorded decisions leave {low * 1e9:.3f} .. {high * 1e9:.3f} nA to the {text} bound")
    middles = np.mean(lower), np.mean(upper)
    window = {
        "window_centre": float(sum(middles) / 2),
        "window_half_width": float((middles[1] - middles[0]) / 2),
    }
    fitted_to = {name: f"{end * 1e3:g} ms" for name, end in settings.simulations.items()}
    report = {
        "fitted_to": fitted_to,
        "free": settings.free,
        "i_mem_rms": dict(zip(settings.simulations, rms, strict=True)),
        "lower_bound": lower,
        "upper_bound": upper,
    }
    return biases, window, report


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


def _margins(circuit: list[np.ndarray], recordings: list[Recording]) -> tuple[tuple, tuple]:
    """Between which currents in A the lower and the upper threshold must lie.

    Raises:
        CalibrationError: no thresholds give all recorded decisions.
    """
    pairs = [
        (i[: len(r.spikes)], r.spikes.decision) for i, r in zip(circuit, recordings, strict=True)
    ]
    i_mem, decision = (np.concatenate(part) for part in zip(*pairs, strict=True))
    lower = float(i_mem[decision == 1].max()), float(i_mem[decision != 1].min())
    upper = float(i_mem[decision != -1].max()), float(i_mem[decision == -1].min())
    for name, (low, high) in (("lower", lower), ("upper", upper)):
        if low >= high:
            raise CalibrationError(
                f"no {name} threshold gives the recorded decisions: they need it above {low:.4g} A "
                f"and below {high:.4g} A"
            )
    return lower, upper


def _reasons(recipe: Recipe, target: dict[str, float], values: dict[str, float]) -> dict[str, str]:
    """Why each current is what it is."""
    reasons = dict.fromkeys(BiasTable.model_fields, f"as in {recipe.base}")
    if recipe.recordings:
        priors = recipe.recordings.priors
        for bias in recipe.recordings.free:
            prior = f"; {priors[bias].reason}" if bias in priors else ""
            reasons[bias] = f"fitted to the recorded I_mem{prior}"
    reasons |= {bias: fixed.reason for bias, fixed in recipe.biases.items()}
    for name, wanted in target.items():
        quantity = QUANTITIES[name]
        unit = f" {quantity.unit}" if quantity.unit else ""
        reasons[quantity.bias] = (
            f"{quantity.text}: target {wanted:.4g}{unit}, measured {values[name]:.4g}{unit}"
        )
    return reasons
