"""The model's constants of a row under a bias table, those that were measured or measured anew."""

from cosim.cells import characterise
from cosim.cells.row_characterise import row_parameters
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import read_biases
from cosim.workbench.pool import Pool
from ebn_model.measured import measured_parameters
from ebn_model.parameters import NeuronParameters

_MEASURED_WITH = Conditions()


def row_constants(table: str, conditions: Conditions, pool: Pool | None = None) -> NeuronParameters:
    """Constants of a neuron in a row, its spike generator included.

    Those of ebn_model.measured under the default conditions, which they were measured under; else
    measured on the cells, which takes some 20 s.

    Raises:
        InputError: unknown table.
        CosimError: a bench failed.
    """
    biases = read_biases(table)
    if conditions == _MEASURED_WITH:
        return measured_parameters(f"{table}_row")
    neuron = characterise.measure_neuron(biases, conditions, pool)
    return row_parameters(neuron, biases, conditions)
