"""Constants of the behavioural model as they were measured on the circuit, by bias table.

`make calibrate` writes them with the table, so that a network can be simulated without ngspice:
TABLE.json are those of the single learning neuron, TABLE_row.json those of a neuron in a row, which
rests elsewhere by what the row leaks (cosim/cells/row_characterise.py).
"""

import json
from functools import cache
from pathlib import Path

from ebn_model.errors import InputError
from ebn_model.parameters import NeuronParameters, validated
from ebn_model.text import read_text

FOLDER = Path(__file__).resolve().parent


@cache
def measured_parameters(name: str) -> NeuronParameters:
    """A neuron's constants under a bias table, generic180 at 27 degrees C.

    name: TABLE or TABLE_row.

    Raises:
        InputError: none of this name were measured (lists those there are).
    """
    files = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}
    if name not in files:
        raise InputError(f"no measured constants {name!r}; there are: {', '.join(files)}")
    values = json.loads(read_text(files[name]))
    return validated(NeuronParameters, values, files[name].name)
