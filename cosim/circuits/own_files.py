"""Files of a project that lie, or are called, so that nothing would use them, nor say so."""

from collections.abc import Iterator
from pathlib import Path

from cosim.circuits.own_cells import CELLS, ENDING, brought_cells
from cosim.workbench.places import project
from ebn_model.errors import InputError

_NETLISTS = {".cir", ".spice", ".sp", ".ckt", ".net"}


def check_own_files() -> None:
    """Check that cells and bias tables of the project are where and what they are looked for as.

    Raises:
        InputError: a netlist called nearly as one of our cells, which would be used instead, or a
            bias table outside of the technologies' folders; names the file.
    """
    folder = project()
    if folder is None:
        return
    for path, cell in _nearly(folder / CELLS):
        raise InputError(f"{path} takes the place of no cell: call it {cell}{ENDING}, or otherwise")
    for path in sorted((folder / "biases").glob("*.spice")):
        raise InputError(f"{path} is used by no technology: it belongs in biases/TECHNOLOGY/")


def _nearly(folder: Path) -> Iterator[tuple[Path, str]]:
    """Netlists with the name of one of our cells, but for case or ending, and the cell.

    One beside the cell of that name may be what it includes.
    """
    cells = {name.lower(): name for name in brought_cells()}
    for path in sorted(folder.glob("*")):
        cell = cells.get(path.stem.lower())
        if cell and path.suffix.lower() in _NETLISTS and not (folder / f"{cell}{ENDING}").is_file():
            yield path, cell
