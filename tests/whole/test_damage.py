"""Results that were damaged: each is named, none is used, and what it was is computed again."""

import shutil
from dataclasses import replace
from pathlib import Path

import damage
import fake_circuit
import fake_loop
import fake_rows
import numpy as np
import pytest
from damage import DAMAGES, blank_pictures, named
from experiment_calls import read_networks, redraw, run
from fake_solver import FakeSolver

from cosim.cells import bench_view, measured_bench
from cosim.cells import runner as cells_runner
from cosim.cells.benches import dpi_membrane
from cosim.cli import main
from cosim.experiments.network import report as network_report
from cosim.experiments.network import training_run
from cosim.experiments.network.training_run import run_training, training_runs
from cosim.replay import loops, stored_loop, stored_row
from cosim.replay.loops import close_loop
from cosim.replay.open_loop import RowSettings, replay_stimuli
from cosim.workbench.placement import Placement
from ebn_model.network.training import Checkpoint
from ebn_model.sealed import DamagedError

pytestmark = pytest.mark.usefixtures("permissions")


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# Results, each with `folder`, what `run` runs again, and the folder `other` of another result.


class NeuronView:
    """A view of a simulation; the other one has another start weight, or is another view."""

    def __init__(self, place, monkeypatch, view):
        self._solver = fake_circuit.install(monkeypatch, draw=False)
        self._short = fake_circuit.short_simulation(place / "short")
        self._view = view
        self.folder = self._short().results / view
        changed = self._short("stimulus.start_weight=5", out=place / "out")
        self.other = changed.results / view
        if not self.other.exists():
            run([changed], views=[view])

    def run(self):
        self._solver.ran()
        before = self._time()
        run([self._short()], views=[self._view])
        ran = self._solver.ran()
        return ran if self._view != "model" else ["model"] * (self._time() != before)

    def _time(self):
        return self.folder.stat().st_ino if self.folder.is_dir() else 0


class Row:
    """A row of a replay; the other one is of another seed."""

    def __init__(self, place, monkeypatch):
        monkeypatch.setattr(stored_row, "simulator_versions", lambda: {"ngspice": "39"})
        # Each run takes as long as the others.
        monkeypatch.setattr("cosim.replay.row_run.time.perf_counter", lambda: 0.0)
        self._solver = fake_rows.install(monkeypatch)
        self._settings = RowSettings(cache=place / "rows", placement=Placement(1))
        self.folder = place / "rows" / "row_000_mixed"
        other = replace(self._settings, cache=place / "others")
        self.other = place / "others" / "row_000_mixed"
        if not self.other.exists():
            replay_stimuli({0: fake_rows.row_stimulus_of(seed=1)}, other)
            self._solver.ran()

    def run(self):
        result = replay_stimuli({0: fake_rows.row_stimulus_of()}, self._settings)
        assert np.array_equal(result.rows[0].circuit.final_codes, result.rows[0].model.final_codes)
        return self._solver.ran()


class Loop:
    """A closed loop; the other one is of another seed."""

    def __init__(self, place, monkeypatch):
        monkeypatch.setattr(stored_loop, "simulator_versions", lambda: {"ngspice": "39"})
        monkeypatch.setattr("cosim.replay.open_loop.RowCircuit", fake_rows.FakeRow)
        monkeypatch.setattr(loops.time, "perf_counter", lambda: 0.0)
        self._loop = fake_loop.install(monkeypatch)
        self._settings = RowSettings(cache=place / "rows")
        self.folder, self.other = (place / name / "teach_mixed" for name in ("rows", "others"))
        if not self.other.exists():
            self._close(replace(self._settings, cache=place / "others"), 2)
            self._loop.ran()

    def run(self):
        result, _ = self._close(self._settings, 1)
        assert list(result.rows) == [0, 1, 2]
        return ["loop"] * self._loop.ran()

    @staticmethod
    def _close(settings, seed):
        network, command = fake_loop.small_network(seed), fake_loop.short_command()
        return close_loop("teach", network, command, settings)


class _Training:
    def __init__(self, place, monkeypatch):
        text = place / "small.toml"
        text.write_text(NETWORK, encoding="utf-8")
        [experiment] = read_networks(str(text))
        self._one, self._another = training_runs(experiment)
        self.begun = []
        original = training_run.train

        def spy(training, *rest):
            self.begun.append(training.iteration)
            return original(training, *rest)

        monkeypatch.setattr(training_run, "train", spy)

    def _run(self):
        self.begun.clear()
        # New, as in another process.
        one = replace(self._one)
        if not one.is_current():
            run_training(one, lambda message: None)
        return list(self.begun)


class FinishedTraining(_Training):
    """The other one is of another seed."""

    def __init__(self, place, monkeypatch):
        super().__init__(place, monkeypatch)
        self.folder, self.other = self._one.folder, self._another.folder
        if not self.other.exists():
            run_training(self._another, lambda message: None)

    run = _Training._run


class UnfinishedTraining(_Training):
    """One that ended after its first checkpoint; `folder` is then finished."""

    def __init__(self, place, monkeypatch):
        super().__init__(place, monkeypatch)
        for one in (self._one, self._another):
            self._begin(one)
        self.folder, self.other = self._one.unfinished.folder, self._another.unfinished.folder
        whole = replace(self._one, folder=place / "whole")
        run_training(whole, lambda message: None)
        self.whole = contents(whole.folder)

    def run(self):
        ran = self._run()
        assert contents(self._one.folder) == self.whole
        return ran

    @staticmethod
    def _begin(one):
        taken = []

        def notify(message):
            if isinstance(message, Checkpoint):
                taken.append(message)
            if len(taken) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_training(one, notify)


NETWORK = """
kind = "network"
configuration = "paper"
iterations = 3
seeds = [1, 2]
[parameters]
neurons = 4
[task]
duration = "20 ms"
validation = 1
checkpoint = 1
"""


class Bench:
    """A bench of the cells; the other one is under another bias table."""

    def __init__(self, place, monkeypatch):
        self._place = place
        self._solver = FakeSolver()
        monkeypatch.setattr("cosim.engine.batch.job_outcomes", self._solver.job_outcomes)
        monkeypatch.setattr(dpi_membrane, "measure", lambda vectors: {"i_tau": 1.25e-11})
        monkeypatch.setattr(dpi_membrane, "draw", lambda *arguments: None)
        monkeypatch.setattr(measured_bench, "read_specification", lambda path: {})
        monkeypatch.setattr(bench_view, "save", blank_pictures)
        monkeypatch.setattr(cells_runner, "bench_names", lambda: ["dpi_membrane"])
        conditions = cells_runner.BenchConditions(biases="rule")
        self.folder, self.other = (
            place / one.folder_name / "dpi_membrane"
            for one in (cells_runner.BenchConditions(), conditions)
        )
        if not self.other.exists():
            cells_runner.run_benches(["dpi_membrane"], conditions, place)

    def run(self):
        self._solver.ran()
        cells_runner.run_benches(["dpi_membrane"], out=self._place)
        return self._solver.ran()


KINDS = {
    "transistor": lambda *a: NeuronView(*a, "transistor"),
    "mixed": lambda *a: NeuronView(*a, "mixed"),
    "model": lambda *a: NeuronView(*a, "model"),
    "row": Row,
    "loop": Loop,
    "training": FinishedTraining,
    "bench": Bench,
}
RERUNS = {
    "transistor": ["short transistor"],
    "mixed": ["short mixed"],
    "model": ["model"],
    "row": ["row 0, mixed"],
    "loop": ["loop"],
    "training": [0, 1, 2],
    "bench": ["bench dpi_membrane"],
}
WAVEFORMS = ("deck.cir", "waveforms.raw")
FILES = {
    "transistor": ("per_spike.csv", "waveforms.h5", "logic.vcd", *WAVEFORMS),
    "mixed": ("per_spike.csv", "waveforms.h5", "logic.vcd", *WAVEFORMS),
    "model": ("per_spike.csv", "waveforms.h5", "parameters.json"),
    "row": ("row.h5",),
    "loop": ("network.h5", "row_002.h5"),
    "training": ("training.h5", "learning_curve.csv", "spikes_learned.csv"),
    "bench": ("figure.png", *WAVEFORMS),
}
MAIN = {
    "transistor": ("run.json", "per_spike.csv"),
    "mixed": ("waveforms.h5",),
    "model": ("parameters.json",),
    "row": ("run.json", "row.h5"),
    "loop": ("row_002.h5",),
    "training": ("run.json", "training.h5"),
    "bench": ("run.json",),
}
"""Files that meet with all damages; the others with some."""
SOME = (damage.bit_flipped, damage.removed, damage.no_permission)
OF_MANY = [
    (kind, file, damaged)
    for kind, files in FILES.items()
    for file in ("run.json", *files)
    for damaged in (DAMAGES if file in MAIN[kind] else SOME)
    # The files of the stand-ins are all the same.
    if not (damaged is damage.of_another and file in (*WAVEFORMS, "figure.png", "parameters.json"))
]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A folder for each kind, in which its results stay from test to test."""
    return {kind: tmp_path_factory.mktemp(kind) for kind in KINDS}


@pytest.mark.parametrize(("kind", "file", "damaged"), OF_MANY, ids=named)
def test_a_damaged_file_is_named_and_its_result_made_again(
    places, monkeypatch, caplog, kind, file, damaged
):
    result = KINDS[kind](places[kind], monkeypatch)
    assert result.run() in (RERUNS[kind], [])
    whole = contents(result.folder)
    assert {Path(name) for name in (file, "run.json")} <= whole.keys()
    caplog.clear()
    damaged(result.folder / file, result.other / file)
    assert result.run() == RERUNS[kind]
    assert f"{result.folder / file}: " in caplog.text
    assert contents(result.folder) == whole
    caplog.clear()
    assert result.run() == []
    assert not caplog.records


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("whole", ["another", "file", "empty", "link", "no permission"])
def test_a_folder_of_something_else_is_named_and_its_result_made_again(
    places, monkeypatch, caplog, kind, whole
):
    result = KINDS[kind](places[kind], monkeypatch)
    result.run()
    before = contents(result.folder)
    if whole == "no permission":
        result.folder.chmod(0)
    else:
        shutil.rmtree(result.folder)
    if whole == "another":
        shutil.copytree(result.other, result.folder)
    elif whole == "file":
        result.folder.write_text("a file", encoding="utf-8")
    elif whole == "empty":
        result.folder.mkdir()
    elif whole == "link":
        result.folder.symlink_to(result.folder)
    caplog.clear()
    assert result.run() == RERUNS[kind]
    assert f"{result.folder / 'run.json'}: " in caplog.text
    assert contents(result.folder) == before


def test_another_view_in_a_views_place(tmp_path, monkeypatch, caplog):
    solver = fake_circuit.install(monkeypatch, draw=False)
    short = fake_circuit.short_simulation(tmp_path / "short")
    run([short()], views=["transistor", "mixed", "model"])
    folder = short().results
    for taken, place in (("mixed", "transistor"), ("model", "mixed")):
        shutil.rmtree(folder / place)
        shutil.copytree(folder / taken, folder / place)
    solver.ran()
    run([short()], views=["transistor", "mixed", "model"])
    assert sorted(solver.ran()) == ["short mixed", "short transistor"]
    for place in ("mixed", "transistor"):
        assert f"{folder / place / 'run.json'}: of another view" in caplog.text


@pytest.mark.parametrize("damaged", DAMAGES, ids=named)
@pytest.mark.parametrize("file", ["run.json", "training.h5"])
def test_a_damaged_checkpoint_is_named_and_the_training_begins_anew(
    tmp_path, monkeypatch, caplog, file, damaged
):
    result = UnfinishedTraining(tmp_path, monkeypatch)
    damaged(result.folder / file, result.other / file)
    assert result.run() == [0, 1, 2]
    assert f"{result.folder / file}: " in caplog.text
    assert not list(tmp_path.rglob(".begun-seed_1-*"))


def test_a_whole_checkpoint_is_used(tmp_path, monkeypatch, caplog):
    assert UnfinishedTraining(tmp_path, monkeypatch).run() == [1, 2]
    assert not caplog.records


def test_a_checkpoint_of_another_seed(tmp_path, monkeypatch, caplog):
    result = UnfinishedTraining(tmp_path, monkeypatch)
    shutil.rmtree(result.folder)
    shutil.copytree(result.other, result.folder)
    assert result.run() == [0, 1, 2]
    assert f"{result.folder / 'run.json'}: of another seed; not used" in caplog.text


# What commands do with damaged results that they don't make.


@pytest.mark.parametrize("view", ["transistor", "model"])
@pytest.mark.parametrize("damaged", [damage.cut, damage.number_edited, damage.no_permission])
def test_figures_are_not_drawn_without_a_damaged_view(tmp_path, monkeypatch, view, damaged):
    fake_circuit.install(monkeypatch, draw=False)
    short = fake_circuit.short_simulation(tmp_path / "short")
    run([short()])
    path = short().results / view / "per_spike.csv"
    damaged(path, None)
    before = {p: p.stat().st_mtime_ns for p in short().results.glob("figure.*")}
    with pytest.raises(DamagedError, match=str(path)):
        redraw(short())
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_figures_of_a_damaged_training_are_refused(tmp_path, monkeypatch, capsys, caplog):
    monkeypatch.setattr(network_report, "save", blank_pictures)
    text = tmp_path / "small.toml"
    text.write_text(NETWORK, encoding="utf-8")
    assert main(["run", str(text), "--workers", "1"]) == 0
    path = tmp_path / "small_results" / "seed_2" / "training.h5"
    damage.bit_flipped(path, None)
    assert main(["figures", str(text)]) == 2
    assert "no current results of small for seed 2; run it first" in capsys.readouterr().err
    assert f"{path}: damaged or edited" in caplog.text


@pytest.mark.parametrize("file", ["summary.json", "figure.png", "figure.pdf"])
@pytest.mark.parametrize("damaged", [d for d in DAMAGES if d is not damage.of_another], ids=named)
def test_a_damaged_report_is_named_and_written_again(tmp_path, monkeypatch, caplog, file, damaged):
    solver = fake_circuit.install(monkeypatch, draw=False)
    short = fake_circuit.short_simulation(tmp_path / "short")
    run([short()])
    solver.ran()
    before = contents(short().results)
    damaged(short().results / file, None)
    run([short()])
    assert solver.ran() == []
    assert contents(short().results) == before
    # Without its summary a report isn't there.
    absent = damaged is damage.removed and file == "summary.json"
    assert (f"{short().results / file}: " in caplog.text) != absent
