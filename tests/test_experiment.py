import json
import shutil

import fake_circuit
import h5py
import pytest
from synthetic import neuron_parameters

from cosim.compare import weight_sequence
from cosim.errors import SimulationError
from cosim.experiments import output
from cosim.experiments.output import OutputError
from cosim.experiments.runner import redraw, run
from cosim.experiments.simulation import read_simulation
from cosim.experiments.store import read_json, read_result
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.results import turning_points

CELLS = ["cell one", "cell two"]
FILES = {
    "circuit/deck.cir",
    "circuit/per_spike.csv",
    "circuit/run.json",
    "circuit/waveforms.h5",
    "circuit/waveforms.raw",
    "figure.pdf",
    "figure.png",
    "model/parameters.json",
    "model/per_spike.csv",
    "model/run.json",
    "model/waveforms.h5",
    "summary.json",
}


@pytest.fixture
def solver(monkeypatch):
    monkeypatch.setattr("cosim.experiments.report.draw", fake_circuit.blank_figures)
    return fake_circuit.install(monkeypatch)


@pytest.fixture
def short(tmp_path, solver):
    """Reads the simulation `short`, whose published spikes are those of the model."""
    folder = tmp_path / "short"
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(fake_circuit.CONFIG)

    def read(*changes, out=None):
        return read_simulation(str(config), changes, out)

    stimulus = read().experiment.stimulus.stimulus()
    spikes = LearningNeuron(neuron_parameters()).run(stimulus).spikes
    spikes.write_csv(folder / "published.csv")
    turns = turning_points(weight_sequence(spikes))
    config.write_text(f"{fake_circuit.CONFIG}turning_points = {turns}\n")
    return read


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
    assert solver.ran() == ["short circuit", *CELLS]
    assert solver.processes_asked_for == 2
    assert files(short().results).keys() == FILES


def test_the_summary_tells_what_ran_and_how_well(short):
    run([short()])
    summary = json.loads((short().results / "summary.json").read_text())
    assert summary["passed"] is True
    assert summary["seed"] is None
    assert summary["metrics"]["circuit against published"]["equal_decisions"] == 5
    assert summary["metrics"]["model against circuit"]["one_step"]["outside"] == 5
    assert summary["circuit"]["edges"]["checked"] == 5
    assert summary["circuit"]["edges"]["fewest_points_per_pulse"] >= 10
    assert summary["circuit"]["solver"]["reltol"] == 1e-4
    assert len(summary["circuit"]["key"]["deck_sha256"]) == 64
    assert summary["versions"]["ngspice"]
    assert summary["experiment"]["tolerances"]["decisions"] == 5


def test_waveforms_carry_their_units(short):
    run([short()])
    with h5py.File(short().results / "circuit" / "waveforms.h5") as file:
        units = {name: data.attrs["unit"] for name, data in file.items()}
    assert units == {"time": "s", "i_mem": "A", "weight": "LSB"}
    stored = read_result(short().results / "circuit")
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
    assert second.rows == first.rows


def test_force_runs_everything_again(short, solver):
    run([short()])
    solver.ran()
    run([short()], force=True)
    assert solver.ran() == ["short circuit", *CELLS]


@pytest.mark.parametrize(
    ("change", "reruns"),
    [
        ("i_sl=0.3n", ["short circuit", *CELLS]),
        ("temperature=40", ["short circuit", *CELLS]),
        ("stimulus.start_weight=5", ["short circuit"]),
        ("solver.reltol=1e-5", ["short circuit"]),
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
    monkeypatch.setattr("cosim.experiments.views.sources_digest", lambda *modules: str(modules))
    run([short()])
    assert solver.ran() == ["short circuit", *CELLS]


@pytest.mark.parametrize("damage", ["", "{", "{}"])
def test_a_damaged_record_is_not_trusted(short, solver, damage):
    run([short()])
    solver.ran()
    (short().results / "circuit" / "run.json").write_text(damage)
    run([short()])
    assert solver.ran() == ["short circuit"]


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
    with pytest.raises(InputError, match="no current results of short: `ebn-cosim run short`"):
        redraw(short())
    run([short()])
    before = files(short().results)
    redraw(short())
    after = files(short().results)
    assert after["figure.png"] > before["figure.png"]
    assert after["circuit/run.json"] == before["circuit/run.json"]


def test_simulations_with_the_same_biases_share_the_measurements(short, solver, tmp_path):
    other = short("stimulus.start_weight=5", out=tmp_path / "out")
    reports = run([short(), other])
    assert solver.ran() == ["short circuit", "short circuit", *CELLS]
    assert [report.simulation.results for report in reports] == [short().results, other.results]


def test_each_view_runs_alone(short, solver):
    [report] = run([short()], views=["model"])
    assert solver.ran() == CELLS
    assert {row.comparison for row in report.rows} == {"model against published"}
    assert report.passed
    [report] = run([short()], views=["transistor"])
    assert solver.ran() == ["short circuit"]
    assert "model against circuit" in {row.comparison for row in report.rows}


def test_results_that_are_not_current_are_not_compared_with(short, tmp_path):
    run([short("i_in=1.4n", out=tmp_path)], views=["model"])
    [report] = run([short("i_in=1.5n", out=tmp_path)], views=["transistor"])
    assert "model against circuit" not in {row.comparison for row in report.rows}


def test_unknown_view(short):
    with pytest.raises(InputError, match="unknown view 'layout'; there are: transistor, model"):
        run([short()], views=["layout"])


def test_changed_parameters_are_shown_against_the_published_but_not_judged(short, tmp_path):
    [report] = run([short("stimulus.start_weight=5", out=tmp_path)])
    published = [row for row in report.rows if row.comparison == "circuit against published"]
    assert len(published) == 3
    assert {row.passed for row in published} == {None}
    assert any(row.passed for row in report.rows)
    assert report.simulation.title.endswith(", with stimulus.start_weight=5")


def test_other_spikes_are_not_compared_with_the_published(short, tmp_path):
    [report] = run([short("stimulus.period=4 ms", out=tmp_path)])
    assert "circuit against published" not in {row.comparison for row in report.rows}


def test_a_missed_requirement_fails(short, tmp_path):
    config = tmp_path / "short" / "config.toml"
    config.write_text(config.read_text().replace("turning_points = [8", "turning_points = [9"))
    [report] = run([short()])
    assert not report.passed
    assert [row.quantity for row in report.rows if row.passed is False] == ["turning points"]
    assert read_json(short().results / "summary.json")["passed"] is False


@pytest.mark.parametrize("error", [SimulationError("time step too small"), KeyboardInterrupt()])
@pytest.mark.parametrize("culprit", ["short circuit", "cell two"])
def test_a_failed_run_leaves_the_earlier_results(short, solver, tmp_path, error, culprit):
    run([short("i_in=1.4n", out=tmp_path)])
    before = files(tmp_path)
    solver.error = (culprit, error)
    with pytest.raises(type(error)):
        run([short("i_in=1.4n", out=tmp_path)], force=True)
    after = files(tmp_path)
    assert after.keys() == before.keys()
    assert after["short/model/run.json"] == before["short/model/run.json"]
    assert (after == before) == (culprit == "short circuit")


@pytest.mark.parametrize("size", [100, 1000, 10_000])
def test_a_disk_that_fills_up_leaves_nothing_half_written(short, capsys, size):
    with (
        fake_circuit.largest_file(size),
        pytest.raises(OutputError, match=r"cannot write to .*short/results"),
    ):
        run([short()])
    written = files(short().results)
    for view in ("circuit", "model"):
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
