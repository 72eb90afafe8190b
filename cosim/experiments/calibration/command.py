"""The command `ebn-cosim calibrate`."""

import argparse
import shlex
from collections.abc import Iterable
from pathlib import Path

from rich.table import Table

from cosim.circuits.bias_tables import bias_file, has_table
from cosim.circuits.conditions import Conditions
from cosim.circuits.conditions_options import add_conditions, stated_conditions
from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.calibration.folders import Folders
from cosim.experiments.calibration.recipe import Recipe, read_recipe, recipe_names
from cosim.experiments.calibration.runner import measure_constants, run_recipe
from cosim.workbench.placement import Placement, add_placement
from cosim.workbench.printed import console, titled_table
from ebn_model.errors import InputError
from ebn_model.validation import validated


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="TABLE",
        help="a table with a recipe, netlists/biases/TABLE.toml, or the path of one, TABLE.toml "
        "(default: all in netlists/biases)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="gets TABLE.spice, the model's constants, TABLE.json, and a report (default: "
        "netlists/biases/TECHNOLOGY, for generic180's constants ebn_model/measured, and "
        "Simulations/calibration/results; of an installed copy, results/calibration)",
    )
    parser.add_argument(
        "--keep-tables",
        action="store_true",
        help="leave the tables as they are, and measure the model's constants anew: after a change "
        "of netlists that leaves the currents right",
    )
    add_conditions(parser, f"those of {Conditions().label}")
    add_placement(parser)
    parser.set_defaults(command=_calibrate)


def _calibrate(options: argparse.Namespace) -> int:
    placement = Placement.of(options)
    placement.check_local("calibrate", "each of its short steps waits for the one before")
    terminal = console()
    conditions = validated(Conditions, stated_conditions(options), "options")
    folders = Folders.of(options.out, conditions)
    conditions.check_varies()
    recipes = _recipes(options.names or recipe_names())
    with placement.pool() as pool:
        for name, recipe in recipes.items():
            if options.keep_tables:
                values = measure_constants(name, folders, pool, conditions)
                terminal.print(_table(name, {}, values))
            else:
                values = run_recipe(name, recipe, terminal.print, folders, pool, conditions)
                terminal.print(_table(name, recipe.target, values))
                _say_table(name, folders, conditions)
            print(f"the model's constants: {folders.constants / name}.json and {name}_row.json")
    return 0


def _say_table(name: str, folders: Folders, conditions: Conditions) -> None:
    path = f"{folders.tables / name}.spice"
    by_name = has_table(name, conditions.technology)
    known = by_name and str(bias_file(name, conditions.technology)) == path
    print(f"{path}: use it with --biases {shlex.quote(name if known else path)}")
    print(f"how it came about: {folders.reports / name}_report.json")


def _recipes(stated: Iterable[str]) -> dict[str, Recipe]:
    """Recipes by the names of their tables; all are read before anything runs."""
    recipes: dict[str, Recipe] = {}
    for one in dict.fromkeys(stated):
        name = Path(one).stem
        if name in recipes:
            raise InputError(f"{one}: another recipe makes a table {name!r}, too")
        recipes[name] = read_recipe(one)
    return recipes


def _table(name: str, target: dict[str, float], values: dict[str, float]) -> Table:
    table = titled_table(f"Bias table {name}")
    for column in ("quantity", "bias", "target", "measured", "unit"):
        table.add_column(column)
    for key, value in values.items():
        quantity = QUANTITIES[key]
        wanted = f"{target[key]:.4g}" if key in target else ""
        table.add_row(quantity.text, quantity.bias, wanted, f"{value:.4g}", quantity.unit)
    return table
