"""The model's constants of a row under a bias table, those that were measured or measured anew."""

import logging

from cosim.cells import characterise
from cosim.cells.row_characterise import row_parameters
from cosim.circuits.neuron import read_biases
from cosim.engine.worker import run_jobs
from ebn_model.measured import measured_biases, measured_parameters
from ebn_model.parameters import NeuronParameters

_MEASURED_WITH = ("generic180", 27.0)
_log = logging.getLogger(__name__)


def row_constants(
    table: str, technology: str, temperature: float, workers: int | None = None
) -> NeuronParameters:
    """Constants of a neuron in a row, its spike generator included.

    Those of ebn_model.measured where the technology is generic180 at 27 degrees C, and the table is
    still what it was; else measured on the cells, which takes some 20 s.

    Raises:
        InputError: unknown table or technology, or damaged constants (DamagedError).
        CosimError: a bench failed.
    """
    biases = read_biases(table)
    if (technology, temperature) == _MEASURED_WITH:
        if measured_biases(f"{table}_row") == biases:
            return measured_parameters(f"{table}_row")
        _log.warning(
            "%s_row.json: of other currents than table %s has; measured anew", table, table
        )
    jobs = characterise.jobs(biases, technology, temperature)
    jobs.append(characterise.spike_job(biases, technology, temperature))
    vectors = dict(run_jobs(jobs, workers))
    *cells, spikes = (vectors[index] for index in range(len(jobs)))
    spike = characterise.spike_parameters(spikes)
    neuron = characterise.parameters(cells).model_copy(update={"spike": spike})
    return row_parameters(neuron, biases, technology, temperature)
