"""Constants of many dies, measured in one process each."""

import pytest

from cosim.cells.die_constants import constants_of, measured_dies
from cosim.cells.row_constants import row_constants
from cosim.circuits.conditions import Conditions
from cosim.workbench.kept_outcomes import KeptOutcomes
from cosim.workbench.placement import Placement
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters


def test_a_die_that_could_not_be_measured_is_named():
    conditions = Conditions(die=7)
    with pytest.raises(InputError, match="die 7 can't be measured: no spikes"):
        constants_of({"error": "no spikes"}, conditions)


@pytest.mark.ngspice
def test_a_dies_constants_are_those_that_its_row_has(tmp_path):
    """By the runs in one process, and by row_constants, which has each in its own."""
    conditions = Conditions(die=7)
    with Placement(1).pool() as pool:
        kept = KeptOutcomes(tmp_path / "dies.jsonl", "one", pool)
        found = measured_dies("network", conditions, [7], kept)
    constants = constants_of(found[7], conditions)
    assert constants == row_constants("network", conditions)
    assert constants != measured_parameters("network_row")
