"""The command `ebn-cosim cells`: what each cell must offer to those around it, and to benches."""

import argparse

from cosim.circuits.own_cells import brought, brought_cells, own_cells, required_pins
from cosim.circuits.probes import PROBES
from cosim.circuits.project import project_settings
from cosim.engine.instances import declared_parameters
from cosim.workbench.places import NETLISTS
from ebn_model.errors import InputError


def add_cells(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("names", nargs="*", metavar="CELL", help="default: all")
    parser.set_defaults(command=_cells)


def _cells(options: argparse.Namespace) -> int:
    known = brought_cells()
    for name in options.names:
        if name not in known:
            raise InputError(f"no cell {name!r}; there are: {', '.join(known)}")
    for name in options.names or known:
        print(description(name))
    return 0


def description(cell: str) -> str:
    """Pins and parameters of a cell, the file that it is in, and where what is read in it is."""
    stated = project_settings().probes
    own = own_cells()
    lines = [f"{cell}: {own.get(cell, NETLISTS / 'cells' / f'{cell}.cir')}"]
    lines.append(f"  pins  {' '.join(required_pins(cell))}")
    if parameters := declared_parameters(brought(cell).lines)[cell]:
        lines.append(f"  parameters  {' '.join(parameters)}")
    for name, probe in PROBES.items():
        if element := probe.places.get(cell):
            where = stated.get(name, element)
            lines.append(f"  {name} ({probe.unit}): {probe.meaning}; {where}")
    return "\n".join(lines)
