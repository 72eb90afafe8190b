"""The constants that come with the tables were measured on the netlists and currents as they are.

Where they were not, they are measured anew without an error, by whatever ngspice is there.
"""

import pytest

from cosim.circuits.bias_tables import read_biases
from cosim.workbench.netlist_digests import changed_netlists
from cosim.workbench.places import NETLISTS, in_project
from ebn_model.measured import FOLDER, measured_biases, measured_netlists

SECOND = NETLISTS / "second_version"
FOLDERS = {
    "first version, generic180": (None, "generic180", FOLDER),
    **{
        f"first version, {name}": (None, name, NETLISTS / "biases" / name)
        for name in ("gf180", "sky130")
    },
    **{
        f"second version, {name}": (SECOND, name, SECOND / "biases" / name)
        for name in ("generic180", "gf180")
    },
}


@pytest.mark.parametrize(("project", "technology", "folder"), FOLDERS.values(), ids=FOLDERS)
def test_stored_constants_are_of_these_netlists_and_tables(project, technology, folder):
    names = [path.stem for path in sorted(folder.glob("*.json"))]
    assert names
    with in_project(project):
        for name in names:
            assert changed_netlists(measured_netlists(name, folder)) == [], name
            table = read_biases(name.removesuffix("_row"), technology)
            assert measured_biases(name, folder) == table, name
