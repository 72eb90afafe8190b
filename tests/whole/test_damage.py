"""Results that were damaged: each is named, none is used, and what it was is computed again."""

import shutil
from pathlib import Path

import damage
import fake_circuit
import pytest
from damage import DAMAGES, blank_pictures, named
from experiment_calls import redraw, run
from stored_results import (
    NETWORK,
    Bench,
    FinishedTraining,
    Loop,
    NeuronView,
    Row,
    UnfinishedTraining,
    contents,
)

from cosim.cli import main
from cosim.experiments.network import report as network_report
from ebn_model.sealed import DamagedError

pytestmark = pytest.mark.usefixtures("permissions")


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
