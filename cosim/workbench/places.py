"""Places of files: those that the project brings along, those of a user's project, and results.

A checkout has netlists/ and Simulations/ beside the packages, and is written to. An installed copy
has both inside of this package (pyproject.toml says so), and stays as it is: it may belong to
another user, and is removed as a whole. What it writes goes to the working directory.

A project is a folder of the user's with a file PROJECT_FILE. In a project its files come before
those of the same place and name that are brought along, results go there, and neither checkout nor
installed copy is written to.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ebn_model.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the packages cosim and ebn_model: a checkout, or an environment's packages."""
_DATA = ROOT / "cosim" / "data"
INSTALLED = _DATA.is_dir()
_BROUGHT = _DATA if INSTALLED else ROOT

NETLISTS = _BROUGHT / "netlists"
SIMULATIONS = _BROUGHT / "Simulations"

PROJECT_FILE = "ebn-cosim.toml"
"""The file that makes a folder a project, and says what it is (see circuits.project)."""
_VARIABLE = "EBN_COSIM_PROJECT"
"""Of the environment, since processes of ours inherit that."""


def find_project(stated: Path | None = None) -> Path | None:
    """The project that a user means: the stated folder, else that around the working directory.

    Raises:
        InputError: the stated folder is no project.
    """
    if stated is None:
        here = Path.cwd()
        return next((one for one in (here, *here.parents) if (one / PROJECT_FILE).is_file()), None)
    if not (stated / PROJECT_FILE).is_file():
        raise InputError(
            f"{stated} is no project: it has no {PROJECT_FILE}; make one with: ebn-cosim new DIR"
        )
    return stated.resolve()


@contextmanager
def in_project(folder: Path | None) -> Iterator[None]:
    """Within the block, a folder is the project; None: there is none."""
    before = os.environ.pop(_VARIABLE, None)
    if folder:
        os.environ[_VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(_VARIABLE, None)
        if before is not None:
            os.environ[_VARIABLE] = before


def project() -> Path | None:
    """The folder of the project that this process works for, if there is one."""
    folder = os.environ.get(_VARIABLE)
    return Path(folder) if folder else None


def in_use(path: Path) -> Path:
    """The file that is used where one in netlists/ or in the project is meant.

    That of the project where there is one in this place, else ours, else the path as it is.
    """
    own, normal = project(), Path(os.path.normpath(path))
    if own is None:
        return path
    for folder in (own, NETLISTS):
        if normal.is_relative_to(folder):
            inside = normal.relative_to(folder)
            found = (one for one in (own / inside, NETLISTS / inside) if one.is_file())
            return next(found, path)
    return path


def files_in_use(folder: str, ending: str) -> dict[str, Path]:
    """Files in a folder of netlists/ and of the project by their names without the ending.

    Sorted by name; of equal names the project's counts. ending: such as ".toml".
    """
    own = project()
    folders = [NETLISTS / folder, *([own / folder] if own else [])]
    found = {path.stem: path for one in folders for path in one.glob(f"*{ending}")}
    return dict(sorted(found.items()))


def is_own(path: Path) -> bool:
    """True if a file is the project's."""
    own = project()
    return own is not None and Path(os.path.normpath(path)).is_relative_to(own)


def is_own_cell(path: Path) -> bool:
    """True if a file is among the project's cells."""
    own = project()
    return own is not None and Path(os.path.normpath(path)).is_relative_to(own / "cells")


def simulations(file: str) -> dict[str, Path]:
    """Files NAME/`file` in Simulations/ and in the project's simulations/ by NAME, sorted."""
    own = project()
    folders = [SIMULATIONS, *([own / "simulations"] if own else [])]
    found = {path.parent.name: path for one in folders for path in one.glob(f"*/{file}")}
    return dict(sorted(found.items()))


def results_of(experiment: str) -> Path:
    """The folder for results of an experiment of Simulations/, by its name."""
    return _written(f"Simulations/{experiment}/results", experiment)


def overview_page() -> Path:
    """The page on all results."""
    return _written("Simulations", "") / "report.html"


def bias_tables(technology: str) -> Path:
    """The folder that gets calibrated bias tables: where they are found by name, if possible."""
    if own := project():
        return own / "biases" / technology
    return _written(f"netlists/biases/{technology}", f"calibration/biases/{technology}")


def model_constants(technology: str) -> Path:
    """The folder that gets the model's constants: in a checkout, for generic180, those of
    ebn_model.measured, else those beside the bias tables."""
    if project() or technology != "generic180":
        return bias_tables(technology)
    return _written("ebn_model/measured", "calibration/measured")


def schematics_folder() -> Path:
    """The folder that gets the drawings of the cells."""
    return _written("docs/schematics", "schematics")


def _written(in_checkout: str, elsewhere: str) -> Path:
    """A folder in the checkout, or in results/: of the project, or for an installed copy in the
    working directory."""
    if own := project():
        return own / "results" / elsewhere
    if INSTALLED:
        return Path.cwd() / "results" / elsewhere
    return ROOT / in_checkout
