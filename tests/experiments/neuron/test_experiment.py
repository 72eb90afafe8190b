import shutil

import fake_circuit
import h5py
import numpy as np
import pytest
from experiment_calls import redraw, run
from synthetic import neuron_parameters

from cosim.experiments.neuron.result_files import read_result
from cosim.workbench import output
from cosim.workbench.errors import SimulationError
from cosim.workbench.output import OutputError
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.sealed import read_sealed

CELLS = ["cell one", "cell two"]
FILES = {
    "transistor/deck.cir",
    "transistor/logic.vcd",
    "transistor/per_spike.csv",
    "transistor/run.json",
    "transistor/waveforms.h5",
    "transistor/waveforms.raw",
    "figure.pdf",
    "figure.png",
    "model/parameters.json",
    "model/per_spike.csv",
    "model/run.json",
    "model/waveforms.h5",
    "summary.json",
}


def files(folder):
    """Every file's path in the folder and its time stamp: hidden and temporary ones included."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_run_writes_all_results_and_passes(short, solver):
    [report] = run([short()], workers=2)
    assert report.passed
    assert solver.ran() == ["short transistor", *CELLS]
    assert solver.pool.workers == 2
    assert files(short().results).keys() == FILES


def test_waveforms_carry_their_units(short):
    run([short()])
    with h5py.File(short().results / "transistor" / "waveforms.h5") as file:
        units = {name: data.attrs["unit"] for name, data in file.items()}
    assert units == {"time": "s", "i_mem": "A", "weight": "LSB", "output_spikes": "s"}
    stored = read_result(short().results / "transistor")
    expected = LearningNeuron(neuron_parameters()).run(short().experiment.stimulus.stimulus())
    assert stored.i_mem == pytest.approx(expected.i_mem)
    assert stored.spikes.weight_after.tolist() == expected.spikes.weight_after.tolist()


def test_a_second_run_computes_and_writes_nothing(short, solver):
    [first] = run([short()])
    solver.ran()
    before = files(short().results)
    [second] = run([short()])
    assert solver.ran() == []
    assert files(short().results) == before
    assert second.checks == first.checks


def test_force_runs_everything_again(short, solver):
    run([short()])
    solver.ran()
    run([short()], force=True)
    assert solver.ran() == ["short transistor", *CELLS]


@pytest.mark.parametrize(
    ("change", "reruns"),
    [
        ("i_sl=0.3n", ["short transistor", *CELLS]),
        ("temperature=40", ["short transistor", *CELLS]),
        ("stimulus.start_weight=5", ["short transistor"]),
        ("solver.reltol=1e-4", ["short transistor"]),
        ("tolerances.decisions=4", []),
    ],
)
def test_a_change_reruns_what_depends_on_it(short, solver, tmp_path, change, reruns):
    out = tmp_path / "out"
    run([short("i_in=1.4n", out=out)])
    solver.ran()
    before = files(out)
    run([short("i_in=1.4n", change, out=out)])
    assert solver.ran() == reruns
    summary = "short/summary.json"
    assert files(out)[summary] > before[summary]


def test_a_changed_stimulus_reruns_the_model_with_the_parameters_it_has(short, solver, tmp_path):
    run([short("i_in=1.4n", out=tmp_path)])
    changed = short("i_in=1.4n", "stimulus.start_weight=5", out=tmp_path)
    run([changed])
    assert read_result(changed.results / "model").spikes.weight_before[0] == 5
    assert solver.ran().count("cell one") == 1


def test_changed_sources_rerun_their_view(short, solver, monkeypatch):
    run([short()])
    solver.ran()
    for view in ("circuit_view", "model_view"):
        monkeypatch.setattr(
            f"cosim.experiments.neuron.{view}.sources_digest", lambda *names: str(names)
        )
    run([short()])
    assert solver.ran() == ["short transistor", *CELLS]


@pytest.mark.parametrize("damage", ["", "{", "{}"])
def test_a_damaged_record_is_not_trusted(short, solver, damage):
    run([short()])
    solver.ran()
    (short().results / "transistor" / "run.json").write_text(damage)
    run([short()])
    assert solver.ran() == ["short transistor"]


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_missing_file_is_made_again(short, name):
    run([short()])
    (short().results / name).unlink()
    run([short()])
    assert files(short().results).keys() == FILES


def test_a_missing_figure_is_drawn_again_without_a_run(short, solver):
    run([short()])
    solver.ran()
    (short().results / "figure.pdf").unlink()
    run([short()])
    assert files(short().results).keys() == FILES
    assert solver.ran() == []


def test_redraw_needs_current_results(short):
    with pytest.raises(
        InputError, match=r"no current results of short in .*: `ebn-cosim run` it first"
    ):
        redraw(short())
    run([short()])
    before = files(short().results)
    redraw(short())
    after = files(short().results)
    assert after["figure.png"] > before["figure.png"]
    assert after["transistor/run.json"] == before["transistor/run.json"]


def test_simulations_with_the_same_biases_share_the_measurements(short, solver, tmp_path):
    other = short("stimulus.start_weight=5", out=tmp_path / "out")
    reports = run([short(), other])
    assert solver.ran() == ["short transistor", "short transistor", *CELLS]
    assert [report.results for report in reports] == [short().results, other.results]


def test_in_closed_loop_a_changed_stimulus_reruns_an_unchanged_deck(short, solver, tmp_path):
    for change in ("stimulus.start_weight=5", "stimulus.period=4 ms"):
        run([short(change, out=tmp_path)], views=["mixed"])
        assert solver.ran() == ["short mixed"]
        run([short(change, out=tmp_path)], views=["mixed"])
        assert solver.ran() == []


@pytest.mark.parametrize("view", ["transistor", "mixed", "model"])
def test_sub_lsbs_reach_every_view(short, solver, tmp_path, view):
    for bits in (2, 3):
        changed = short(f"sub_lsbs={bits}", out=tmp_path)
        [report] = run([changed], views=[view])
        # There is nothing to compare one view with.
        assert report.passed is None
        assert read_sealed(changed.results / view / "run.json")["key"]["sub_lsbs"] == bits
    measured_once = {"model": CELLS}
    assert solver.ran() == measured_once.get(view, [f"short {view}"] * 2)


def test_the_models_counter_has_the_experiments_bits(short, tmp_path):
    whole, quarters = short(out=tmp_path / "0"), short("sub_lsbs=2", out=tmp_path / "2")
    run([whole, quarters], views=["model"])
    changes = [
        int(np.abs(np.diff(read_result(one.results / "model").weight)).sum())
        for one in (whole, quarters)
    ]
    assert changes[0] > changes[1] > 0


def test_an_unknown_view_lists_the_known(short):
    with pytest.raises(
        InputError, match="unknown view 'layout'; there are: transistor, mixed, model"
    ):
        short(view="layout")


@pytest.mark.parametrize("error", [SimulationError("time step too small"), KeyboardInterrupt()])
@pytest.mark.parametrize("culprit", ["short transistor", "cell two"])
def test_a_failed_run_leaves_its_earlier_results(short, solver, tmp_path, error, culprit):
    run([short("i_in=1.4n", out=tmp_path)])
    before = files(tmp_path)
    solver.errors[culprit] = error
    with pytest.raises(type(error)):
        run([short("i_in=1.4n", out=tmp_path)], force=True)
    after = files(tmp_path)
    assert after.keys() == before.keys()
    failed, other = "transistor", "model"
    if culprit == "cell two":
        failed, other = other, failed
    assert after[f"short/{failed}/run.json"] == before[f"short/{failed}/run.json"]
    same = after[f"short/{other}/run.json"] == before[f"short/{other}/run.json"]
    # A view that fails doesn't stop the others; whoever interrupts means all of them.
    assert same == (culprit == "short transistor" and isinstance(error, KeyboardInterrupt))


@pytest.mark.parametrize("size", [100, 1000, 10_000])
def test_a_disk_that_fills_up_leaves_nothing_half_written(short, capsys, size):
    with (
        fake_circuit.largest_file(size),
        pytest.raises(OutputError, match=r"cannot write to .*short/results"),
    ):
        run([short()])
    written = files(short().results)
    for view in ("transistor", "model"):
        names = {name for name in FILES if name.startswith(view)}
        assert names & written.keys() in (set(), names)
    assert written.keys() <= FILES
    assert "summary.json" not in written


def test_a_disk_that_fills_up_leaves_the_earlier_results(short, capsys):
    run([short()])
    before = files(short().results)
    with fake_circuit.largest_file(100), pytest.raises(OutputError):
        run([short()], force=True)
    assert files(short().results) == before
    assert [report.passed for report in run([short()])] == [True]


def test_a_full_disk_is_found_before_the_run(short, solver, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(output.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OutputError, match=r"only 1\.0 MB are free, 20 MB are needed"):
        run([short()])
    assert solver.ran() == []


def test_a_folder_that_cannot_be_written_is_found_before_the_run(short, solver, tmp_path):
    tmp_path.joinpath("file").touch()
    for out in (tmp_path / "file", "/proc"):
        with pytest.raises(OutputError, match=f"cannot write to {out}/short"):
            run([short(out=out)])
    assert solver.ran() == []
