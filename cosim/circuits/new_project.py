"""The command `ebn-cosim new`: a folder for one's own technology, cells, benches, simulations."""

import argparse
from pathlib import Path

from cosim.technologies.technology import read_technology
from cosim.workbench.output import new_folder
from cosim.workbench.places import PROJECT_FILE
from ebn_model.errors import InputError

_FILE = """\
# {name}: an ebn-cosim project. In this folder, and with --project DIR from elsewhere, all commands
# begin with what is stated here, and look for files here first.
about = "{name}"
technology = "{technology}"       # or the path of a file of your own, "technology/mine.toml"
# supply = "{supply:g} V"          # by default the technology's

# bias tables where neither a file nor the command line states one
[tables]
neuron = "published"
row = "network"

# what carries the currents inside of your own cells that benches read: device or 0 V source, as
# the cell's netlist calls it; `ebn-cosim cells` lists what is read
[probes]
# i_mem = "xm3"
"""
_FOLDERS = {
    "cells": "Your cells, CELL.cir: one of the same name takes the place of ours, if it has the "
    "same pins.",
    "biases": "Bias tables, TECHNOLOGY/TABLE.spice: `ebn-cosim calibrate` writes them here; "
    "recipes, TABLE.toml.",
    "benches": "Your benches: BENCH.cir, a netlist with .meas lines, and BENCH.toml, the limits of "
    "what they measure.",
    "technology": "A process of your own: NAME.toml, and perhaps its models.",
    "simulations": "Your experiments: NAME/config.toml, to be run by `ebn-cosim run NAME`.",
}
"""Help for each folder, which a file README.md in it has."""


def add_new(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the project's folder, to be made")
    parser.add_argument(
        "--technology", default="generic180", metavar="T", help="default: generic180"
    )
    parser.set_defaults(command=_new)


def _new(options: argparse.Namespace) -> int:
    make_project(options.folder, options.technology)
    print(f"{options.folder}: a project; {PROJECT_FILE} in it says what it is. Go there, and run")
    print("  ebn-cosim list           what there is to run")
    print("  ebn-cosim bench-cells    the cells' datasheet")
    return 0


def make_project(folder: Path, technology: str = "generic180") -> None:
    """Make the folder of a project.

    Raises:
        InputError: there is something already, or an unknown technology.
        OutputError: it can't be written.
    """
    facts = read_technology(technology)
    if folder.exists():
        raise InputError(f"{folder} is there already; a project gets a folder of its own")
    if facts.name != technology:
        technology = str(Path(technology).absolute())
    with new_folder(folder) as new:
        text = _FILE.format(name=folder.resolve().name, technology=technology, supply=facts.supply)
        (new / PROJECT_FILE).write_text(text, encoding="utf-8")
        for name, about in _FOLDERS.items():
            (new / name).mkdir()
            (new / name / "README.md").write_text(f"{about}\n", encoding="utf-8")
