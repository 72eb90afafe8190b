"""Spikes as SONATA and NWB, and back; read by the formats' own tools, too."""

import sys
from datetime import datetime, timezone

import h5py
import numpy as np
import pytest

from cosim.exchange.nwb import read_nwb, write_nwb
from cosim.exchange.sonata import read_sonata, write_sonata
from cosim.exchange.spike_file import FileSpikes
from cosim.replay.spike_files import read_spikes, read_told
from ebn_model.errors import InputError

MISSING = "other tools' packages aren't installed: make exchange"
START = datetime(2026, 1, 2, tzinfo=timezone.utc)
SPIKES = FileSpikes(
    np.array([1.2345678e-3, 4.5e-3, 10.1e-3, 23.3e-3]), np.array([7, 3, 7, 3]), [3, 5, 7], 50e-3
)


def write(path, spikes=SPIKES):
    if path.suffix == ".nwb":
        pytest.importorskip("pynwb", reason=MISSING)
        write_nwb(path, spikes, "a test", START)
    else:
        write_sonata(path, spikes)
    return path


@pytest.fixture(params=["spikes.h5", "spikes.nwb"])
def path(request, tmp_path):
    return write(tmp_path / request.param)


def test_spikes_come_back(path):
    back = read_nwb(path) if path.suffix == ".nwb" else read_sonata(path)
    # SONATA has ms: a time may round twice.
    np.testing.assert_array_max_ulp(back.times, SPIKES.times, 1)
    assert back.neurons.tolist() == [7, 3, 7, 3] and back.ids == [3, 5, 7]
    assert back.duration == pytest.approx(50e-3, rel=1e-15)


def test_a_replay_takes_them(path):
    spikes = read_spikes(path, 1e-3, 1e-4)
    assert spikes.ids.tolist() == [3, 5, 7]
    assert spikes.spike_neurons.tolist() == [2, 0, 2, 0]
    np.testing.assert_array_max_ulp(spikes.spike_times, SPIKES.times, 1)
    assert spikes.duration == pytest.approx(50e-3)
    with pytest.raises(InputError, match=r"is of the neurons 3, 5, 7, not 0 \.\. 7"):
        read_spikes(path, 1e-3, 1e-4, neurons=range(8))
    with pytest.raises(InputError, match="--time-unit"):
        read_spikes(path, 1e-3, 1e-4, time_unit="ms")


def test_bad_spikes_are_named(tmp_path):
    close = FileSpikes(np.array([1e-3, 1.2e-3]), np.array([1, 1]), [1], 5e-3)
    for name in ("close.h5", "close.nwb"):
        with pytest.raises(InputError) as caught:
            read_spikes(write(tmp_path / name, close), 1e-3, 1e-4)
        assert f"{name}: spike 1 in the order of time: neuron 1 spikes again" in str(caught.value)


def test_libsonata_reads_ours(tmp_path):
    libsonata = pytest.importorskip("libsonata", reason=MISSING)
    reader = libsonata.SpikeReader(str(write(tmp_path / "spikes.h5")))
    assert reader.get_population_names() == ["network"]
    population = reader["network"]
    assert (population.sorting, population.time_units) == ("by_time", "ms")
    found = population.get_dict()
    assert found["node_ids"].tolist() == [7, 3, 7, 3]
    assert found["timestamps"] == pytest.approx(SPIKES.times * 1e3, rel=1e-15)


def test_elephant_reads_ours(tmp_path):
    neo = pytest.importorskip("neo", reason=MISSING)
    elephant = pytest.importorskip("elephant.statistics", reason=MISSING)
    [block] = neo.io.NWBIO(str(write(tmp_path / "spikes.nwb")), "r").read_all_blocks()
    trains = block.segments[0].spiketrains
    assert [len(train) for train in trains] == [2, 0, 2]
    assert [float(train.t_stop.rescale("s")) for train in trains] == [50e-3] * 3
    assert float(elephant.mean_firing_rate(trains[0]).rescale("Hz")) == pytest.approx(40)


@pytest.fixture
def sonata(tmp_path):
    """Function that writes a SONATA file of another tool."""

    def make(place="spikes/cortex", times=(5.0, 1.0), ids=(4, 2), name="node_ids", unit=None):
        path = tmp_path / "other.h5"
        with h5py.File(path, "a") as file:
            if times is not None:
                file[f"{place}/timestamps"] = np.array(times)
                if unit:
                    file[f"{place}/timestamps"].attrs["units"] = unit
            if ids is not None:
                file[f"{place}/{name}"] = np.array(ids)
        return path

    return make


def test_sonata_of_other_tools(sonata):
    for options in ({}, {"place": "spikes", "name": "gids"}):
        path = sonata(**options)
        found = read_sonata(path)
        assert found.times.tolist() == [1e-3, 5e-3] and found.neurons.tolist() == [2, 4]
        assert found.ids is None and found.duration is None
        # Which neurons there are, it doesn't tell: those that spike, and 5 ms after the last one.
        spikes = read_spikes(path, 1e-3, 1e-4)
        assert spikes.ids.tolist() == [2, 4] and spikes.duration == pytest.approx(10e-3)
        path.unlink()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": "ticks"}, "timestamps are in 'ticks'"),
        ({"times": None}, "/spikes/cortex has no list timestamps"),
        ({"ids": None}, "/spikes/cortex has no list node_ids"),
        ({"ids": (1, 2, 3)}, "2 timestamps, but 3 node_ids"),
        ({"times": ((1.0, 2.0),)}, "no list timestamps"),
    ],
)
def test_sonata_that_cannot_be(options, message, sonata):
    with pytest.raises(InputError) as caught:
        read_spikes(sonata(**options), 1e-3, 1e-4)
    assert message in str(caught.value) and "other.h5" in str(caught.value)


def test_several_populations_are_refused(sonata):
    sonata()
    path = sonata("spikes/thalamus")
    with pytest.raises(InputError, match="has 2 populations, cortex, thalamus"):
        read_spikes(path, 1e-3, 1e-4)


def test_a_population_beside_spikes_of_none_is_refused(sonata):
    sonata("spikes", name="gids")
    with pytest.raises(InputError, match=r"other\.h5: has spikes of no population beside .*cortex"):
        read_spikes(sonata(), 1e-3, 1e-4)


def test_a_unit_that_sonata_does_not_state_is_checked(sonata):
    path = sonata(times=(0.1, 0.25, 0.4), ids=(0, 1, 2))
    with pytest.raises(InputError, match=r"with times in ms, all spikes are in .*--time-unit ms"):
        read_spikes(path, 1e-3, 1e-4)
    spikes = read_spikes(path, 1e-3, 1e-4, time_unit="s")
    assert spikes.spike_times.tolist() == [0.1, 0.25, 0.4]
    assert read_told(path, "ms").times[-1] == pytest.approx(0.4e-3)


def test_nwb_that_cannot_be(tmp_path, monkeypatch):
    pynwb = pytest.importorskip("pynwb", reason=MISSING)
    file = pynwb.NWBFile("nothing", "nothing", START)
    with pynwb.NWBHDF5IO(str(tmp_path / "empty.nwb"), "w") as writer:
        writer.write(file)
    with pytest.raises(InputError, match=r"empty\.nwb: has no units with spike_times"):
        read_nwb(tmp_path / "empty.nwb")
    tmp_path.joinpath("text.nwb").write_text("text")
    with pytest.raises(InputError, match=r"text\.nwb: no readable NWB file"):
        read_spikes(tmp_path / "text.nwb", 1e-3, 1e-4)
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(InputError, match="NWB files: the package pynwb isn't installed"):
        read_nwb(tmp_path / "empty.nwb")
