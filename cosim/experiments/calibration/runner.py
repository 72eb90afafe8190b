"""Runs recipes: benches, fit and target, then the bias table and a report on how it came about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cosim.cells.characterise import measure_neuron
from cosim.cells.row_characterise import row_parameters
from cosim.cells.row_constants import netlists_measured
from cosim.circuits.bias_tables import bias_folder, has_table, is_path, read_biases
from cosim.circuits.conditions import Conditions
from cosim.engine.simulator import versions
from cosim.experiments.calibration.behaviour import QUANTITIES, behaviour
from cosim.experiments.calibration.errors import CalibrationError
from cosim.experiments.calibration.recipe import Bounds, Recipe, Recordings
from cosim.experiments.calibration.tables import rounded, table_text
from cosim.experiments.calibration.to_target import calibrate
from cosim.experiments.calibration.to_waveforms import (
    ROUNDS,
    Recording,
    Weighting,
    at_edges,
    fit,
    replay_waveforms,
)
from cosim.experiments.neuron.simulation import read_simulation
from cosim.technologies.technology import GENERIC, technology_names
from cosim.workbench.experiment_files import read_file
from cosim.workbench.json_files import write_json
from cosim.workbench.output import check_writable, new_files
from cosim.workbench.places import bias_tables, model_constants, project, results_of
from cosim.workbench.pool import Pool
from ebn_model import measured
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, NeuronParameters, validated
from ebn_model.results import SpikeTable

ROUNDS_ELSEWHERE = 8
"""Rounds of a fit that begins with the table of another technology."""
DECISION_LAG = 0.4e-3
"""The winner-take-all shows at a rising edge what I_mem was this long before, s: it takes 0.26 ms
at 10 pA from a threshold (bench decision_speed), and longer where I_mem creeps through it."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Folders:
    """The folders that get what a calibration makes.

    tables: NAME.spice. constants: the model's, NAME.json and NAME_row.json (ebn_model.measured),
    which spare networks ngspice. reports: NAME_report.json, how the table came about.
    """

    tables: Path
    constants: Path
    reports: Path

    @classmethod
    def of(cls, out: Path | None, conditions: Conditions | None = None) -> Folders:
        """All in `out`; by default where a checkout keeps each (cosim.workbench.places).

        Raises:
            InputError: a technology's own tables are for its typical corner and nominal supply at
                27 degrees C; those for other conditions need an `out`.
        """
        if out:
            return cls(out, out, out)
        conditions = conditions or Conditions()
        technology, reports = conditions.facts.name, results_of("calibration")
        if conditions != Conditions(technology=conditions.technology):
            raise InputError(
                f"a table for {conditions.label} needs --out DIR, so that the technology's own "
                "stays as it is"
            )
        if technology not in technology_names():
            tables = bias_folder(conditions.technology)
            return cls(tables, tables, reports / technology)
        if technology != GENERIC and not project():
            reports /= technology
        return cls(bias_tables(technology), model_constants(technology), reports)


def run_recipe(
    name: str,
    recipe: Recipe,
    say: Say,
    folders: Folders,
    pool: Pool,
    conditions: Conditions | None = None,
) -> dict[str, float]:
    """Calibrate a table, and write it, the model's constants and a report.

    pool: one of this machine. conditions: by default those of Conditions. A technology without the
    table that the recipe begins with begins with that of generic180.

    Returns the values of QUANTITIES that were measured with the table.

    Raises:
        InputError: no such base, or a current out of range.
        CosimError: a bench failed, the target is out of reach, or the files can't be written
            (OutputError).
    """
    for folder in (folders.tables, folders.constants, folders.reports):
        check_writable(folder)
    conditions = conditions or Conditions()
    own = is_path(recipe.base) or has_table(recipe.base, conditions.technology)
    start = read_biases(recipe.base, conditions.technology if own else GENERIC)
    chosen = recipe.chosen(conditions.facts.name)
    currents = {bias: current.value for bias, current in chosen.items()}
    biases = validated(BiasTable, {**start.model_dump(), **currents}, f"{name}.toml")
    target: dict[str, float] = dict(recipe.target)
    report: dict[str, Any] = {}
    benches = partial(measure_neuron, conditions=conditions, pool=pool)
    if recipe.recordings:
        rounds = ROUNDS if own else ROUNDS_ELSEWHERE
        biases, window, report = _fit(
            recipe.recordings, biases, say, benches, pool, conditions, rounds
        )
        target |= window

    def on_round(number: int, distance: float) -> None:
        say(f"{name}: round {number}, target missed by {distance:.1%} at most")

    # What is written is what is measured, digits included.
    table = rounded(calibrate(biases, target, benches, on_round).biases)
    parameters = benches(table)
    in_row = row_parameters(parameters, table, conditions)
    values = behaviour(parameters)
    with new_files(folders.tables) as new:
        reasons = _reasons(recipe, conditions.facts.name, target, values)
        text = table_text(name, recipe.about, table, reasons)
        new.joinpath(f"{name}.spice").write_text(text, encoding="utf-8")
    _write_constants(name, table, parameters, in_row, folders, conditions)
    report |= {
        "conditions": conditions.model_dump(),
        "table": table.model_dump(),
        "target": target,
        "measured": values,
        "model_parameters": parameters.model_dump(),
        "versions": versions(),
    }
    with new_files(folders.reports) as new:
        write_json(report, new / f"{name}_report.json")
    return values


def measure_constants(
    name: str, folders: Folders, pool: Pool, conditions: Conditions | None = None
) -> dict[str, float]:
    """Measure the model's constants of a table that there is, by its name, and write them.

    The table stays as it is: for netlists that have changed in what leaves its currents right.
    Returns and raises what run_recipe does.
    """
    check_writable(folders.constants)
    conditions = conditions or Conditions()
    table = read_biases(name, conditions.technology)
    parameters = measure_neuron(table, conditions=conditions, pool=pool)
    in_row = row_parameters(parameters, table, conditions)
    _write_constants(name, table, parameters, in_row, folders, conditions)
    return behaviour(parameters)


def _write_constants(
    name: str,
    table: BiasTable,
    parameters: NeuronParameters,
    in_row: NeuronParameters,
    folders: Folders,
    conditions: Conditions,
) -> None:
    netlists = netlists_measured(table, conditions)
    with new_files(folders.constants) as new:
        for key, found in ((name, parameters), (f"{name}_row", in_row)):
            write_json(measured.measured_record(key, found, table, netlists), new / f"{key}.json")


def _fit(
    settings: Recordings,
    biases: BiasTable,
    say: Say,
    benches: Callable[[BiasTable], NeuronParameters],
    pool: Pool,
    conditions: Conditions,
    rounds: int,
) -> tuple[BiasTable, dict, dict]:
    """Fitted table, where the recorded decisions place the window, and a report."""
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
    lower, upper = _margins(compared, recordings, settings.contradiction)
    for text, (low, high) in (("lower", lower), ("upper", upper)):
        if low < high:
            shown = f"{low * 1e9:.3f} .. {high * 1e9:.3f}"
            say(f"recorded decisions leave {shown} nA to the {text} bound")
        else:
            shown = f"above {low * 1e9:.3f} and below {high * 1e9:.3f}"
            say(f"recorded decisions need the {text} bound {shown} nA: it is in the middle")
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


def _margins(
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


def _reasons(
    recipe: Recipe, technology: str, target: dict[str, float], values: dict[str, float]
) -> dict[str, str]:
    """Reason for each current."""
    reasons = dict.fromkeys(BiasTable.model_fields, f"as in {recipe.base}")
    if recipe.recordings:
        reasons |= dict.fromkeys(recipe.recordings.free, "fitted to the recorded I_mem")
        for name, prior in recipe.recordings.expected(technology).items():
            reasons[QUANTITIES[name].bias] += f"; {prior.reason}"
    chosen = recipe.chosen(technology)
    reasons |= {bias: current.reason for bias, current in chosen.items()}
    for name, wanted in target.items():
        quantity = QUANTITIES[name]
        unit = f" {quantity.unit}" if quantity.unit else ""
        reasons[quantity.bias] = (
            f"{quantity.text}: target {wanted:.4g}{unit}, measured {values[name]:.4g}{unit}"
        )
    return reasons
