"""The command `ebn-cosim bench-cells`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from cosim.cells.die_runner import run_benches_on_dies
from cosim.cells.die_sheets import DieSheets
from cosim.cells.die_table import die_table
from cosim.cells.runner import BenchConditions, run_benches
from cosim.cells.sheet import Sheet, readable
from cosim.circuits.conditions_options import add_conditions, add_dies, stated_conditions
from cosim.workbench.placement import Placement, add_placement
from cosim.workbench.printed import console, titled_table
from ebn_model.errors import InputError
from ebn_model.validation import validated

_VERDICTS = {True: "[green]pass[/]", False: "[bold red]FAIL[/]", None: ""}


def add_bench_cells(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a bench in netlists/benches (default: all)"
    )
    default = BenchConditions()
    parser.add_argument(
        "--biases", metavar="TABLE", default=default.biases, help=f"default: {default.biases}"
    )
    add_conditions(parser, f"those of {default.label}")
    add_dies(parser, "run the benches on so many dies with mismatch instead", "0")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="results go to DIR/CONDITIONS, of dies to DIR/CONDITIONS-dies (default: "
        "Simulations/cells/results; of an installed copy, results/cells)",
    )
    add_placement(parser)
    parser.set_defaults(command=_bench_cells)


def _bench_cells(options: argparse.Namespace) -> int:
    """Run and print; 1 where anything is out of its limits, else 0."""
    placement = Placement.of(options)
    values = {"biases": options.biases, **stated_conditions(options)}
    conditions = validated(BenchConditions, values, "options")
    sheets: Sequence[Sheet | DieSheets]
    if options.dies:
        sheets, folder = run_benches_on_dies(
            options.names, conditions, _dies(options), options.out, placement
        )
        table = die_table(sheets, folder)
    else:
        if options.first_die is not None:
            raise InputError("--first-die: state --dies, too; --die is a single one")
        conditions.check_varies()
        placement.check_local("bench-cells", "all benches take a minute on one machine")
        sheets, folder = run_benches(options.names, conditions, options.out, placement)
        table = _table(sheets, folder)
    console().print(table)
    return 1 if any(sheet.passed is False for sheet in sheets) else 0


def _dies(options: argparse.Namespace) -> range:
    if options.die is not None:
        raise InputError("--die: state --first-die and --dies instead")
    first = options.first_die or 0
    return range(first, first + options.dies)


def _table(sheets: list[Sheet], folder: Path) -> Table:
    table = titled_table(
        f"Datasheet of the cells, {folder.name}", f"table, figures and waveforms in {folder}"
    )
    table.add_column("quantity")
    for column in ("min", "typical", "max", "measured"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict")
    for sheet in sheets:
        table.add_section()
        verdict = _VERDICTS[sheet.passed] or "nothing judged"
        table.add_row(f"[bold]{sheet.bench}[/]", *[""] * 4, verdict)
        for text in (sheet.fault, *sheet.notes):
            if text:
                table.add_row(f"  {escape(text)}")
        for check in sheet.checks:
            limits = (check.min, check.typical, check.max, check.measured)
            values = (readable(value, check.unit) for value in limits)
            table.add_row(f"  {escape(check.name)}", *values, _VERDICTS[check.passed])
    return table
