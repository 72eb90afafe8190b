"""All drawings of the project as texts, and the page that shows them."""

from collections.abc import Mapping
from pathlib import Path

from cosim.schematics.blocks import block_diagram
from cosim.schematics.layout import Placement, read_placements
from cosim.schematics.netlist import Cell, SchematicError, read_cells
from cosim.schematics.rows import PURPOSE, ROW, row_diagram
from cosim.schematics.schematic import Schematic, draw
from cosim.schematics.svg import to_svg
from cosim.workbench.places import NETLISTS

_FOLDER_OF_PLACES = Path(__file__).parent
_CHAPTERS = {"Analog cells": "analog.toml", "Logic cells": "logic.toml"}
_BLOCKS, _BLOCKS_ENDING = "block_diagrams.toml", "_blocks"
_INTRODUCTION = """\
# Schematics

Drawn by `make schematics` from the cells in `netlists/cells`; don't edit these files. Devices,
sizes and nets are read from the netlists, only the places of the devices are written down: to add
or move a device, change its cell's table in `cosim/schematics/*.toml`.

W/L is in µm, `m` the number of devices in parallel; a list below a drawing gives the defaults of
the cell's parameters. Circles are the cell's pins. Ends with the same name are one net, wires that
cross without a dot are two; `m0..m4` is a bus. The arrow of a transistor is at its source. Its
bulk, where none is drawn, is on the cell's only vss (nFET) or vdd (pFET), or on the supply that
its source is on; the supplies of logic symbols likewise. Lines that depend on a global parameter
are drawn as its default in `netlists/cells.spice` has them.
"""


def schematics(cells: Mapping[str, Cell]) -> dict[str, Schematic]:
    """Schematics by cell name; raises SchematicError, naming the cell and what lacks a place."""
    places = _places(cells, *_CHAPTERS.values())
    for name in sorted(cells.keys() - places.keys()):
        raise SchematicError(f"{name}: no places in {' or '.join(_CHAPTERS.values())}")
    return {name: draw(cell, cells, places[name]) for name, cell in cells.items()}


def block_diagrams(cells: Mapping[str, Cell]) -> dict[str, Schematic]:
    """Block diagrams by the names of the cells that they show, and that of a row."""
    return {
        name: draw(
            row_diagram(cells) if name == ROW else block_diagram(cells[name], cells), cells, place
        )
        for name, place in _places(cells, _BLOCKS).items()
    }


def files() -> dict[str, str]:
    """Names and texts of all files that there are to be; raises SchematicError and DeckError."""
    cells = read_cells(NETLISTS / "cells.spice")
    svgs = {f"{name}.svg": to_svg(drawn) for name, drawn in schematics(cells).items()}
    for name, drawn in block_diagrams(cells).items():
        svgs[f"{name}{_BLOCKS_ENDING}.svg"] = to_svg(drawn)
    return svgs | {"README.md": _page(cells)}


def _places(cells: Mapping[str, Cell], *names: str) -> dict[str, Placement]:
    places = read_placements(_FOLDER_OF_PLACES / name for name in names)
    for cell in sorted(places.keys() - cells.keys() - {ROW}):
        raise SchematicError(f"{cell}: places in {' or '.join(names)}, but no such cell")
    return places


def _page(cells: Mapping[str, Cell]) -> str:
    chapters = [_INTRODUCTION]
    for title, places in {"Block diagrams": _BLOCKS, **_CHAPTERS}.items():
        chapters.append(f"## {title}\n")
        ending = _BLOCKS_ENDING if places == _BLOCKS else ""
        for name in sorted(_places(cells, places)):
            file, purpose = _source(cells, name)
            link = f"[{name}](../../netlists/{file})"
            picture = f"![{name}]({name}{ending}.svg)"
            chapters.append(f"**{link}**: {purpose}\n\n{picture}\n")
    return "\n".join(chapters)


def _source(cells: Mapping[str, Cell], name: str) -> tuple[str, str]:
    """File in netlists/ and purpose."""
    if name == ROW:
        return "row_test.spice", PURPOSE
    return f"cells/{name}.cir", cells[name].purpose
