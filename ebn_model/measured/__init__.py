"""Constants of the behavioural model as they were measured on the circuit, by bias table.

`make calibrate` writes them with the table, so that a network can be simulated without ngspice.
"""

import json
from functools import cache
from pathlib import Path

from ebn_model.errors import InputError
from ebn_model.parameters import NeuronParameters, validated

FOLDER = Path(__file__).resolve().parent


@cache
def measured_parameters(table: str) -> NeuronParameters:
    """The learning neuron's constants under a bias table, generic180 at 27 degrees C.

    Raises:
        InputError: none were measured for the table (lists those there are).
    """
    files = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}
    if table not in files:
        raise InputError(f"no constants of bias table {table!r}; there are: {', '.join(files)}")
    values = json.loads(files[table].read_text())
    return validated(NeuronParameters, values, files[table].name)
