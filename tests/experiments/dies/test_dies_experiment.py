"""An experiment with dies: what is run, what is kept, and what its files say."""

import csv
import json
from functools import partial

import pytest
from dies_files import DIES, state
from experiment_calls import read_one, run_one, summary_of

from cosim import cli
from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.dies import failures, runner
from cosim.experiments.dies.causes_run import DEVIATES, PARTS
from cosim.experiments.dies.failures import examples, page
from cosim.experiments.dies.kind import KIND
from cosim.experiments.dies.runner import Found
from cosim.experiments.dies.settings import OF_SUMMARY
from ebn_model.errors import InputError

read, run = partial(read_one, KIND), partial(run_one, KIND)


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_each_die_and_the_nominal_one_is_run_once(file, ran):
    experiment = read(file)
    report = run(experiment)
    simulations = [f"short, {name}" for name in ("nominal die", "die 5", "die 6", "die 7")]
    places = [f"generic180-27C{die}" for die in ("", "-die5", "-die6", "-die7")]
    expected = [*simulations, *(f"cells under published, {place}" for place in places)]
    assert ran == [*expected, "waveforms of short, die 7"]
    measured = {check.quantity: check.measured for check in report.checks}
    assert measured["dies that settle"].startswith("2 of 3, 66.7%")
    assert measured["not, the weight is at the end of its range"] == "1: 7"
    assert measured["centre of the window at weight 0"] == "6e-09 A, cv 16.7%, 3 dies"


def test_summary_and_tables_say_what_came_out(file, ran):
    experiment = read(file)
    run(experiment)
    summary = summary_of(experiment.results)
    assert summary.keys() - {"short"} == OF_SUMMARY
    assert (summary["short"]["dies"], summary["short"]["settled"]) == (3, 2)
    assert summary["short"]["yield_low"] < 2 / 3 < summary["short"]["yield_high"]
    tau = summary["quantities"]["published"]["tau_mem"]
    assert (tau["mean"], tau["cv"]) == pytest.approx((6e-9, 1 / 6))
    rows = table(experiment.results / "short.csv")
    assert [row["die"] for row in rows] == ["5", "6", "7"]
    assert rows[2]["weights"] == "8 31"
    assert len(table(experiment.results / "cells_published.csv")) == 3
    assert experiment.results.joinpath("figure.png").stat().st_size > 10_000


def test_decisions_of_each_die_s_model_are_judged_together(file, ran):
    state(file, "model = true")
    report = run(read(file))
    [check] = [one for one in report.checks if "model" in one.quantity]
    assert check.measured == "88.0% (132 of 150, 3 of 3 dies, worst 86.0%)"
    assert check.passed is False
    summary = summary_of(read(file).results)
    assert summary["short"]["model"]["by_die"] == {"5": 0.9, "6": 0.88, "7": 0.86}


def test_both_views_of_each_die_are_compared(file, ran):
    state(file, "both_views = true")
    report = run(read(file))
    measured = {check.quantity: check for check in report.checks}
    assert measured["decisions of both views equal on"].measured == "1 of 3 dies"
    settled = measured["dies that settle in the transistor view"].measured
    assert settled.startswith("2 of 3, 66.7%")
    quantity = "I_mem of both views until the first different decision, largest difference"
    difference = measured[quantity]
    assert (difference.measured, difference.passed) == ("0.007 nA", True)
    summary = summary_of(read(file).results)
    both = summary["short"]["both_views"]
    assert (both["equal_decisions"], both["spikes"], both["alike"]) == (4, 6, 1)


def test_dies_that_fail_are_linked_to_their_waveforms(file, ran):
    report = run(read(file))
    figure = "waveforms/short/die_7/figure.png"
    summary = summary_of(report.results)
    assert summary["waveforms"] == {"short": {"7": figure}}
    page = report.results.joinpath("failures.md").read_text(encoding="utf-8")
    line = f"| 7 | the weight is at the end of its range | 31 | [figure]({figure}) |"
    assert line in page.split("\n") and "| 6 |" not in page


def test_no_more_waveforms_are_kept_than_stated(file, ran):
    report = run(read(file, "dies=6", "waveforms=2"))
    assert ran[-2:] == ["waveforms of short, die 7", "waveforms of short, die 8"]
    page = report.results.joinpath("failures.md").read_text(encoding="utf-8")
    assert "| 9 | the weight is at the end of its range | 31 | not kept |" in page


def test_an_example_has_the_die_s_trimmed_currents(file, ran):
    state(file, "trim = { bits = 2, biases = { i_rest = {} } }")
    experiment = read(file)
    outcomes = {7: {"settled": False, "lowest": 2, "highest": 8, "i_rest": 9.5e-9}}
    found = Found({"short": outcomes}, {}, {}, {})
    [one] = examples(experiment, found)
    assert one.simulation.experiment.die == 7
    assert one.simulation.experiment.bias_table().i_rest == 9.5e-9
    assert one.simulation.title == "short, die 7, with die=7, i_rest=9.5e-09"


def test_what_could_not_be_simulated_has_no_waveforms(file):
    found = Found({"short": {5: {"error": "Timestep too small"}}}, {}, {}, {})
    assert [*examples(read(file), found)] == []
    assert "| 5 | could not be simulated | Timestep too small | not kept |" in page(
        read(file), found
    )


def test_causes_are_looked_for_once_under_each_table(file, ran):
    file.write_text(DIES.replace("[cases", 'causes = ["published"]\n[cases', 1), encoding="utf-8")
    report = run(read(file))
    assert [name for name in ran if "causes" in name] == [
        f"causes under published, part {part + 1} of {PARTS}" for part in range(PARTS)
    ]
    summary = summary_of(report.results)
    found = summary["causes"]["published"]["tau_mem"]
    # All devices alike, 0.2 nA each for threshold and current factor, against 1 nA over dies.
    assert found["sum"] == pytest.approx(2 * PARTS * 0.04)
    assert found["devices"]["xdevice0"] == pytest.approx(0.08)
    rows = table(report.results / "causes_published.csv")
    assert len(rows) == len(QUANTITIES) * PARTS * len(DEVIATES)
    assert float(rows[0]["sensitivity"]) == pytest.approx(0.2e-9)
    for name in ("causes_published", "correlations_published"):
        assert report.results.joinpath(f"{name}.png").stat().st_size > 10_000
    ran.clear()
    run(read(file))
    assert ran == ["waveforms of short, die 7"]


def test_the_nominal_die_is_measured_once_for_all_trims(file, ran):
    """And again for a trim of other currents, which need another bench."""
    trims = [
        f"[cases.{name}]\nsimulation = 'stimulus.toml'\ntrim = {{ bits = {bits}, biases = {{ "
        f"{currents} }} }}\n"
        for name, bits, currents in (
            ("two", 2, "i_rest = {}"),
            ("three", 3, "i_rest = {}, i_sl = {}"),
            ("spikes", 3, "i_spike = {}"),
        )
    ]
    file.write_text(DIES + "".join(trims), encoding="utf-8")
    run(read(file))
    assert ran.count("nominal die, for trims") == 2


def test_finished_dies_are_kept_and_more_are_added(file, ran):
    run(read(file))
    ran.clear()
    run(read(file, "dies=4"))
    assert ran[:2] == ["short, die 8", "cells under published, generic180-27C-die8"]
    ran.clear()
    run(read(file, "dies=4", "waveforms=0"), force=True)
    assert len(ran) == 10


def test_other_conditions_are_other_results(file, ran):
    run(read(file))
    ran.clear()
    hot = read(file, conditions=("temperature=60",))
    assert hot.results != read(file).results
    run(hot)
    assert len(ran) == 8 + 1


def test_cases_run_on_dies_of_another_technology_too(file, ran):
    state(file, "[technologies.generic180]", "dies = 2", 'cases = ["short"]')
    experiment = read(file)
    run(experiment)
    assert "generic180_short, die 6" in ran
    assert "generic180_short, die 7" not in ran
    summary = summary_of(experiment.results)
    assert (summary["generic180"]["short"]["dies"], summary["short"]["dies"]) == (2, 3)
    assert len(table(experiment.results / "generic180_short.csv")) == 2


def test_another_technology_s_cells_are_no_reason(file, ran):
    """Those under a table are of the first technology."""
    state(file, "[technologies.generic180]", "dies = 3", 'cases = ["short"]')
    experiment = read(file)
    run(experiment)
    found = runner.found_dies(experiment)
    for values in found.cells["published"].values():
        values["window_half_width"] = -1e-12
    why = failures.reasons(experiment, found)
    assert [*why["generic180_short"]] == ["the weight is at the end of its range"]


def test_a_report_of_what_was_not_run_is_refused(file):
    with pytest.raises(InputError, match="no current results of 8 of 8 dies of three in "):
        next(KIND.report([read(file)]))


def test_a_neuron_on_dies(file, ran, tmp_path, capsys):
    stimulus = str(tmp_path / "stimulus.toml")
    command = ["run", stimulus, "--dies", "2", "--first-die", "6", "--biases", "rule"]
    assert cli.main([*command, "--workers", "1"]) == 0
    names = ("nominal die", "die 6", "die 7")
    assert ran == [*(f"stimulus, {name}" for name in names), "waveforms of stimulus, die 7"]
    assert "1 of 2, 50.0%" in capsys.readouterr().out
    [summary] = tmp_path.glob("stimulus_results/**/dies/summary.json")
    assert json.loads(summary.read_text(encoding="utf-8"))["stimulus"]["settled"] == 1


@pytest.mark.ngspice
def test_dies_run_for_real(file, tmp_path, capsys):
    """In both views, and a single one again, by `--die`, with the same weights."""
    state(file, "both_views = true")
    assert cli.main(["run", str(file), "--out", str(tmp_path / "out")]) == 0
    assert "dies that settle" in capsys.readouterr().out
    folder = tmp_path / "out" / "three"
    rows = table(folder / "short.csv")
    assert all(row["transistor_weights"] == row["weights"] for row in rows)
    # The views solve the same circuit in other steps, so they don't agree to the last bit.
    assert all(0 < float(row["views_i_mem_difference"]) < 10e-12 for row in rows)
    i_mem = {float(row["i_mem"]) for row in rows}
    assert len(i_mem) == 3
    cells = table(folder / "cells_published.csv")
    assert len({row["tau_mem"] for row in cells}) == 3
    one = ["run", str(tmp_path / "stimulus.toml"), "--view", "mixed", "--die", "6"]
    assert cli.main([*one, "--out", str(tmp_path / "one")]) == 0
    [spikes] = (tmp_path / "one").glob("*/mixed/per_spike.csv")
    weights = [row["weight_after"] for row in table(spikes)]
    assert rows[1]["weights"].split() == weights
    # Of dies that the two spikes leave with another weight, which is not at rest.
    summary = summary_of(folder)
    kept = summary["waveforms"]["short"]
    assert [row["die"] for row in rows if row["settled"] == "False"] == [*kept]
    for row in rows:
        if row["die"] in kept:
            view = folder.joinpath(kept[row["die"]]).parent / "mixed"
            again = [spike["weight_after"] for spike in table(view / "per_spike.csv")]
            assert again == row["weights"].split()
            assert view.joinpath("deck.cir").is_file()
