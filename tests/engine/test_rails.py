"""Rails that all cells of a deck share: each must have a source where the circuit uses it."""

import pytest

from cosim.engine.deck import Deck
from cosim.engine.rails import check_rails
from cosim.workbench.errors import DeckError

SYNAPSE = ".subckt synapse out vss\nm1 out out V_SSP V_SSP pch\n.ends\n"
GLOBAL = ".global v_ssp\n"
BLOCK = ".subckt block vdd\nvssp vdd v_ssp 0.1\n.ends\n"


def deck_with(*lines):
    return Deck("rails").append("\n".join([GLOBAL + SYNAPSE + BLOCK, *lines]), "test")


def test_a_rail_is_supplied_from_within_a_cell():
    outer = ".subckt outer out\nx1 out 0 synapse\n.ends"
    check_rails(deck_with(outer, "xneuron a outer", "xbias vdd block"), ["v_ssp"])


def test_a_source_in_a_cell_that_is_not_used_supplies_nothing():
    with pytest.raises(DeckError, match="rail v_ssp: m1 and whatever else is at it float"):
        check_rails(deck_with("xneuron a 0 synapse"), ["v_ssp"])


def test_a_rail_without_a_device_needs_no_source():
    check_rails(deck_with("r1 a 0 1k"), ["v_ssp"])


def test_any_node_is_a_cells_own_where_no_rail_is_stated():
    check_rails(deck_with("xneuron a 0 synapse"), [])


def test_a_pin_is_no_rail():
    # ngspice would take it as the rail, whatever the cell is connected to.
    with pytest.raises(DeckError, match="test:2: vss is a pin of synapse, and can't be a rail"):
        check_rails(deck_with("xneuron a 0 synapse"), ["v_ssp", "VSS"])
