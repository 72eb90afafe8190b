"""The command `ebn-cosim calibrate`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cosim.circuits.neuron import NETLISTS
from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.calibration.recipe import read_recipe, recipe_names
from cosim.experiments.calibration.runner import RESULTS, run_recipe
from cosim.workbench.placement import Placement, add_placement


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="TABLE",
        help="a table with a recipe, netlists/biases/TABLE.toml (default: all)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="gets TABLE.spice and the model's constants, TABLE.json (default: netlists/biases and "
        "ebn_model/measured)",
    )
    add_placement(parser)
    parser.set_defaults(command=_calibrate)


def _calibrate(options: argparse.Namespace) -> int:
    placement = Placement.of(options)
    placement.check_local("calibrate", "each of its short steps waits for the one before")
    # A file or a pipe has no width of its own.
    console = Console(width=None if sys.stdout.isatty() else 120)
    names = options.names or recipe_names()
    recipes = {name: read_recipe(name) for name in names}
    with placement.pool() as pool:
        for name, recipe in recipes.items():
            values = run_recipe(name, console.print, pool, options.out)
            console.print(_table(name, recipe.target, values, options.out or NETLISTS / "biases"))
    return 0


def _table(name: str, target: dict[str, float], values: dict[str, float], out: Path) -> Table:
    table = Table(
        title=f"Bias table {name}",
        caption=f"{out / name}.spice; the model's parameters are in {RESULTS / name}.json",
        title_justify="left",
        caption_justify="left",
    )
    for column in ("quantity", "bias", "target", "measured", "unit"):
        table.add_column(column)
    for key, value in values.items():
        quantity = QUANTITIES[key]
        wanted = f"{target[key]:.4g}" if key in target else ""
        table.add_row(quantity.text, quantity.bias, wanted, f"{value:.4g}", quantity.unit)
    return table
