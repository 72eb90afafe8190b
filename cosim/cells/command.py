"""The command `ebn-cosim bench-cells`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cosim.cells.runner import BenchConditions, run_benches
from cosim.cells.sheet import Sheet, readable
from cosim.circuits.conditions_options import add_conditions, stated_conditions
from cosim.workbench.placement import Placement, add_placement
from ebn_model.parameters import validated

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
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="results go to DIR/CONDITIONS (default: Simulations/cells/results; of an "
        "installed copy, results/cells)",
    )
    add_placement(parser)
    parser.set_defaults(command=_bench_cells)


def _bench_cells(options: argparse.Namespace) -> int:
    """Run and print; 1 where anything is out of its limits, else 0."""
    placement = Placement.of(options)
    placement.check_local("bench-cells", "all benches take a minute on one machine")
    values = {"biases": options.biases, **stated_conditions(options)}
    conditions = validated(BenchConditions, values, "options")
    sheets, folder = run_benches(options.names, conditions, options.out, placement)
    # A file or a pipe has no width of its own.
    Console(width=None if sys.stdout.isatty() else 120).print(_table(sheets, folder))
    return 1 if any(sheet.passed is False for sheet in sheets) else 0


def _table(sheets: list[Sheet], folder: Path) -> Table:
    table = Table(
        title=f"Datasheet of the cells, {folder.name}",
        caption=f"table, figures and waveforms in {folder}",
        title_justify="left",
        caption_justify="left",
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
