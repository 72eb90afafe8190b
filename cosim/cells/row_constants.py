"""The model's constants of a row under a bias table, those that were measured or measured anew."""

import logging
from pathlib import Path

from cosim.cells import characterise
from cosim.cells.row_characterise import row_deck, row_parameters
from cosim.circuits.bias_tables import bias_folder, read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.project import project_settings
from cosim.technologies.models import own_model_files
from cosim.technologies.schematic_names import names_file
from cosim.technologies.technology import GENERIC, read_technology, technology_files
from cosim.workbench.netlist_digests import changed_netlists, netlist_digests
from cosim.workbench.places import PROJECT_FILE, bias_tables, project
from cosim.workbench.pool import Pool
from ebn_model.measured import (
    has_measured,
    measured_biases,
    measured_netlists,
    measured_parameters,
)
from ebn_model.parameters import BiasTable, NeuronParameters

_log = logging.getLogger(__name__)


def row_constants(table: str, conditions: Conditions, pool: Pool | None = None) -> NeuronParameters:
    """Constants of a neuron in a row, its spike generator included.

    Those that `calibrate` measured, under the conditions of the technology's own tables, as long
    as the table and the netlists are what they were; else, and for a table that is stated by its
    path, measured on the cells, which takes some 20 s.

    Raises:
        InputError: unknown table, or damaged constants (DamagedError).
        CosimError: a bench failed.
    """
    biases = read_biases(table, conditions.technology)
    stored = _stored(f"{table}_row", biases, conditions)
    if stored:
        return stored
    neuron = characterise.measure_neuron(biases, conditions, pool)
    return row_parameters(neuron, biases, conditions)


def neuron_constants(
    table: str, conditions: Conditions, pool: Pool | None = None
) -> NeuronParameters:
    """Those of the single learning neuron; where from, and errors, as for those of a row."""
    biases = read_biases(table, conditions.technology)
    stored = _stored(table, biases, conditions)
    return stored or characterise.measure_neuron(biases, conditions, pool)


def _stored(name: str, biases: BiasTable, conditions: Conditions) -> NeuronParameters | None:
    """The constants NAME.json, where they were measured with this table on these netlists."""
    folder = _constants_folder(name, conditions.technology)
    own = conditions == Conditions(technology=conditions.technology)
    if not (own and has_measured(name, folder)):
        return None
    changed = changed_netlists(measured_netlists(name, folder))
    if measured_biases(name, folder) != biases:
        table = name.removesuffix("_row")
        _log.warning("%s.json: of other currents than table %s has; measured anew", name, table)
    elif changed:
        _log.warning("%s.json: %s changed; measured anew", name, ", ".join(changed))
    else:
        return measured_parameters(name, folder)
    return None


def netlists_measured(biases: BiasTable, conditions: Conditions) -> dict[str, str]:
    """The files that a neuron's constants, and those of one in a row, follow from, with digests.

    The file of a bias table is none of them: its currents are compared.
    """
    jobs = characterise.neuron_jobs(biases, conditions)
    decks = [*(job.deck for job in jobs), row_deck(biases, conditions)]
    paths = [path for deck in decks for path in deck.files]
    # The project says where currents are read.
    of_project = [folder / PROJECT_FILE] if (folder := project()) else []
    names = names_file(conditions.facts)
    of_technology = [*technology_files(conditions.facts), *own_model_files(conditions.facts)]
    of_technology += [names] if names else []
    return netlist_digests([*paths, *of_project, *of_technology])


def _constants_folder(name: str, technology: str) -> Path | None:
    """The folder of measured constants: the project's, if it has them, or that which comes with
    the technology; None: that of ebn_model.measured."""
    facts = read_technology(technology)
    if project():
        own = bias_tables(facts.name)
        # Where a project states probes, what was measured without it may be something else.
        if has_measured(name, own) or project_settings().probes:
            return own
    return None if technology == GENERIC else bias_folder(technology)
