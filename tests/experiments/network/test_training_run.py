import json
from dataclasses import replace

import numpy as np
import pytest

from cosim.experiments.network import training_run
from cosim.experiments.network.training_run import run_training, training_runs
from cosim.workbench.output import OutputError
from ebn_model.configurations import CONFIGURATIONS
from ebn_model.errors import InputError
from ebn_model.network.training import Checkpoint


@pytest.fixture
def run(experiment):
    return training_runs(experiment)[0]


def ignore(message):
    pass


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Interrupted(Exception):  # noqa: N818
    """Somebody pressed Ctrl-C."""


def interrupt_after(checkpoints):
    """Take this many checkpoints, then raise."""
    taken = []

    def notify(message):
        if isinstance(message, Checkpoint):
            if len(taken) == checkpoints:
                raise Interrupted
            taken.append(message)

    return notify


def test_a_training_leaves_all_that_was_measured(run):
    messages = []
    run_training(run, messages.append)
    assert set(contents(run.folder)) == {
        "run.json",
        "learning_curve.csv",
        "training.h5",
        "spikes_initial.csv",
        "spikes_optimal.csv",
        "spikes_learned.csv",
    }
    record = json.loads((run.folder / "run.json").read_text())
    assert record["seed"] == 1
    assert set(record["validation"]) == {"initial", "optimal", "learned"}
    spikes = (run.folder / "spikes_optimal.csv").read_text().splitlines()
    assert record["final_trial"]["optimal"]["spikes"] == len(spikes) - 1
    curve = (run.folder / "learning_curve.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in curve] == ["iteration", "0", "2", "3"]
    checkpoints = [one for one in messages if isinstance(one, Checkpoint)]
    assert [one.iteration for one in checkpoints] == [0, 2, 3]
    assert max(one for one in messages if not isinstance(one, Checkpoint)) == run.duration
    assert record["learned"]["distance"] == checkpoints[-1].distance
    training = run.training()
    assert training.iteration == 3
    assert record["validation"]["learned"]["paper_error"] == pytest.approx(
        training.history.decoding_error[-1]
    )


def test_the_same_seed_gives_the_same_bytes(run, tmp_path):
    again = replace(run, folder=tmp_path / "again")
    other = replace(run, folder=tmp_path / "other", seed=9)
    for one in (run, again, other):
        run_training(one, ignore)
    assert contents(run.folder) == contents(again.folder)
    assert not np.array_equal(run.training().network.decoder, other.training().network.decoder)


@pytest.mark.slow
@pytest.mark.parametrize("configuration", ["paper", "hardware"])
def test_an_interrupted_training_goes_on_from_its_checkpoint(
    run, tmp_path, monkeypatch, configuration
):
    parameters = CONFIGURATIONS[configuration].model_copy(update={"neurons": 6})
    run = replace(run, parameters=parameters)
    whole = replace(run, folder=tmp_path / "whole")
    run_training(whole, ignore)
    with pytest.raises(Interrupted):
        run_training(run, interrupt_after(1))
    assert run.unfinished.is_file()
    assert not run.folder.exists()
    begun = []
    original = training_run.train

    def spy(training, *rest):
        begun.append(training.iteration)
        return original(training, *rest)

    monkeypatch.setattr(training_run, "train", spy)
    run_training(run, ignore)
    assert begun == [2]
    assert contents(run.folder) == contents(whole.folder)
    assert not run.unfinished.exists()


def test_a_damaged_checkpoint_is_as_good_as_none(run, tmp_path):
    run_training(replace(run, folder=tmp_path / "whole"), ignore)
    run.unfinished.parent.mkdir()
    run.unfinished.write_bytes(b"no HDF5")
    run_training(run, ignore)
    assert contents(run.folder) == contents(tmp_path / "whole")


def test_results_are_current_only_for_the_same_training(run):
    assert not run.is_current()
    with pytest.raises(InputError, match="no readable HDF5"):
        run.training()
    run_training(run, ignore)
    assert run.is_current()
    longer = run.task.model_copy(update={"duration": 0.06})
    finer = run.parameters.model_copy(update={"bits": 7})
    for change in ({"seed": 2}, {"iterations": 4}, {"task": longer}, {"parameters": finer}):
        assert not replace(run, **change).is_current()


def test_a_folder_that_cannot_be_written_is_an_error(run, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        run_training(replace(run, folder=tmp_path / "file" / "seed_1"), ignore)
