"""Files of a project that nothing would use are named."""

import pytest

from cosim.circuits.conditions import Conditions, deck_under
from cosim.circuits.own_files import check_own_files
from ebn_model.errors import InputError


@pytest.mark.parametrize("name", ["dpi_membrane.spice", "DPI_membrane.cir", "dpi_membrane.CIR"])
def test_a_cell_that_is_called_nearly_as_one_of_ours(project, name):
    path = project / "cells" / name
    path.write_text(".subckt dpi_membrane in\n.ends\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"takes the place of no cell: call it dpi_membrane\.cir"):
        deck_under("test", Conditions())
    # What the cell's own file may include.
    path.with_name("dpi_membrane.cir").write_text("", encoding="utf-8")
    check_own_files()


def test_a_bias_table_outside_of_the_technologies_folders(project):
    project.joinpath("biases", "rule.spice").write_text(".param i_rest=5n\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"biases/rule\.spice is used by no technology"):
        deck_under("test", Conditions())


def test_other_files_are_the_users(project):
    for name in ("cells/follower.cir", "cells/dpi_membrane.sch", "cells/notes.md"):
        project.joinpath(name).write_text("", encoding="utf-8")
    check_own_files()
