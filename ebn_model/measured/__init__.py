"""Constants of the model as they were measured on the circuit, by bias table.

`make calibrate` writes them with the table, so that a network can be simulated without ngspice:
TABLE.json are those of the single learning neuron, TABLE_row.json those of a neuron in a row, which
rests elsewhere by what the row leaks (cosim/cells/row_characterise.py). Each file also has the
currents of the bias table, digests of the netlists, and one of its own: what was edited by hand was
not measured.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.sealed import DamagedError, read_sealed, sealed
from ebn_model.validation import validated

FOLDER = Path(__file__).resolve().parent


@cache
def measured_parameters(name: str, folder: Path | None = None) -> NeuronParameters:
    """A neuron's constants under a bias table, by default of generic180, at 27 degrees C.

    name: TABLE or TABLE_row. folder: where they are, by default FOLDER.

    Raises:
        InputError: none of this name were measured (lists those there are), or the file isn't what
            was written (DamagedError).
    """
    return validated(NeuronParameters, _read(name, folder)["parameters"], f"{name}.json")


@cache
def measured_biases(name: str, folder: Path | None = None) -> BiasTable:
    """The bias table that constants were measured with; arguments and errors as above."""
    return validated(BiasTable, _read(name, folder)["biases"], f"{name}.json")


@cache
def measured_netlists(name: str, folder: Path | None = None) -> dict[str, str]:
    """The netlists that constants were measured on, each with its digest as it was then
    (cosim.workbench.netlist_digests); arguments and errors as above."""
    return dict(_read(name, folder)["netlists"])


def has_measured(name: str, folder: Path | None = None) -> bool:
    """True if there is a file, damaged or not, of constants of this name, as above."""
    return os.path.lexists((folder or FOLDER) / f"{name}.json")


def measured_record(
    name: str, parameters: NeuronParameters, biases: BiasTable, netlists: dict[str, str]
) -> dict[str, Any]:
    """Content of NAME.json, of JSON's types; netlists: as measured_netlists gives them."""
    values = {"biases": biases.model_dump(), "parameters": parameters.model_dump()}
    return sealed({"name": name, **values, "netlists": netlists})


def _read(name: str, folder: Path | None) -> dict[str, Any]:
    files = {path.stem: path for path in sorted((folder or FOLDER).glob("*.json"))}
    if name not in files:
        raise InputError(f"no measured constants {name!r}; there are: {', '.join(files)}")
    record = read_sealed(files[name])
    if record["name"] != name:
        raise DamagedError(f"{files[name]}: holds the constants of {record['name']}")
    return record
