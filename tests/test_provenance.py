import subprocess
from functools import cache

import pytest

from cosim.experiments import circuit_view, provenance
from cosim.experiments.circuit_view import CircuitView
from cosim.experiments.provenance import simulator_versions, versions
from cosim.experiments.simulation import read_simulation


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of a few modules; returns what writes one of them."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    write("cosim/top.py", "from cosim import middle\nimport numpy\n")
    write("cosim/middle.py", "def f():\n    from ebn_model.bottom import x\n")
    write("ebn_model/bottom.py", "from cosim.top import y\nx = 1\n")
    write("cosim/other.py", "z = 1\n")
    return write


def digest_of(*modules):
    return provenance.sources_digest.__wrapped__(*modules)


@pytest.mark.parametrize("module", ["cosim/top.py", "cosim/middle.py", "ebn_model/bottom.py"])
def test_digest_follows_each_imported_module(project, module):
    before = digest_of("cosim.top")
    assert digest_of("cosim.top") == before
    project(module, "changed = True\n")
    assert digest_of("cosim.top") != before


def test_digest_leaves_other_modules_out(project):
    before = digest_of("cosim.top")
    project("cosim/other.py", "z = 2\n")
    assert digest_of("cosim.top") == before
    assert digest_of("cosim.top", "cosim.other") != before


@pytest.mark.parametrize(
    ("name", "own"), [("transistor", {"circuit.py"}), ("mixed", {"mixed.py", "learning_logic.py"})]
)
def test_a_circuits_key_covers_the_engine_but_not_the_figures(name, own):
    covered = set()
    view = CircuitView(read_simulation("simulation_1"), name)
    real = provenance.Path.read_text

    def reading(path, **options):
        covered.add(path.name)
        return real(path, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance.Path, "read_text", reading)
        patch.setattr(circuit_view, "sources_digest", provenance.sources_digest.__wrapped__)
        assert view.key
    assert own | {"worker.py", "ngspice.py", "deck.py", "stimulus.py"} <= covered
    assert "figures.py" not in covered


def test_versions_name_the_simulator():
    assert int(simulator_versions()["ngspice"]) >= 30
    assert versions()["PySpice"].startswith("1.5")


@pytest.mark.parametrize(("number", "warned"), [(36, True), (39, False), (46, False)])
def test_an_ngspice_older_than_the_oldest_tested_gets_one_warning(
    monkeypatch, caplog, number, warned
):
    def answer(*_, **__):
        return subprocess.CompletedProcess([], 0, stdout=f"{number}\n")

    monkeypatch.setattr(provenance.subprocess, "run", answer)
    monkeypatch.setattr(provenance, "simulator_versions", cache(simulator_versions.__wrapped__))
    assert versions()["ngspice"] == versions()["ngspice"] == str(number)
    assert [record.getMessage() for record in caplog.records] == warned * [
        f"ngspice {number} is older than 39, the oldest that this project is tested with: its "
        "results may differ"
    ]
