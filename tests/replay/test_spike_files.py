from dataclasses import dataclass

import numpy as np
import pytest

from cosim.replay.spike_files import MOST_NEURONS, read_spikes
from ebn_model.configurations import build_network, configuration
from ebn_model.errors import InputError
from ebn_model.network.fields import CHIP_UNITS
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


def test_csv(csv):
    spikes = read(csv("2e-3,1", "3e-3,0", "9e-3,1"))
    assert spikes.spike_times.tolist() == TIMES
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
    save(result, folder / "result.h5", CHIP_UNITS)
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
    message = "is of the neurons 0 .. 4, not 0 .. 5"
    assert message in refused(saved[0] / "result.h5", neurons=range(6))
    path = npz(times=TIMES, neurons=NEURONS, count=3)
    assert "is of the neurons 0 .. 2, not 1 .. 3" in refused(path, neurons=range(1, 4))
    assert read(path, neurons=range(3)).neurons == 3


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
        (["0.001,1e17"], ", line 2: neuron 100000000000000000 is 2^53 or above"),
        (["0.050,1"], ", line 2: 0.05 s is not before the end, 0.05 s"),
        (["0.001,1", "0.0015,0", "0.0019,1"], ", line 4: neuron 1 spikes again at 0.0019 s"),
        (["0.001,1", "x,1"], ", line 3: 'x,1' is not two numbers"),
        (["0.001,1,0"], ", line 2: '0.001,1,0' is not two numbers"),
    ],
)
def test_faults_are_named_by_their_line(csv, lines, complaint):
    message = refused(csv(*lines), neurons=range(4), duration=0.05)
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
    assert "spikes come as .csv, .txt, .dat, .npz, .h5" in refused(tmp_path / "spikes.mat")
    with pytest.raises(InputError, match="no file"):
        read(tmp_path / "spikes.csv")


def test_no_spikes_need_an_n(csv):
    assert "has no spikes" in refused(csv())
    assert "doesn't tell how long the run is: --duration" in refused(csv(), neurons=range(4))
    spikes = read(csv(), neurons=range(3), duration=0.01)
    assert (len(spikes.spike_times), spikes.neurons, spikes.duration) == (0, 3, 0.01)


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ({"neurons": range(0)}, "neurons: there must be one"),
        ({"duration": 0.0}, "duration = 0 must be positive"),
        ({"duration": np.nan}, "duration = nan must be positive"),
        ({"time_unit": "min"}, "the unit of times is 'min', not s, ms, us"),
    ],
)
def test_impossible_options(csv, option, complaint):
    with pytest.raises(InputError, match=complaint):
        read(csv("0.001,1"), **option)


@pytest.mark.parametrize("ids", [(0, 1), (1, 2), (3, 1000123), (100001, 100002)])
def test_neurons_keep_the_ids_that_the_file_gives_them(csv, ids):
    low, high = ids
    spikes = read(csv(f"2e-3,{high}", f"3e-3,{low}", f"9e-3,{high}"))
    assert spikes.ids.tolist() == [low, high]
    assert spikes.spike_neurons.tolist() == NEURONS
    assert spikes.neurons == 2


def test_neurons_that_never_spike_are_stated(csv):
    path = csv("2e-3,7", "3e-3,4")
    assert read(path).ids.tolist() == [4, 7]
    spikes = read(path, neurons=range(4, 9))
    assert spikes.ids.tolist() == [4, 5, 6, 7, 8]
    assert spikes.spike_neurons.tolist() == [3, 0]
    assert ", line 3: neuron 4 is not one of 5 .. 8" in refused(path, neurons=range(5, 9))


def test_more_neurons_than_circuits_of_rows_can_have(csv, npz):
    complaint = "neurons are too many: a row has a circuit for its synapse from each other one"
    times = [f"{0.002 + 0.001 * index:.3f},{5 * index}" for index in range(MOST_NEURONS + 1)]
    assert read(csv(*times[:-1])).neurons == MOST_NEURONS
    assert f": {MOST_NEURONS + 1} {complaint}" in refused(csv(*times))
    assert complaint in refused(csv("2e-3,7"), neurons=range(10**30))
    assert complaint in refused(npz(times=TIMES, neurons=NEURONS, count=1e30))


def test_times_of_an_npz_in_a_unit_that_is_stated(npz):
    path = npz(times=[2, 3, 9], neurons=NEURONS, duration=20.0)
    spikes = read(path, time_unit="ms")
    np.testing.assert_allclose(spikes.spike_times, TIMES)
    assert spikes.duration == pytest.approx(20e-3)


def test_times_of_a_result_have_their_unit(saved):
    path = saved[0] / "result.h5"
    assert "times of a result are in s, --time-unit says ms" in refused(path, time_unit="ms")
    assert read(path, time_unit="s").neurons == 5


@pytest.mark.parametrize(
    ("times", "unit", "reason"),
    [
        # Milliseconds as seconds.
        ([2.0, 3.0, 9.0], "s", "the run takes 9 s, more than 2 s"),
        # Seconds as milliseconds: once each, and again and again.
        ([0.02, 0.3], "ms", "all spikes are in the first 0.0003 s, less than a pulse, 0.001 s"),
        ([0.1, 0.3, 0.6, 0.9, 1.2], "ms", "neurons spike with 1.25e+03 Hz in the mean"),
    ],
)
def test_times_that_look_like_another_unit_are_asked_about(csv, times, unit, reason):
    lines = [f"{time},{index % 2}" for index, time in enumerate(times)]
    for header in ("time", f"time_{unit}")[unit == "ms" :]:
        path = csv(*lines, header=f"{header},neuron")
        message = refused(path)
        assert f": with times in {unit}, {reason}" in message
        assert f"confirm it by --time-unit {unit}" in message


def test_a_unit_that_is_confirmed_is_not_asked_about(csv, npz):
    assert read(csv("2,1", "9,0"), time_unit="s").duration == pytest.approx(9.005)
    path = csv("0.02,1", "0.3,0", header="time_ms,neuron")
    assert read(path, time_unit="ms").spike_times.tolist() == pytest.approx([2e-5, 3e-4])
    path = npz(times=TIMES, neurons=NEURONS, duration=60)
    assert ": with times in s, the run takes 60 s, more than 2 s" in refused(path)
    assert read(path, time_unit="s").duration == 60
    # A single spike at the very beginning is there in all units.
    assert read(csv("0,1")).spike_times.tolist() == [0]
