"""Cells of a user's: what pins tell, what the project's file tells, and what nobody can know."""

import pytest
from own_cells import MEMBRANE, wrapped_twice

from cosim.cells import characterise
from cosim.cells.bench import bench_job, measurement
from cosim.cells.runner import run_benches
from cosim.cli import main
from cosim.engine.worker import run_all
from cosim.technologies.technology import FOLDER
from cosim.workbench.errors import SimulationError
from cosim.workbench.places import NETLISTS, PROJECT_FILE, in_project

pytestmark = pytest.mark.ngspice

STIMULUS = '[stimulus]\nspikes = ["4 ms"]\nstart_weight = 8\nduration = "10 ms"\n'
BENCHES = ("dpi_membrane", "membrane_response")


@pytest.fixture
def own_membrane(project):
    project.joinpath("cells", "dpi_membrane.cir").write_text(MEMBRANE, encoding="utf-8")
    return project


def measured(biases):
    jobs = [bench_job(name, biases) for name in BENCHES]
    return [
        measurement(name).measure(vectors)
        for name, vectors in zip(BENCHES, run_all(jobs), strict=True)
    ]


def test_pins_tell_what_devices_inside_tell(own_membrane, biases):
    """Our own cell with other names: leak and input must come out the same."""
    ours = NETLISTS.joinpath("cells", "dpi_membrane.cir").read_text(encoding="utf-8")
    renamed = ours
    for number, name in enumerate(("xth", "xin", "xtau", "xreset", "cmem")):
        renamed = renamed.replace(f"\n{name} ", f"\n{name[0]}a{number} ")
    own_membrane.joinpath("cells", "dpi_membrane.cir").write_text(renamed, encoding="utf-8")
    settled, response = measured(biases)
    with in_project(None):
        expected_settled, expected_response = measured(biases)
    assert settled["i_tau"] == pytest.approx(expected_settled["i_tau"], rel=2e-3)
    assert response["i_constant"] == pytest.approx(expected_response["i_constant"], rel=1e-4)
    assert response["tau"] == pytest.approx(expected_response["tau"], rel=1e-3)
    assert response.keys() == expected_response.keys() - {"tau_law", "pair_slope"}


def test_the_models_parameters_are_those_of_the_own_membrane(own_membrane, biases):
    own = characterise.parameters(run_all(characterise.jobs(biases)))
    # Its capacitor is a MOS transistor of 2500 um2, some 10 to 20 pF.
    with in_project(None):
        ours = characterise.parameters(run_all(characterise.jobs(biases)))
    assert own.membrane.tau != pytest.approx(ours.membrane.tau, rel=0.05)
    assert 0.5 < own.membrane.tau / ours.membrane.tau < 4
    assert own.decision == ours.decision


def test_the_datasheet_says_what_cannot_be_known(own_membrane):
    [sheet], folder = run_benches(["membrane_response"])
    assert folder.is_relative_to(own_membrane / "results" / "cells")
    keys = {check.key: check for check in sheet.checks}
    assert keys.keys() == {"tau", "settling"}
    assert keys["tau"].passed is None and "tau_law" in keys["tau"].reason
    assert "not known: tau_law, pair_slope" in sheet.notes[0]
    path = own_membrane / "cells" / "dpi_membrane.cir"
    assert str(path) in sheet.notes[0]


def test_stated_probes_make_all_of_it_known(own_membrane):
    stated = ("i_tau_mem", "xa1"), ("i_th_pair_mem", "xa2"), ("i_in_pair_mem", "xa3")
    lines = [f'{name} = "{where}"' for name, where in (*stated, ("i_off_mem", "xa4"))]
    text = "\n".join(["[probes]", *lines, 'c_mem = "15 pF"'])
    own_membrane.joinpath(PROJECT_FILE).write_text(text, encoding="utf-8")
    [sheet], _ = run_benches(["membrane_response"])
    assert {"tau", "settling", "pair_slope"} == {check.key for check in sheet.checks}
    assert sheet.notes == ()


def test_a_view_that_cannot_run_does_not_stop_the_others(own_membrane, monkeypatch, capsys):
    """The model isn't told the leak of a synapse of other names; the circuit needn't be."""
    ours = NETLISTS.joinpath("cells", "dpi_synapse.cir").read_text(encoding="utf-8")
    renamed = ours.replace("\nxtau ", "\nxleak ")
    own_membrane.joinpath("cells", "dpi_synapse.cir").write_text(renamed, encoding="utf-8")
    own_membrane.joinpath("short.toml").write_text(STIMULUS, encoding="utf-8")
    monkeypatch.chdir(own_membrane)
    monkeypatch.setattr("cosim.experiments.neuron.simulation.USUAL", ("mixed", "model"))
    assert main(["run", "short.toml"]) == 2
    printed = capsys.readouterr()
    assert "last weight" in printed.out
    error = printed.err.splitlines()[-1]
    assert "cell dpi_synapse" in error and "i_tau_syn" in error
    results = own_membrane / "short_results"
    assert results.joinpath("mixed", "run.json").is_file()
    assert not results.joinpath("model").exists()


def test_a_transistor_may_be_a_subcircuit_of_the_technology(project, biases):
    """Same devices, same numbers, whatever is around them."""
    text = FOLDER.joinpath("generic180.spice").read_text(encoding="utf-8")
    with in_project(None):
        [ours] = run_all([bench_job("decision_weight", biases)])
    own = project / "technology"
    own.joinpath("generic180.spice").write_text(wrapped_twice(text), encoding="utf-8")
    facts = FOLDER.joinpath("generic180.toml").read_text(encoding="utf-8")
    own.joinpath("generic180.toml").write_text(facts, encoding="utf-8")
    [vectors] = run_all([bench_job("decision_weight", biases)])
    name = "@m.xdecision.xp_eq.m1[id]"
    assert "@m.xdecision.xp_eq.xinner.m1[id]" in vectors
    assert vectors[name] == pytest.approx(ours[name], rel=1e-6)


def test_what_nothing_tells_is_an_error_with_a_name(own_membrane, biases):
    ours = NETLISTS.joinpath("cells", "decision.cir").read_text(encoding="utf-8")
    renamed = ours.replace("\nxmem ", "\nxm1 ")
    own_membrane.joinpath("cells", "decision.cir").write_text(renamed, encoding="utf-8")
    [vectors] = run_all([bench_job("decision", biases)])
    with pytest.raises(SimulationError, match=r'cell decision \(.*\[probes\] i_mem = "\.\.\."'):
        measurement("decision").measure(vectors)
