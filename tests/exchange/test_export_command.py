"""The command `ebn-cosim export`, and files that come back by `replay`."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

from cosim.cli import main
from cosim.exchange.dies import read_dies
from cosim.experiments import export
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.parameters import ChipParameters
from ebn_model.measured import measured_parameters
from ebn_model.network.fields import CHIP_UNITS
from ebn_model.network.files import save, write_spikes
from ebn_model.network.inputs import sine_command
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.training import Training

MISSING = "other tools' packages aren't installed: make exchange"
DIES = """
kind = "chip"
title = "Three dies"
chips = 1
first_die = 10000
parameters = { neurons = 3 }
[situations.mismatch]
label = "mismatch"
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a training, a result and its spikes."""
    monkeypatch.chdir(tmp_path)
    network = ChipNetwork.build(ChipParameters(neurons=3), 1)
    save(Training(network, TaskParameters(), 1), tmp_path / "training.h5", CHIP_UNITS)
    result = network.run(sine_command([400, 400], [12, 17], [0, 1], 30e-3, 1e-4))
    # The last neuron is silent.
    kept = result.spike_neurons < 2
    result = replace(
        result, spike_times=result.spike_times[kept], spike_neurons=result.spike_neurons[kept]
    )
    assert kept.sum() > 1
    save(result, tmp_path / "network.h5", CHIP_UNITS)
    write_spikes(result, tmp_path / "spikes.csv")
    return tmp_path, network, result


def failed(capsys, *words):
    assert main(["export", *words]) == 2
    return capsys.readouterr().err


def test_a_network(place, capsys):
    pytest.importorskip("nir", reason=MISSING)
    from cosim.exchange.nir_files import read_nir

    folder, network, _ = place
    assert main(["export", "training.h5", "--format", "nir", "--out", "new/network.nir"]) == 0
    assert capsys.readouterr().out.strip() == "new/network.nir"
    back = read_nir(folder / "new" / "network.nir")
    np.testing.assert_array_equal(back.decoder, network.decoder)
    save(network, folder / "network_alone.h5", CHIP_UNITS)
    assert main(["export", "network_alone.h5", "--format", "nir", "--out", "alone.nir"]) == 0
    np.testing.assert_array_equal(read_nir(folder / "alone.nir").decoder, network.decoder)


@pytest.mark.parametrize("source", ["network.h5", "spikes.csv"])
@pytest.mark.parametrize(("name", "out"), [("sonata", "spikes.h5"), ("nwb", "spikes.nwb")])
def test_spikes(source, name, out, place):
    if name == "nwb":
        pytest.importorskip("pynwb", reason=MISSING)
    folder, _, result = place
    assert main(["export", source, "--format", name, "--out", out]) == 0
    back = export.read_told(folder / out)
    np.testing.assert_array_max_ulp(back.times, result.spike_times, 1)
    np.testing.assert_array_equal(back.neurons, result.spike_neurons)
    # A table of spikes doesn't tell of the silent one, nor how long the run was; units of NWB are
    # those that there are.
    if source == "network.h5":
        assert (list(back.ids), back.duration) == ([0, 1, 2], pytest.approx(30e-3))
    else:
        assert back.duration is None
        assert back.ids is None if name == "sonata" else list(back.ids) == [0, 1]


def test_what_cannot_be_is_named(place, capsys):
    assert "no 'nri'; there are: nir, sonata, nwb, dies" in failed(
        capsys, "training.h5", "--format", "nri", "--out", "network.nir"
    )
    assert "--out: network.h5: files of nir end in .nir" in failed(
        capsys, "training.h5", "--format", "nir", "--out", "network.h5"
    )
    assert "network.h5: holds no network, but a NetworkResult" in failed(
        capsys, "network.h5", "--format", "nir", "--out", "network.nir"
    )
    assert "no file 'none.h5'" in failed(
        capsys, "none.h5", "--format", "nir", "--out", "network.nir"
    )
    assert "training.h5: / holds a Training, not a NetworkResult" in failed(
        capsys, "training.h5", "--format", "sonata", "--out", "spikes.h5"
    )
    assert "--draw: not for the format sonata" in failed(
        capsys, "network.h5", "--format", "sonata", "--out", "spikes.h5", "--draw", "3"
    )
    assert "--time-unit: not for the format nir" in failed(
        capsys, "training.h5", "--format", "nir", "--out", "a.nir", "--time-unit", "s"
    )
    assert "simulation_1 is of the kind 'neuron'; dies are those of a chip" in failed(
        capsys, "simulation_1", "--format", "dies", "--out", "dies.h5"
    )
    assert not (place[0] / "network.nir").exists()


@pytest.fixture
def measured(place, monkeypatch):
    """The experiment's file; die 10001 can't be measured, all others have constants."""
    place[0].joinpath("three.toml").write_text(DIES, encoding="utf-8")
    nominal = measured_parameters("network_row")

    def measure(table, conditions, dies, kept):
        assert table == "network" and dies == [None, 10000, 10001, 10002]
        outcomes = {
            die: nominal.model_copy(update={"i_in": (die or 10000) * 1e-13}).model_dump()
            for die in dies
        }
        return outcomes | {10001: {"error": "no threshold"}}

    monkeypatch.setattr(export, "measured_dies", measure)
    return place[0]


def test_dies(measured, capsys):
    assert main(["export", "three.toml", "--format", "dies", "--out", "dies.h5"]) == 0
    assert "die 10001 is left out: no threshold" in capsys.readouterr().out
    back = read_dies(measured / "dies.h5")
    assert back.numbers == [10000, 10002]
    assert [one.i_in for one in back.neurons] == [10000 * 1e-13, 10002 * 1e-13]
    drawn = ["--draw", "5", "--seed", "2", "--out", "drawn.hdf5"]
    assert main(["export", "three.toml", "--format", "dies", *drawn]) == 0
    with h5py.File(measured / "drawn.hdf5") as file:
        assert "die" not in file and file["constants/i_in"].shape == (5,)
    assert read_dies(measured / "drawn.hdf5").neurons != back.draw(5, 3).neurons
    assert list(read_dies(measured / "drawn.hdf5").neurons) == back.draw(5, 2).neurons
