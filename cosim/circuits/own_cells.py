"""Cells of the project that take the place of ours: all that they must offer is pins."""

from functools import cache
from pathlib import Path

from cosim.engine.deck import Deck, bare_cards
from cosim.workbench.errors import CosimError
from cosim.workbench.places import NETLISTS, files_in_use, in_project, is_own, project

CELLS = "cells"
ENDING = ".cir"


class CellError(CosimError):
    """A cell of the project can't take the place of ours."""


def brought_cells() -> list[str]:
    """Names of our cells, sorted."""
    return sorted(path.stem for path in (NETLISTS / CELLS).glob(f"*{ENDING}"))


@cache
def brought(cell: str) -> Deck:
    """The netlist of one of our cells."""
    with in_project(None):
        return Deck("").include(NETLISTS / CELLS / f"{cell}{ENDING}")


def own_cells() -> dict[str, Path]:
    """Files of those of the project's cells that take the place of ours, by the cell's name."""
    if project() is None:
        return {}
    brought = brought_cells()
    found = files_in_use(CELLS, ENDING)
    return {name: path for name, path in found.items() if is_own(path) and name in brought}


def pins(netlist: Deck, cell: str) -> tuple[str, ...] | None:
    """The pins of a cell in lower case, from a netlist; None where it doesn't define the cell."""
    for card in bare_cards(netlist.lines):
        words = card.lower().split()
        if words[0] == ".subckt" and words[1] == cell:
            names = " ".join(words[2:]).split("=")[0].split()
            return tuple(names[:-1] if "=" in card else names)
    return None


def required_pins(cell: str) -> tuple[str, ...]:
    """The pins that a cell of this name must have: those of ours, in their order."""
    found = pins(brought(cell), cell)
    assert found, cell
    return found


def check_own_cells() -> None:
    """Check all of the project's cells that take the place of ours.

    Raises:
        CellError: a file doesn't define the cell that it is named for, or one with other pins;
            names cell, pins and file.
        DeckError: a file can't be read as a netlist.
    """
    for cell, path in own_cells().items():
        found, wanted = pins(Deck("").include(path), cell), required_pins(cell)
        if found is None:
            raise CellError(f"{path} defines no subcircuit {cell}, as its name says")
        if found == wanted:
            continue
        missing = [name for name in wanted if name not in found]
        unknown = [name for name in found if name not in wanted]
        what = [f"lacks {', '.join(missing)}"] if missing else []
        what += [f"has {', '.join(unknown)} besides"] if unknown else []
        raise CellError(
            f"{path}: the pins of {cell} must be {' '.join(wanted)}; it "
            f"{' and '.join(what) or 'has them in another order: ' + ' '.join(found)}"
        )
