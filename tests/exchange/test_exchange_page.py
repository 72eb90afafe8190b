"""docs/exchange.md: its code runs as it stands, in its order, and finds what it says."""

import numpy as np
import pytest
from pages import texts

from cosim.exchange.dies import DiePopulation, write_dies
from cosim.experiments.chip.settings import read_chip
from cosim.workbench.experiment_files import read_file
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.parameters import ChipParameters
from ebn_model.measured import measured_parameters

PAGE = "docs/exchange.md"
NETWORK, BRIAN, ELEPHANT, DIES, _RAW = texts(PAGE, "python")
MISSING = "other tools' packages aren't installed: make exchange"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def place(tmp_path, monkeypatch):
    for package in ("nir", "brian2", "neo", "elephant", "pynwb"):
        pytest.importorskip(package, reason=MISSING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*blocks):
    names = {}
    for block in blocks:
        exec(compile(block, "docs/exchange.md", "exec"), names)
    return names


def test_networks_and_spikes(place, capsys):
    names = run(NETWORK, BRIAN, ELEPHANT)
    printed = capsys.readouterr().out
    assert printed.startswith("True\n")
    ours, times = names["ours"], names["times"]
    assert len(times) == len(ours.spike_times) > 10
    np.testing.assert_allclose(times, ours.spike_times, atol=1e-3)
    np.testing.assert_array_equal(names["neurons"], ours.spike_neurons)
    counts = np.bincount(ours.spike_neurons, minlength=8)
    np.testing.assert_allclose(names["rates"], counts / ours.duration, rtol=1e-9)


def test_dies_in_brian_fire_as_ours_do(place):
    nominal = measured_parameters("network_row")
    membrane, spike = nominal.membrane, nominal.spike
    dies = [
        nominal.model_copy(
            update={
                "i_in": nominal.i_in * (1 + 0.1 * n),
                "membrane": membrane.model_copy(update={"i_tau": membrane.i_tau * (1 - 0.05 * n)}),
                "spike": spike.model_copy(update={"i_spike": spike.i_spike * (1 + 0.03 * n * n)}),
            }
        )
        for n in range(4)
    ]
    write_dies(place / "dies.h5", DiePopulation(dies, nominal, range(4)))
    counts = np.asarray(run(DIES)["fired"].count)
    driven = [one.model_copy(update={"i_in": 2 * one.i_in}) for one in dies]
    chip = ChipNetwork.build(ChipParameters(neurons=4, rows=tuple(driven)), 1)
    ours = chip.run(np.zeros((10001, 2)))
    expected = np.bincount(ours.spike_neurons, minlength=4)
    assert len(set(expected)) == 4 and expected.min() > 20
    # Ours begins at rest, Brian2's at the reset: a spike more or less.
    assert np.abs(counts - expected).max() <= 1


def test_the_experiment_of_the_page_has_twenty_dies(tmp_path):
    [text] = texts(PAGE, "toml")
    tmp_path.joinpath("dies.toml").write_text(text, encoding="utf-8")
    experiment = read_chip(read_file("dies.toml", tmp_path))
    assert list(experiment.dies(0)) == list(range(10000, 10020))
