"""The command line of `ebn-cosim`."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from cosim.workbench.errors import CosimError
from cosim.workbench.places import find_project, in_project
from cosim.workbench.streams import prepare_streams
from ebn_model.errors import InputError

EXIT_STATUS = """exit status:
  0  done, and nothing failed that was judged; a verdict "nothing judged" is no proof
  1  a verdict failed
  2  an error: bad input, or a run that failed
  128 + N  ended by signal N"""


class Command(NamedTuple):
    """A command: help; module and function that adds its arguments, loaded when it's needed."""

    help: str
    module: str
    function: str

    def load(self) -> Callable[[argparse.ArgumentParser], None]:
        """Adds arguments to a parser, and `command`, which takes them and returns the status."""
        return getattr(import_module(self.module), self.function)


_EXPERIMENTS = "cosim.experiments.command"
COMMANDS = {
    "run": Command("run experiments, compare, draw, give a verdict", _EXPERIMENTS, "add_run"),
    "report": Command("give the verdict on results that are there", _EXPERIMENTS, "add_report"),
    "figures": Command("redraw figures from the results", _EXPERIMENTS, "add_figures"),
    "overview": Command(
        "write one page on all results that are there", "cosim.experiments.overview", "add_overview"
    ),
    "list": Command("list the experiments", _EXPERIMENTS, "add_list"),
    "replay": Command(
        "play spike trains of your own into rows of circuits, and compare",
        "cosim.experiments.replay.command",
        "add_replay",
    ),
    "bench-cells": Command(
        "run the cells' benches, judge and draw them: the datasheet",
        "cosim.cells.command",
        "add_bench_cells",
    ),
    "new": Command(
        "make a project: a folder for your technology, cells, benches, simulations",
        "cosim.circuits.new_project",
        "add_new",
    ),
    "cells": Command(
        "list what each cell must offer: its pins, and what is read inside",
        "cosim.circuits.cells_command",
        "add_cells",
    ),
    "calibrate": Command(
        "make bias tables from the cells' benches and a target",
        "cosim.experiments.calibration.command",
        "add_calibrate",
    ),
}


_PROJECT = argparse.ArgumentParser(prog="ebn-cosim", add_help=False, allow_abbrev=False)
_PROJECT.add_argument(
    "--project",
    type=Path,
    metavar="DIR",
    help="a project's folder, whose files come first and which gets the results (default: that "
    "around the working directory, if there is one)",
)
"""Takes the options of all commands, wherever they stand among the arguments."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, in whatever thread; returns its exit status, see EXIT_STATUS."""
    prepare_streams()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        stated, rest = _PROJECT.parse_known_args(words)
        with in_project(find_project(stated.project)):
            options = _parser(rest).parse_args(rest)
            status = options.command(options)
            sys.stdout.flush()
            return status
    except BrokenPipeError:
        # Nobody reads any more, as after `| head`; Python would complain when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (InputError, CosimError, OSError) as error:
        print(f"ebn-cosim: {error}", file=sys.stderr)
        return 2


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; of the commands only those that are named have arguments."""
    parser = argparse.ArgumentParser(
        prog="ebn-cosim",
        description="Co-simulate the on-chip learning circuit and its model.",
        epilog=EXIT_STATUS,
        parents=[_PROJECT],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        of_command = commands.add_parser(name, help=command.help)
        if name in words:
            command.load()(of_command)
    return parser


if __name__ == "__main__":
    sys.exit("the command is `ebn-cosim`, or `python -m cosim`")
