"""The model's constants of a row under a bias table, those that were measured or measured anew."""

import logging

from cosim.cells import characterise
from cosim.cells.row_characterise import row_parameters
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import bias_folder, read_biases
from cosim.workbench.pool import Pool
from ebn_model.measured import has_measured, measured_biases, measured_parameters
from ebn_model.parameters import NeuronParameters

_log = logging.getLogger(__name__)


def row_constants(table: str, conditions: Conditions, pool: Pool | None = None) -> NeuronParameters:
    """Constants of a neuron in a row, its spike generator included.

    Those that `calibrate` measured, under the conditions of the technology's own tables, as long
    as the table is what it was; else, and for a table that is stated by its path, measured on the
    cells, which takes some 20 s.

    Raises:
        InputError: unknown table, or damaged constants (DamagedError).
        CosimError: a bench failed.
    """
    biases = read_biases(table, conditions.technology)
    folder = None if conditions == Conditions() else bias_folder(conditions.technology)
    name = f"{table}_row"
    own = conditions == Conditions(technology=conditions.technology)
    if own and has_measured(name, folder):
        if measured_biases(name, folder) == biases:
            return measured_parameters(name, folder)
        _log.warning(
            "%s_row.json: of other currents than table %s has; measured anew", table, table
        )
    neuron = characterise.measure_neuron(biases, conditions, pool)
    return row_parameters(neuron, biases, conditions)
