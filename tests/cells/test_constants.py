import pytest

from cosim.cells import characterise
from cosim.cells.row_constants import row_constants
from cosim.circuits.bias_tables import bias_folder, read_biases
from cosim.circuits.conditions import Conditions
from cosim.workbench.errors import SimulationError
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters


def test_what_was_measured_is_not_measured_again(monkeypatch):
    monkeypatch.setattr(characterise, "measure_neuron", None)
    assert row_constants("network", Conditions()) == measured_parameters("network_row")


def test_a_table_that_is_stated_by_its_path_is_measured(monkeypatch):
    """The measured constants are those of the table that is called so, not of any other file."""

    def measure_neuron(biases, conditions, _pool):
        assert (biases, conditions) == (read_biases("network"), Conditions())
        raise SimulationError("measured")

    monkeypatch.setattr(characterise, "measure_neuron", measure_neuron)
    with pytest.raises(SimulationError, match="measured"):
        row_constants(str(bias_folder("generic180") / "network.spice"), Conditions())


@pytest.mark.ngspice
def test_measured_anew_they_are_the_same():
    """The benches of the cells and a row, a tenth of a kelvin off: the constants hardly move."""
    measured = row_constants("network", Conditions(temperature=27.1))
    known = measured_parameters("network_row")
    assert measured != known
    assert measured.i_in == pytest.approx(known.i_in, rel=0.01)
    assert measured.membrane.tau == pytest.approx(known.membrane.tau, rel=0.01)
    assert measured.spike.i_spike == pytest.approx(known.spike.i_spike, rel=0.01)
    assert measured.spike.i_held == pytest.approx(known.spike.i_held, rel=0.01)
    assert measured.spike.refractory == pytest.approx(known.spike.refractory, rel=0.01)
    assert measured.decision.i_lower == pytest.approx(known.decision.i_lower, rel=0.01)


def test_an_unknown_table():
    with pytest.raises(InputError, match="nothing"):
        row_constants("nothing", Conditions())
