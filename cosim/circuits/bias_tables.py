"""Bias tables: the reference currents of a circuit by name, found by technology, name or path."""

from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator

from cosim.engine.spice_parameters import read_parameters
from cosim.technologies.technology import GENERIC, read_technology
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.places import NETLISTS, bias_tables, project
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable
from ebn_model.validation import validated


def _from_anywhere(table: str) -> str:
    return str(Path(table).absolute()) if is_path(table) else table


def _without_path(table: str) -> str:
    if is_path(table):
        raise InputError(
            f"{table!r} is the path of a bias table, where a name is expected; a project's tables "
            "have one, biases/TECHNOLOGY/TABLE.spice"
        )
    return table


TableOrPath = Annotated[str, AfterValidator(_from_anywhere)]
"""A bias table by its name or path, which is absolute then: runs are in folders of their own."""
TableName = Annotated[str, AfterValidator(_without_path)]
"""A bias table by its name, after which results are called, too."""


def bias_folder(technology: str) -> Path:
    """Folder of a technology's bias tables: biases/TECHNOLOGY beside the folder of its file.

    Raises:
        InputError: an unknown technology.
    """
    facts = read_technology(technology)
    return facts.folder.parent / "biases" / facts.name


def read_biases(name: str, technology: str = GENERIC) -> BiasTable:
    """Read a table: a technology's, biases/TECHNOLOGY/NAME.spice, or any by its path, *.spice.

    In a project its own table of that name comes first.

    Raises:
        InputError: no such table (lists those there are), a line that is not a `.param` of
            numbers (names file and line), or a bad or missing value.
    """
    path = Path(name) if is_path(name) else bias_file(name, technology)
    return validated(BiasTable, read_parameters(path), path.name)


def has_table(name: str, technology: str) -> bool:
    """True if a technology has a bias table of that name."""
    return name in _tables(technology)


def table_names(technologies: Iterable[str]) -> set[str]:
    """Names of all bias tables of netlists/ and of the project, and of those beside technologies.

    technologies: their names or paths; raises InputError for an unknown one.
    """
    folders = {NETLISTS / "biases", *(bias_folder(one).parent for one in technologies)}
    beside = {path.stem for folder in folders for path in folder.glob("*/*.spice")}
    return beside | {*_own_tables()}


def bias_file(name: str, technology: str) -> Path:
    """The file of a technology's table: the project's, or that beside the technology.

    Names from outside never become other paths. Raises InputError as `read_biases`.
    """
    files, own = _tables(technology), _own_tables()
    if name in own and name not in files:
        raise InputError(
            f"the project's own bias table {name!r} is for {', '.join(own[name])} only; make it "
            f"with: ebn-cosim calibrate {name} --technology {technology}"
        )
    if not files:
        raise InputError(
            f"technology {technology} has no bias tables in {bias_folder(technology)}; make them "
            f"with: ebn-cosim calibrate --technology {technology}"
        )
    if name not in files:
        raise InputError(f"unknown bias table {name!r}; there are: {', '.join(sorted(files))}")
    return files[name]


def _tables(technology: str) -> dict[str, Path]:
    """Files of a technology's tables by name.

    Where a project has a table of its own for its cells, that for other cells doesn't stand in for
    it in another technology.
    """
    files = {path.stem: path for path in sorted(bias_folder(technology).glob("*.spice"))}
    own, technology = _own_tables(), read_technology(technology).name
    return {name: path for name, path in files.items() if name not in own} | {
        name: paths[technology] for name, paths in own.items() if technology in paths
    }


def _own_tables() -> dict[str, dict[str, Path]]:
    """Files of the project's tables by name and technology, of all technologies."""
    found: dict[str, dict[str, Path]] = {}
    if project():
        for path in sorted(bias_tables(GENERIC).parent.glob("*/*.spice")):
            found.setdefault(path.stem, {})[path.parent.name] = path
    return found


def table_name(table: str) -> str:
    """Name of a bias table that is stated by it, or by its path."""
    return Path(table).stem if is_path(table) else table


def is_path(table: str) -> bool:
    """True if a bias table is stated by its path, not by its name."""
    return table.endswith(".spice")


def seen_from(folder: Path, table: str) -> str:
    """A bias table that a file in `folder` states, whose path is as seen from there."""
    return str(folder / table) if is_path(table) else table


def stated_values(file: ExperimentFile) -> dict[str, Any]:
    """A copy of what an experiment's file states, its bias table as seen from here."""
    values = deepcopy(file.values)
    if isinstance(values.get("biases"), str):
        values["biases"] = seen_from(file.path.parent, values["biases"])
    return values


def bias_lines(biases: BiasTable) -> str:
    """The `.param` lines that a deck needs for a bias table."""
    return "\n".join(f".param {name}={value!r}" for name, value in biases.model_dump().items())
