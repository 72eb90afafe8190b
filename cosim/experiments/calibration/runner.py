"""Runs recipes: benches, fit and target, then the bias table and a report on how it came about."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cosim.cells.characterise import measure_neuron
from cosim.cells.row_characterise import row_parameters
from cosim.cells.row_constants import netlists_measured
from cosim.circuits.bias_tables import has_table, is_path, read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.project import known_technologies
from cosim.engine.simulator import versions
from cosim.experiments.calibration.behaviour import QUANTITIES, behaviour
from cosim.experiments.calibration.folders import Folders
from cosim.experiments.calibration.recipe import Recipe
from cosim.experiments.calibration.tables import rounded, table_text
from cosim.experiments.calibration.to_recordings import fit_to_recordings
from cosim.experiments.calibration.to_target import calibrate
from cosim.technologies.technology import GENERIC
from cosim.workbench.json_files import write_json
from cosim.workbench.output import check_writable, new_files
from cosim.workbench.pool import Pool
from ebn_model import measured
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.validation import validated


def run_recipe(
    name: str,
    recipe: Recipe,
    say: Callable[[str], None],
    folders: Folders,
    pool: Pool,
    conditions: Conditions | None = None,
) -> dict[str, float]:
    """Calibrate a table, and write it, the model's constants and a report.

    say: prints a line. pool: one of this machine. conditions: by default those of Conditions. A
    technology without the table that the recipe begins with begins with that of generic180.

    Returns the values of QUANTITIES that were measured with the table.

    Raises:
        InputError: no such base, or a current out of range.
        CosimError: a bench failed, the target is out of reach, or the files can't be written
            (OutputError).
    """
    for folder in (folders.tables, folders.constants, folders.reports):
        check_writable(folder)
    conditions = conditions or Conditions()
    recipe.check_technologies(known_technologies(conditions.technology))
    own = is_path(recipe.base) or has_table(recipe.base, conditions.technology)
    start = read_biases(recipe.base, conditions.technology if own else GENERIC)
    chosen = recipe.chosen(conditions.facts.name)
    currents = {bias: current.value for bias, current in chosen.items()}
    biases = validated(BiasTable, {**start.model_dump(), **currents}, f"{name}.toml")
    target: dict[str, float] = dict(recipe.target)
    report: dict[str, Any] = {}
    benches = partial(measure_neuron, conditions=conditions, pool=pool)
    if recipe.recordings:
        biases, window, report = fit_to_recordings(
            recipe.recordings, biases, say, benches, pool, conditions, elsewhere=not own
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

    The table stays as it is: for netlists that have changed in what leaves its currents right. One
    of that name in the folder for tables comes before the technology's.
    Returns and raises what run_recipe does.
    """
    check_writable(folders.constants)
    conditions = conditions or Conditions()
    own = folders.tables / f"{name}.spice"
    table = read_biases(str(own) if own.is_file() else name, conditions.technology)
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
