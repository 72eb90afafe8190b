"""The command `ebn-cosim study`."""

import argparse
from pathlib import Path

from cosim.experiments.study.runner import run_study
from cosim.experiments.study.settings import read_study
from cosim.experiments.study.tables import terminal_table
from cosim.workbench.experiment_files import SIMULATIONS
from cosim.workbench.placement import add_placement
from cosim.workbench.printed import console

FILE = SIMULATIONS / "study" / "study.toml"


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add `study` to the commands."""
    parser = commands.add_parser(
        "study", help="compare learned, programmed and random weights over seeds and mismatch"
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        default=FILE,
        metavar="FILE",
        help="what to compare (default: Simulations/study/study.toml)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="gets the results")
    add_placement(parser)
    parser.set_defaults(command=_study)


def _study(options: argparse.Namespace) -> int:
    settings = read_study(options.file)
    results = options.out or options.file.parent / "results"
    groups = run_study(settings, results, options.workers, options.scheduler)
    for name, found in groups.items():
        console().print(terminal_table(settings, name, found))
    console().print(f"tables and figure in {results}")
    return 0
