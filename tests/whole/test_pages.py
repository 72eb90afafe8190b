"""Pages of the documentation whose code does what the page says, in an empty folder."""

import csv
import json

import pytest
from pages import blocks, follow, texts

from cosim.workbench.places import ROOT
from cosim.workbench.settings import read_toml

ELSEWHERE = {
    "docs/architecture.md": "experiments/test_own_kind.py",
    "docs/own_circuit.md": "whole/test_own_circuit.py",
    "docs/exchange.md": "exchange/test_exchange_page.py",
}
"""Pages that have a test of their own."""
FOLLOWED = {
    "docs/start.md",
    "docs/own_stimulus.md",
    "docs/own_network.md",
    "docs/own_spikes.md",
    "docs/own_process.md",
    "docs/own_dies.md",
}
PARTS = {
    "docs/dies.md": "parts of files; docs/own_dies.md has whole ones",
    "docs/technologies.md": "placeholders; docs/own_process.md has a whole process",
}
"""Pages with blocks that can't run alone, and why."""


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_page_with_code_is_followed():
    pages = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")]
    with_code = {page for page in [*pages, "README.md"] if blocks(page)}
    assert with_code == FOLLOWED | ELSEWHERE.keys() | PARTS.keys()
    for test in ELSEWHERE.values():
        assert ROOT.joinpath("tests", test).is_file()


def test_the_picture_of_the_packages_has_them_all():
    picture = ROOT.joinpath("docs/architecture.svg").read_text(encoding="utf-8")
    packages = [path.parent for path in ROOT.glob("cosim/*/__init__.py")]
    names = [f"cosim/{path.name}" for path in packages]
    kinds = [path.parent.name for path in ROOT.glob("cosim/experiments/*/kind.py")]
    assert len(names) > 9 and len(kinds) > 8
    assert [name for name in names if name not in picture] == []
    assert [kind for kind in kinds if f">{kind}<" not in picture] == []


@pytest.mark.parametrize("page", sorted(PARTS))
def test_parts_of_files_can_be_read(page, tmp_path):
    for text in texts(page, "toml"):
        path = tmp_path / "part.toml"
        path.write_text(text, encoding="utf-8")
        assert read_toml(path)


@pytest.mark.parametrize("page", sorted(FOLLOWED))
def test_nothing_of_a_followed_page_is_left_out(page):
    for block in blocks(page):
        assert block.language in {"sh", "python"} or block.title


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder outside of any project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.ngspice
class TestPages:
    def test_start(self, place):
        follow("docs/start.md", place)
        summary = read_json(place / "stimulus_results" / "summary.json")
        assert summary["passed"] is True
        assert (place / "stimulus_results" / "figure.png").is_file()

    def test_own_stimulus(self, place):
        _, printed = follow("docs/own_stimulus.md", place)
        results = place / "stimulus_results"
        assert {path.name for path in (results / "mixed").iterdir()} >= {
            "per_spike.csv",
            "waveforms.h5",
            "waveforms.raw",
            "deck.cir",
        }
        assert (place / "comparison_results" / "figure.png").is_file()
        for name in ("try", "narrow"):
            assert (place / name / "stimulus" / "summary.json").is_file()
        assert len(printed[-1].strip("[]\n").split()) == 4

    def test_own_network(self, place):
        _, printed = follow("docs/own_network.md", place)
        with (place / "out" / "figure_1" / "sweep.csv").open(encoding="utf-8") as file:
            assert len(list(csv.DictReader(file))) == 2
        assert read_json(place / "small_results" / "summary.json")["passed"] is True
        assert "decoding_error" in printed[-1]

    def test_own_spikes(self, place):
        _, printed = follow("docs/own_spikes.md", place)
        assert read_json(place / "replay" / "summary.json")["passed"] is not False
        codes, agreement = printed[-1].strip().rsplit("\n", 1)
        assert codes.count("[") == 2 and float(agreement) > 0.9

    def test_own_process(self, place):
        folder, _ = follow("docs/own_process.md", place)
        assert (folder / "biases" / "mine" / "network.spice").is_file()
        report = read_json(folder / "results" / "calibration" / "network_report.json")
        for name, wanted in report["target"].items():
            assert report["measured"][name] == pytest.approx(wanted, rel=1e-3)
        assert read_json(folder / "stimulus_results" / "summary.json")["passed"] is True
        assert (folder / "stimulus_results" / "mine-ss-27C" / "mixed").is_dir()

    def test_own_dies(self, place):
        follow("docs/own_dies.md", place)
        for table, dies in (("few_dies_results/short", 3), ("trimmed_results/trimmed", 2)):
            with (place / f"{table}.csv").open(encoding="utf-8") as file:
                assert len(list(csv.DictReader(file))) == dies
