"""Populations of dies as files, and dies that are drawn from them."""

import h5py
import numpy as np
import pytest

from cosim.exchange.dies import DiePopulation, read_dies, write_dies
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters
from ebn_model.parameters import NeuronParameters

NOMINAL = measured_parameters("network_row")


def die(z, other):
    """A die whose leak follows z, its gain -z, and its slope of the window another number."""
    membrane, decision = NOMINAL.membrane, NOMINAL.decision
    changed = {
        "membrane": membrane.model_copy(
            update={
                "i_tau": membrane.i_tau * np.exp(0.1 * z),
                "i_th": membrane.i_th * np.exp(-0.05 * z),
            }
        ),
        "decision": decision.model_copy(
            update={
                "i_omega": decision.i_omega * (1 + 0.2 * other),
                "i_lower": decision.i_lower * np.exp(-0.02 * other),
                "i_upper": decision.i_upper * np.exp(0.02 * other),
            }
        ),
    }
    return NOMINAL.model_copy(update=changed)


@pytest.fixture(scope="module")
def population():
    normals = np.random.default_rng(5).standard_normal((60, 2))
    dies = [die(float(z), float(other)) for z, other in normals]
    return DiePopulation(dies, NOMINAL, range(10000, 10060))


def test_a_population_comes_back_bit_by_bit(population, tmp_path):
    write_dies(tmp_path / "dies.h5", population)
    back = read_dies(tmp_path / "dies.h5")
    assert list(back.neurons) == list(population.neurons)
    assert back.nominal == NOMINAL and list(back.numbers) == list(range(10000, 10060))


def test_the_file_is_plain_hdf5(population, tmp_path):
    write_dies(tmp_path / "dies.h5", population)
    with h5py.File(tmp_path / "dies.h5") as file:
        leak = file["constants/membrane__i_tau"]
        assert leak.shape == (60,) and leak.attrs["unit"] == "A"
        assert leak.attrs["nominal"] == NOMINAL.membrane.i_tau
        assert file["constants/membrane__tau"].attrs["unit"] == "s"
        assert file["constants/spike__refractory"].attrs["unit"] == "s"
        assert file["constants/membrane__slope_change"].attrs["unit"] == "1"
        assert file["constants/membrane__exponent"].attrs["unit"] == "1"
        assert file["constants/input_node__charge"].attrs["unit"] == "C"
        assert file["constants/input_node__coupling"].attrs["unit"] == "1"
        names = list(file["correlation"].attrs["names"])
        row = file["correlation"][names.index("membrane__i_tau")]
        assert row[names.index("membrane__i_th")] == pytest.approx(-1, abs=0.01)
        assert abs(row[names.index("decision__i_omega")]) < 0.4
        assert row[names.index("membrane__tau")] == 0


def test_drawn_dies_spread_together_as_the_measured_ones_do(population):
    drawn = population.draw(4000, seed=1)
    assert drawn.numbers is None and len(drawn.neurons) == 4000
    names, measured, values = population.names, population.values, drawn.values
    for name in ("membrane.i_tau", "membrane.i_th", "decision.i_omega", "decision.i_upper"):
        column = names.index(name)
        ours, theirs = values[:, column], measured[:, column]
        assert ours.mean() == pytest.approx(theirs.mean(), rel=0.02)
        assert ours.std() == pytest.approx(theirs.std(), rel=0.06)
    assert values[:, names.index("membrane.tau")] == pytest.approx(NOMINAL.membrane.tau)
    np.testing.assert_allclose(drawn.correlation, population.correlation, atol=0.06)
    assert population.draw(3, seed=1).neurons == drawn.neurons[:3]
    assert population.draw(3, seed=2).neurons != drawn.neurons[:3]


def test_what_cannot_be_is_named(population, tmp_path):
    with pytest.raises(InputError, match="two dies at least"):
        DiePopulation([NOMINAL], NOMINAL)
    path = tmp_path / "dies.h5"
    write_dies(path, population)
    with h5py.File(path, "a") as file:
        file["constants/membrane__tau"][3] = -1.0
    with pytest.raises(InputError, match=r"dies\.h5: row 3: membrane\.tau"):
        read_dies(path)
    with h5py.File(path, "a") as file:
        del file["constants/membrane__tau"]
        file["constants/membrane__tau"] = np.ones(5)
        file["constants/membrane__tau"].attrs["nominal"] = 1.0
    with pytest.raises(InputError, match=r"constants of \[5, 60\] dies"):
        read_dies(path)
    with h5py.File(path, "a") as file:
        file.attrs["version"] = 2
    with pytest.raises(InputError, match="not a file of the format ebn-dies, version 1"):
        read_dies(path)


def test_all_constants_of_a_neuron_are_there(population):
    rows = [NeuronParameters.model_validate(one.model_dump()) for one in population.neurons]
    assert rows == list(population.neurons)
    assert len(population.names) == 8 + 3 * 9 + 4 + 4 + 2 + 1
