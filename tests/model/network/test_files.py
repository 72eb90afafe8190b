import json
from dataclasses import dataclass, fields, is_dataclass, replace

import h5py
import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.lif.construction import initial_state
from ebn_model.network import files
from ebn_model.network.decoder import random_decoder
from ebn_model.network.fields import CHIP_UNITS
from ebn_model.network.files import load, save, write_spikes
from ebn_model.network.mismatch import Mismatch, draw_mismatch
from ebn_model.network.parameters import MismatchParameters, NetworkParameters, TaskParameters
from ebn_model.network.results import LearnedState, NetworkResult, WeightUpdates
from ebn_model.network.training import Checkpoint, History, Training

NEURONS = 4


@dataclass(frozen=True, eq=False)
class Chip:
    """A network as the file sees it: parameters, arrays, records of arrays."""

    parameters: NetworkParameters
    decoder: np.ndarray
    state: LearnedState
    mismatch: Mismatch
    slow_weights: np.ndarray | None


def result(spikes=7, seed=3, membrane=5):
    generator = np.random.default_rng(1)
    return NetworkResult(
        duration=0.3,
        spike_times=np.sort(generator.uniform(0, 0.3, spikes)),
        spike_neurons=generator.integers(0, NEURONS, spikes),
        updates=WeightUpdates(
            time=generator.uniform(0, 0.3, 9),
            post=generator.integers(0, NEURONS, 9),
            pre=generator.integers(0, NEURONS, 9),
            delta=generator.choice([-2.0, 2.0, 0.1], 9),
        ),
        state=state(),
        output_times=np.arange(11) * 0.03,
        output=generator.standard_normal((11, 2)),
        membrane_times=np.arange(membrane) * 0.05,
        membrane=generator.standard_normal((membrane, NEURONS)),
        seed=seed,
    )


def state():
    return initial_state(NetworkParameters(neurons=NEURONS), np.random.default_rng(2))


def chip():
    parameters = NetworkParameters(
        neurons=NEURONS, tau_out=1 / 70, mu=1e-4 / 3, rule={"sub_lsbs": 2, "dead_zone": 0.1}
    )
    generator = np.random.default_rng(5)
    return Chip(
        parameters=parameters,
        decoder=random_decoder(parameters, generator),
        state=initial_state(parameters, generator),
        mismatch=draw_mismatch(MismatchParameters(weight=0.2, stuck=0.3), NEURONS, generator),
        slow_weights=None,
    )


def training(checkpoints=3):
    values = np.random.default_rng(1).uniform(0, 1, (checkpoints, 5)).tolist()
    history = History.empty()
    for i in range(checkpoints):
        history = history.with_checkpoint(Checkpoint(10 * i, *values[i]))
    return Training(chip(), TaskParameters(amplitude=1 / 3), 7, 21, history)


def assert_same(first, second):
    assert type(first) is type(second)
    if isinstance(first, np.ndarray):
        assert (first.dtype, first.shape) == (second.dtype, second.shape)
        assert first.tobytes() == second.tobytes()
    elif is_dataclass(first):
        for field in fields(first):
            assert_same(getattr(first, field.name), getattr(second, field.name))
    elif isinstance(first, tuple):
        for one, other in zip(first, second, strict=True):
            assert_same(one, other)
    else:
        assert first == second


@pytest.mark.parametrize(
    ("record", "parts"),
    [
        (result(), ()),
        (result(spikes=0, seed=None, membrane=0), ()),
        (result().state, ()),
        (chip(), ()),
        (replace(chip(), slow_weights=np.ones((4, 4))), ()),
        (training(), (Chip,)),
        (training(checkpoints=0), (Chip, NetworkResult)),
    ],
    ids=["result", "silent", "state", "network", "optional array", "training", "no checkpoints"],
)
def test_what_is_saved_is_loaded_bit_by_bit(tmp_path, record, parts):
    save(record, tmp_path / "record.h5")
    assert_same(load(tmp_path / "record.h5", type(record), parts), record)


def test_special_values_survive(tmp_path):
    special = np.array([np.nan, np.inf, -np.inf, -0.0])
    saved = replace(result().state, v_rest=special)
    save(replace(result(), state=saved, duration=np.float64(0.1)), tmp_path / "record.h5")
    loaded = load(tmp_path / "record.h5", NetworkResult)
    assert_same(loaded.state.v_rest, special)
    assert_same(loaded.duration, 0.1)


def test_the_same_record_is_the_same_file(tmp_path):
    for name in ("one", "two"):
        save(training(), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_units_are_in_the_file(tmp_path):
    save(result(), tmp_path / "lif.h5")
    save(result(), tmp_path / "hardware.h5", CHIP_UNITS)
    names = ("spike_times", "spike_neurons", "updates/delta", "state/v_rest")
    for file_name, units in (
        ("lif.h5", ["s", "1", "weight unit", "V"]),
        ("hardware.h5", ["s", "1", "LSB", "A"]),
    ):
        with h5py.File(tmp_path / file_name) as file:
            assert [file[name].attrs["unit"] for name in names] == units
            assert json.loads(file.attrs["units"]) == {"duration": "s"}


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    save(result(seed=1), tmp_path / "record.h5")
    save(result(seed=2), tmp_path / "record.h5")
    assert load(tmp_path / "record.h5", NetworkResult).seed == 2
    assert [path.name for path in tmp_path.iterdir()] == ["record.h5"]


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path, monkeypatch):
    save(result(seed=1), tmp_path / "record.h5")
    before = (tmp_path / "record.h5").read_bytes()

    def full_disk(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError("No space left on device")

    monkeypatch.setattr(files.Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        save(result(seed=2), tmp_path / "record.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["record.h5"]
    assert (tmp_path / "record.h5").read_bytes() == before


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "record.h5"
    save(training(), path)
    return path


def refused(path, *named, kind=Training, parts=(Chip,)):
    with pytest.raises(InputError) as caught:
        load(path, kind, parts)
    for text in (str(path), *named):
        assert text in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    refused(tmp_path / "record.h5", "No such file")
    refused(tmp_path, "no readable HDF5 file")


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    refused(saved, "no readable HDF5 file")


def test_damaged_data_is_refused(tmp_path):
    path = tmp_path / "record.h5"
    save(result(spikes=5000), path)
    with h5py.File(path) as file:
        offset = file["spike_times"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[offset + 100 : offset + 200] = bytes(100)
    path.write_bytes(content)
    refused(path, "no readable HDF5 file", kind=NetworkResult)


def test_other_files_are_refused(tmp_path, saved):
    text, foreign = tmp_path / "text.h5", tmp_path / "foreign.h5"
    text.write_text("time_s,neuron\n")
    h5py.File(foreign, "w").close()
    refused(text, "no readable HDF5 file")
    refused(foreign, "not a file of the format ebn-network")
    refused(saved, "holds a Training, not a NetworkResult", kind=NetworkResult)
    refused(saved, "/network holds a Chip, not a NetworkResult", parts=(NetworkResult,))


def edit(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


def test_another_version_is_refused(saved):
    edit(saved, lambda file: file.attrs.update(version=2))
    refused(saved, "version 2", "reads 1")


@pytest.mark.parametrize(
    "name",
    ["network", "network/decoder", "network/state", "network/state/weights", "history/rate"],
)
def test_a_missing_field_is_named(saved, name):
    def remove(file):
        del file[name]

    edit(saved, remove)
    refused(saved, f"/{name} is missing")


@pytest.mark.parametrize("name", ["seed", "task"])
def test_a_missing_value_is_named(saved, name):
    def remove(file):
        values = json.loads(file.attrs["values"])
        del values[name]
        file.attrs["values"] = json.dumps(values)

    edit(saved, remove)
    refused(saved, f"/{name} is missing")


def test_an_impossible_parameter_is_named(saved):
    def change(file):
        values = json.loads(file["network"].attrs["values"])
        values["parameters"]["bits"] = 99
        file["network"].attrs["values"] = json.dumps(values)

    edit(saved, change)
    refused(saved, "/network/parameters", "bits")


def replaced(name, data):
    def change(file):
        del file[name]
        file[name] = data

    return change


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("network/state/weights", np.ones((4, 3)), "is for 3 neurons, others are for 4"),
        ("network/state/v_rest", np.ones(5), "is for 5 neurons, others are for 4"),
        ("network/decoder", np.ones(4), "has the shape (4,), not ('inputs', 'neurons')"),
        ("network/decoder", "text", "is not an array of numbers"),
        ("history/rate", np.ones(2), "is for 2 checkpoints, others are for 3"),
    ],
)
def test_data_that_does_not_fit_is_refused(saved, name, data, fault):
    edit(saved, replaced(name, data))
    refused(saved, fault)


def test_each_spike_has_a_time_and_a_neuron(tmp_path):
    path = tmp_path / "record.h5"
    save(result(), path)
    edit(path, replaced("spike_neurons", np.zeros(6, int)))
    refused(path, "/spike_neurons is for 6 spikes, others are for 7", kind=NetworkResult)


def test_records_of_one_file_may_have_different_numbers_of_spikes(tmp_path):
    @dataclass(frozen=True)
    class Two:
        first: NetworkResult
        second: NetworkResult

    pair = Two(result(spikes=3), result(spikes=8))
    save(pair, tmp_path / "two.h5")
    assert_same(load(tmp_path / "two.h5", Two), pair)


def test_spikes_as_csv(tmp_path):
    run = replace(result(), spike_times=np.array([0.1, 0.1 + 0.2]), spike_neurons=np.array([3, 0]))
    write_spikes(run, tmp_path / "spikes.csv")
    text = (tmp_path / "spikes.csv").read_text()
    assert text == "time_s,neuron\n0.1,3\n0.30000000000000004,0\n"
    write_spikes(result(spikes=0), tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text() == "time_s,neuron\n"
