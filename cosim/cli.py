"""The command `ebn-cosim`."""

import argparse
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cosim.errors import CosimError
from cosim.experiments.report import Report
from cosim.experiments.runner import VIEWS, redraw, run
from cosim.experiments.simulation import read_simulation, simulation_names
from ebn_model.errors import InputError

_JUDGEMENTS = {True: "[green]pass[/]", False: "[bold red]FAIL[/]", None: "not judged"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, 1 (verdict: failed), 2 (error) or 130 (interrupted)."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (InputError, CosimError, OSError) as error:
        print(f"ebn-cosim: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ebn-cosim: interrupted; finished results are kept", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ebn-cosim",
        description="Co-simulate the on-chip learning circuit and its behavioural model.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    names = {
        "nargs": "+",
        "metavar": "NAME",
        "help": "a folder under Simulations/, or the path of a config.toml",
    }

    parse_run = commands.add_parser("run", help="run simulations, compare, draw, give a verdict")
    parse_run.add_argument("names", **names)
    parse_run.add_argument(
        "--view", choices=(*VIEWS, "all"), default="all", help="what to run (default: all)"
    )
    parse_run.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="changes",
        help="change a bias current (i_sl=0.3n) or a setting (stimulus.start_weight=5); "
        "needs --out",
    )
    parse_run.add_argument("--out", type=Path, metavar="DIR", help="write results to DIR/NAME")
    parse_run.add_argument(
        "--workers", type=_positive, metavar="N", help="processes at once (default: all processors)"
    )
    parse_run.add_argument("--force", action="store_true", help="run what is up to date, too")
    parse_run.set_defaults(command=_run)

    parse_figures = commands.add_parser("figures", help="redraw figures from the results")
    parse_figures.add_argument("names", **names)
    parse_figures.set_defaults(command=_figures)

    parse_list = commands.add_parser("list", help="list the simulations")
    parse_list.set_defaults(command=_list)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _run(options: argparse.Namespace) -> int:
    if options.changes and not options.out:
        raise InputError("--set needs --out DIR, so that the simulation's own results stay")
    names = dict.fromkeys(options.names)
    simulations = [read_simulation(name, options.changes, options.out) for name in names]
    views = VIEWS if options.view == "all" else (options.view,)
    reports = run(simulations, views, options.workers, options.force)
    for report in reports:
        _print(report)
    return 0 if all(report.passed for report in reports) else 1


def _figures(options: argparse.Namespace) -> int:
    for name in options.names:
        print(redraw(read_simulation(name)).figure)
    return 0


def _list(_options: argparse.Namespace) -> int:
    for name in simulation_names():
        print(f"{name}: {read_simulation(name).experiment.title}")
    return 0


def _print(report: Report) -> None:
    table = Table(
        title=report.simulation.title,
        caption=f"results in {report.figure.parent}",
        title_justify="left",
        caption_justify="left",
    )
    for column in ("quantity", "required", "measured", "verdict"):
        table.add_column(column)
    for comparison, rows in groupby(report.rows, key=lambda row: row.comparison):
        table.add_section()
        table.add_row(f"[bold]{comparison}[/]")
        for row in rows:
            judgement = _JUDGEMENTS[row.passed]
            table.add_row(f"  {row.quantity}", row.required, row.measured, judgement)
    # A file or a pipe has no width of its own.
    Console(width=None if sys.stdout.isatty() else 120).print(table)


if __name__ == "__main__":
    sys.exit(main())
