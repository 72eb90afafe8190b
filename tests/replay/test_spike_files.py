from dataclasses import dataclass

import numpy as np
import pytest

from cosim.replay.spike_files import read_spikes
from ebn_model.configurations import build_network, configuration
from ebn_model.errors import InputError
from ebn_model.network.fields import HARDWARE_UNITS
from ebn_model.network.files import save, write_spikes

WIDTH, SLOT = 1e-3, 1e-4
TIMES, NEURONS = [2e-3, 3e-3, 9e-3], [1, 0, 1]


@dataclass(frozen=True)
class TaskRecord:
    """Something else that can be saved."""


@pytest.fixture
def csv(tmp_path):
    """Write lines under a header; returns the path."""

    def write(*lines, header="time,neuron"):
        path = tmp_path / "spikes.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    return write


@pytest.fixture
def npz(tmp_path):
    def write(**arrays):
        path = tmp_path / "spikes.npz"
        np.savez(path, **arrays)
        return path

    return write


def read(path, **options):
    return read_spikes(path, WIDTH, SLOT, **options)


def refused(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("time,neuron", ["2e-3,1", "3e-3,0", "9e-3,1"]),
        ("time_s,neuron", ["0.002,1", "", "0.003,0", "0.009,1"]),
        ("time_ms, neuron", ["2, 1", "3, 0", "9, 1"]),
        ("neuron,time_ms", ["1,2", "0,3", "1,9"]),
    ],
)
def test_csv(csv, header, lines):
    spikes = read(csv(*lines, header=header))
    np.testing.assert_allclose(spikes.spike_times, TIMES)
    assert spikes.spike_neurons.tolist() == NEURONS
    assert spikes.spike_neurons.dtype.kind == "i"
    assert (spikes.neurons, spikes.duration) == (2, pytest.approx(14e-3))


@pytest.mark.parametrize(
    "names", [("spike_times", "spike_neurons"), ("times", "neurons"), ("spike_times", "neurons")]
)
def test_npz(npz, names):
    path = npz(**dict(zip(names, (np.array(TIMES), np.array(NEURONS)), strict=True)))
    spikes = read(path)
    assert spikes.spike_times.tolist() == TIMES
    assert spikes.spike_neurons.tolist() == NEURONS


def test_npz_that_tells_how_many_neurons_and_how_long(npz):
    spikes = read(npz(times=TIMES, neurons=NEURONS, count=5, duration=0.1))
    assert (spikes.neurons, spikes.duration) == (5, 0.1)
    spikes = read(npz(times=TIMES, neurons=NEURONS, count=5, duration=0.1), duration=20e-3)
    assert spikes.duration == 20e-3


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A result of a network of five neurons, saved as ebn_model does, and the result."""
    p = configuration("hardware").model_copy(update={"neurons": 5})
    command = np.full((1001, p.inputs), 100.0)
    result = build_network(p, seed=1).run(command)
    folder = tmp_path_factory.mktemp("saved")
    save(result, folder / "result.h5", HARDWARE_UNITS)
    write_spikes(result, folder / "spikes.csv")
    return folder, result


def test_what_ebn_model_saves(saved):
    folder, result = saved
    assert len(result.spike_times) > 5
    spikes = read(folder / "result.h5")
    assert spikes.spike_times.tolist() == result.spike_times.tolist()
    assert spikes.spike_neurons.tolist() == result.spike_neurons.tolist()
    assert (spikes.neurons, spikes.duration) == (5, result.duration)
    assert read(folder / "spikes.csv").spike_times.tolist() == result.spike_times.tolist()


def test_a_file_of_another_n(saved, npz):
    assert "is of 5 neurons, not 6" in refused(saved[0] / "result.h5", neurons=6)
    path = npz(times=TIMES, neurons=NEURONS, count=3)
    assert "is of 3 neurons, not 2" in refused(path, neurons=2)


def test_another_record_than_a_result(tmp_path):
    save(TaskRecord(), tmp_path / "other.h5")
    assert "TaskRecord, not a NetworkResult" in refused(tmp_path / "other.h5")


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["0.002,1", "0.001,0"], ", line 3: 0.001 s is before the spike above"),
        (["0.002,1", "", "0.002,1"], ", line 4: the same neuron at 0.002 s again"),
        (["nan,1"], ", line 2: the time is nan"),
        (["0.001,1", "inf,1"], ", line 3: the time is inf"),
        (["-0.001,1"], ", line 2: -0.001 s is before the run"),
        (["0.001,-1"], ", line 2: neuron -1 is no number 0, 1, 2"),
        (["0.001,1.5"], ", line 2: neuron 1.5 is no number 0, 1, 2"),
        (["0.001,nan"], ", line 2: neuron nan is no number 0, 1, 2"),
        (["0.001,4"], ", line 2: neuron 4 is not one of 0 .. 3"),
        (["0.050,1"], ", line 2: 0.05 s is not before the end, 0.05 s"),
        (["0.001,1", "0.0015,0", "0.0019,1"], ", line 4: neuron 1 spikes again at 0.0019 s"),
        (["0.001,1", "x,1"], ", line 3: 'x,1' is not two numbers"),
        (["0.001,1,0"], ", line 2: '0.001,1,0' is not two numbers"),
    ],
)
def test_faults_are_named_by_their_line(csv, lines, complaint):
    message = refused(csv(*lines), neurons=4, duration=0.05)
    assert message.startswith(complaint)


@pytest.mark.parametrize(
    ("times", "complaint"),
    [
        ([2e-3, 1e-3, 3e-3], ": entry 1: 0.001 s is before the spike above"),
        ([1e-3, np.nan, 3e-3], ": entry 1: the time is nan"),
        ([1e-3, 2e-3, 0.06], ": entry 2: 0.06 s is not before the end"),
    ],
)
def test_faults_are_named_by_their_entry(npz, times, complaint):
    message = refused(npz(times=times, neurons=[0, 1, 0], duration=0.05))
    assert message.startswith(complaint)


def test_two_neurons_may_spike_at_once(csv):
    assert read(csv("0.001,0", "0.001,1")).spike_times.tolist() == [1e-3, 1e-3]


def test_more_spikes_than_the_bus_can_carry(npz):
    # 30 neurons every 2 ms want 3 ms of slots: a neuron's spikes wait until one is lost.
    times = np.repeat(np.arange(1, 11) * 2e-3, 30)
    neurons = np.tile(np.arange(30), 10)
    assert "more spikes than one in 0.0001 s" in refused(npz(times=times, neurons=neurons))
    assert read(npz(times=times[:30], neurons=neurons[:30])).neurons == 30


@pytest.mark.parametrize("header", ["", "t,neuron", "time,time_ms", "time,neuron,weight"])
def test_another_header(csv, header):
    assert ", line 1: the header is" in refused(csv("0.001,1", header=header))


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"times": TIMES}, ": has no spike_neurons or neurons, but times"),
        ({"times": TIMES, "neurons": [0, 1]}, ": 3 times, but 2 neurons"),
        ({"times": [TIMES], "neurons": [NEURONS]}, ": times is not a one-dimensional array"),
        ({"times": ["a"], "neurons": [1]}, ": times is not a one-dimensional array"),
        ({"times": TIMES, "neurons": NEURONS, "count": 0}, ": count is not a positive"),
        ({"times": TIMES, "neurons": NEURONS, "count": 2.5}, ": count is not a whole number"),
        ({"times": TIMES, "neurons": NEURONS, "duration": np.inf}, ": duration is not a positive"),
    ],
)
def test_other_arrays(npz, arrays, complaint):
    assert refused(npz(**arrays)).startswith(complaint)


@pytest.mark.parametrize("name", ["spikes.npz", "spikes.h5"])
def test_a_damaged_file(tmp_path, saved, npz, name):
    path = npz(times=TIMES, neurons=NEURONS) if name.endswith("npz") else saved[0] / "result.h5"
    cut = tmp_path / f"cut_{name}"
    cut.write_bytes(path.read_bytes()[:-200])
    assert "no readable" in refused(cut)


def test_a_pickle_is_not_run(npz):
    assert "no readable NPZ file" in refused(npz(times=np.array([print], object), neurons=[0]))


def test_an_unknown_kind_of_file_and_a_missing_one(tmp_path):
    assert "spikes come as .npz, .csv" in refused(tmp_path / "spikes.mat")
    with pytest.raises(InputError, match="no file"):
        read(tmp_path / "spikes.csv")


def test_no_spikes_need_an_n(csv):
    assert "has no spikes" in refused(csv())
    spikes = read(csv(), neurons=3, duration=0.01)
    assert (len(spikes.spike_times), spikes.neurons, spikes.duration) == (0, 3, 0.01)


@pytest.mark.parametrize("options", [{"neurons": 0}, {"duration": 0.0}, {"duration": np.nan}])
def test_impossible_options(csv, options):
    with pytest.raises(InputError, match="must be positive"):
        read(csv("0.001,1"), **options)
