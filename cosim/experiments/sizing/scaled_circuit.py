"""A project whose circuit is another one's with larger or smaller devices."""

import math
import re
import shutil
from pathlib import Path

from cosim.engine.deck import cards, uncommented
from cosim.engine.instances import assignments
from cosim.engine.netlist import Line, decoded
from cosim.workbench.output import new_folder
from cosim.workbench.places import PROJECT_FILE, files_in_use, in_project
from ebn_model.errors import InputError

FOLDERS = ("cells", "biases", "benches", "technology")
"""Folders of a project that its circuit and its benches are in."""
_SIZE = re.compile(r"\b(w(?:_\w+)?)=([\d.]+)([ \t]+)(l(?:_\w+)?)=([\d.]+)(?=\s|$)", re.I)
_BY_PARAMETERS = re.compile(r"\bw=\{\w+\}[ \t]+l=\{\w+\}", re.I)
"""Sizes that the cell takes as parameters, which are scaled where they are stated."""
_DEVICE = re.compile(r"\S*[np]fet", re.I)
NANOMETRE = 3
"""Decimals of a size in um."""


def scaled_project(base: Path | None, folder: Path, area: float, smallest: float) -> None:
    """Write a project with the circuit of `base`, whose decisive devices have `area` times theirs.

    Width and length go with the square root of `area`, so that a device carries the same current
    at the same voltage.

    Args:
        base: a project, or None for the circuit in netlists/.
        folder: of the new project; takes the place of what is there.
        area: factor of W*L.
        smallest: W*L from which a device is decisive, um^2. What is smaller is switches, cascodes
            and logic.

    Raises:
        InputError: no device is that large, or sizes of one can't be read.
        OutputError: a file can't be written.
    """
    with in_project(base):
        cells = {
            path.name: scaled_cell(decoded(path.read_bytes()), area, smallest, path.name)
            for path in files_in_use("cells", ".cir").values()
        }
    if not any(devices for _, devices in cells.values()):
        raise InputError(f"no device of the circuit has a gate of {smallest:g} um^2 or more")
    with new_folder(folder) as new:
        for name in FOLDERS:
            if base and (base / name).is_dir():
                shutil.copytree(base / name, new / name)
        stated = (base / PROJECT_FILE).read_text(encoding="utf-8") if base else ""
        new.joinpath(PROJECT_FILE).write_text(stated, encoding="utf-8")
        new.joinpath("cells").mkdir(exist_ok=True)
        for name, (text, devices) in cells.items():
            if devices:
                new.joinpath("cells", name).write_text(text, encoding="utf-8")


def scaled_cell(text: str, area: float, smallest: float, name: str) -> tuple[str, int]:
    """A cell's netlist with scaled sizes, and the number of its lines that have any.

    Sizes that a cell takes as parameters (w_pair=2 l_pair=5) are scaled where they are stated.
    name: of the cell's file. Other arguments as `scaled_project`.

    Raises:
        InputError: sizes in another form, which would stay as they are; names the line.
    """
    changed = 0

    def scaled(found: re.Match) -> str:
        nonlocal changed
        width, length = float(found[2]), float(found[5])
        if width * length < smallest:
            return found[0]
        changed += 1
        return f"{found[1]}={_size(width, area)}{found[3]}{found[4]}={_size(length, area)}"

    _check_sizes(text, smallest, name)
    lines = [
        line if line.startswith("*") else _SIZE.sub(scaled, line)
        for line in text.splitlines(keepends=True)
    ]
    return "".join(lines), changed


def _check_sizes(text: str, smallest: float, name: str) -> None:
    """Raise InputError for a device that may be decisive, whose sizes can't be scaled."""
    defaults = {
        parameter: value
        for _, card in _cards(text, name)
        if card.lower().startswith((".subckt", ".param"))
        for parameter, value in assignments(card)
    }
    for line, card in _cards(_BY_PARAMETERS.sub("", _SIZE.sub("", text)), name):
        stated = [value for axis, value in assignments(card) if axis in ("w", "l")]
        if not _DEVICE.search(card) or not stated:
            continue
        sizes = [_micrometres(defaults.get(value.strip("{}").lower(), value)) for value in stated]
        if None in sizes or math.prod(size for size in sizes if size) >= smallest:
            raise InputError(
                f"{line}: {card!r}: its area can't be scaled; state width and length in "
                "one line, as in w=2 l=5"
            )


def _cards(text: str, name: str) -> list[tuple[Line, str]]:
    lines = (Line(line, name, number) for number, line in enumerate(text.splitlines(), 1))
    return cards(uncommented(lines))


def _micrometres(size: str) -> float | None:
    """A size that is a plain number; None for others."""
    return float(size) if re.fullmatch(r"[\d.]+", size) else None


def _size(size: float, area: float) -> str:
    return f"{round(size * area**0.5, NANOMETRE):g}"
