import csv
import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from experiment_calls import read_study

from cosim.cli import main
from cosim.experiments.protocol import Work
from cosim.experiments.study import runner
from cosim.experiments.study.condition_run import RUNAWAY_RATE, ConditionRun, Outcome, run_condition
from cosim.experiments.study.figure import make_figure
from cosim.experiments.study.settings import conditions
from cosim.experiments.study.summary import findings, share
from cosim.experiments.study.tables import markdown
from cosim.workbench.journal import Journal
from cosim.workbench.placement import Placement
from ebn_model.errors import InputError

STUDY = """
kind = "study"
title = "Small study"

[seeds]
few = { first = 5, count = 2 }

[task]
duration = "50 ms"
validation = 2

[methods.programmed]
label = "programmed"
configuration = "robust"
changes = { neurons = 5 }
weights = "optimal"

[methods.learned]
label = "learned"
configuration = "robust"
changes = { neurons = 5 }
iterations = 2

[situations.none]
label = "no mismatch"

[situations.stuck]
label = "stuck"
changes = { "mismatch.stuck" = 0.5 }

[groups.both]
title = "Both"
methods = ["programmed", "learned"]
situations = ["none", "stuck"]
seeds = "few"
reference = "programmed"

[groups.bits]
title = "Bits"
methods = ["learned"]
sweep = { bits = [4, 6] }
seeds = "few"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture
def settings(file):
    return read_study(file).settings


@pytest.fixture
def ran(monkeypatch):
    """What was run: (method, situation, seed)."""
    done = []

    def spy(run, notify):
        done.append((run.condition.method, run.condition.situation, run.seed))
        return run_condition(run, notify)

    monkeypatch.setattr(runner, "run_condition", spy)
    return done


def of(settings, group, method, situation):
    found = {(c.method, c.situation): c for c in conditions(settings, group)}
    return found[method, situation]


def ignore(message):
    pass


def test_conditions_are_methods_in_situations(settings):
    names = [(c.situation, c.method) for c in conditions(settings, "both")]
    assert names == [
        ("none", "programmed"),
        ("none", "learned"),
        ("stuck", "programmed"),
        ("stuck", "learned"),
    ]
    stuck = of(settings, "both", "learned", "stuck")
    assert (stuck.parameters.mismatch.stuck, stuck.parameters.neurons) == (0.5, 5)
    assert (stuck.task.duration, stuck.iterations, stuck.x) == (0.05, 2, None)
    sweep = list(conditions(settings, "bits"))
    assert [(c.situation, c.x, c.parameters.bits) for c in sweep] == [
        ("bits=4", 4.0, 4),
        ("bits=6", 6.0, 6),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"learned"]\nsit',
            '"leaned"]\nsit',
            r"both\.methods: no 'leaned'; there are: pro",
        ),
        ('seeds = "few"\nref', 'seeds = "all"\nref', r"groups\.both\.seeds: no 'all'"),
        ('reference = "programmed"', 'reference = "none"', r"groups\.both\.reference: no 'none'"),
        ("sweep = { bits = [4, 6] }", "", r"groups\.bits: either situations or sweep"),
        ('weights = "optimal"', 'weights = "best"', r"methods\.programmed\.weights: "),
        ("count = 2", "count = 0", r"seeds\.few\.count"),
        ("validation = 2", "checks = 2", r"unknown key 'task\.checks'"),
        ("bits = [4, 6]", "bits = []", r"groups\.bits\.sweep\.bits: .* at least 1 item"),
        ("bits = [4, 6]", 'bits = ["4 ms", "6 ms"]', r"groups\.bits\.sweep\.bits\.0: .*number"),
        ("bits = [4, 6]", "bits = [4, 4]", r"groups\.bits\.sweep\.bits: a value is stated twice"),
        (
            "bits = [4, 6]",
            "bits = [4, 6], neurons = [5]",
            r"groups\.bits\.sweep: .* as many values",
        ),
    ],
)
def test_faults_in_the_file_are_named(file, old, new, message):
    assert old in STUDY
    file.write_text(STUDY.replace(old, new))
    with pytest.raises(InputError, match=message):
        read_study(file)


def test_an_impossible_change_names_its_condition(file):
    file.write_text(STUDY.replace("bits = [4, 6]", "bits = [4, 60]"))
    with pytest.raises(InputError, match=r"groups\.bits: learned in bits=60: bits: "):
        list(conditions(read_study(file).settings, "bits"))


def test_changes_replace_a_method_s_iterations_and_configuration(file):
    changed = STUDY.replace("bits = [4, 6]", "iterations = [1, 3]")
    changed = changed.replace('"mismatch.stuck" = 0.5', 'configuration = "paper"')
    file.write_text(changed, encoding="utf-8")
    settings = read_study(file).settings
    swept = [one for one in conditions(settings, "bits") if one.method == "learned"]
    assert [(one.x, one.iterations) for one in swept] == [(1, 1), (3, 3)]
    assert len({ConditionRun(one, 5).key for one in swept}) == 2
    assert of(settings, "both", "learned", "none").parameters.refractory > 0
    assert of(settings, "both", "learned", "stuck").parameters.refractory == 0


def test_the_project_s_own_study_can_be_read():
    settings = read_study("study").settings
    for group in settings.groups:
        assert list(conditions(settings, group))
    chosen, reported = (set(settings.seeds[name].numbers) for name in ("choice", "report"))
    assert not chosen & reported
    assert set(settings.seeds) == {"choice", "report"}


def test_a_run_is_repeatable_and_depends_on_its_seed(settings):
    run = ConditionRun(of(settings, "both", "learned", "none"), 5)
    outcome = run_condition(run, ignore)
    assert outcome == run_condition(run, ignore)
    assert outcome != run_condition(replace(run, seed=6), ignore)
    assert min(outcome["fitted_error"], outcome["unscaled_error"]) > 0
    assert 0 < outcome["rate"] <= outcome["worst_rate"]


def test_zero_and_initial_weights_are_judged_as_they_are(settings):
    learned = of(settings, "both", "learned", "none")
    random = learned.parameters.model_copy(update={"initial": "random"})
    outcomes = {
        state: run_condition(
            ConditionRun(replace(learned, state=state, parameters=random), 5), ignore
        )
        for state in ("initial", "zero", "optimal")
    }
    assert outcomes["zero"]["correlation"] == 0
    assert outcomes["optimal"]["distance"] == pytest.approx(0, abs=1e-12)
    assert 0 < outcomes["initial"]["distance"] < 1


def test_stuck_synapses_cannot_be_programmed(settings):
    whole = run_condition(ConditionRun(of(settings, "both", "programmed", "none"), 5), ignore)
    stuck = run_condition(ConditionRun(of(settings, "both", "programmed", "stuck"), 5), ignore)
    assert whole["correlation"] == pytest.approx(1)
    assert 0.1 < stuck["correlation"] < 0.95


def test_a_key_is_about_the_run_not_its_names(settings):
    one = ConditionRun(of(settings, "both", "learned", "none"), 5)
    renamed = replace(one, condition=replace(one.condition, group="g", method="m", situation="s"))
    assert renamed.key == one.key
    finer = one.condition.parameters.model_copy(update={"bits": 7})
    for other in (
        replace(one, seed=6),
        replace(one, condition=replace(one.condition, start="optimal")),
        replace(one, condition=replace(one.condition, parameters=finer)),
    ):
        assert other.key != one.key


def test_a_study_is_written_resumed_and_reused(file, ran):
    study = read_study(file)
    results = study.results
    runner.run_study(study, Work(Placement(1)))
    assert len(ran) == 10  # learned with 6 bits is in both groups
    tables = {path.name: path.read_bytes() for path in results.iterdir()}
    assert set(tables) == {
        "study.csv",
        "runs.csv",
        "study.md",
        "figure.png",
        "figure.pdf",
        "summary.json",
        "finished.jsonl",
    }
    rows = list(csv.DictReader((results / "study.csv").open()))
    assert len(rows) == 6
    runs = [row for row in csv.DictReader((results / "runs.csv").open()) if row["group"] == "both"]
    errors = [float(row["fitted_error"]) for row in runs[:2]]
    assert float(rows[0]["fitted_error_mean"]) == pytest.approx(np.mean(errors), rel=1e-5)
    assert "| no mismatch | learned |" in (results / "study.md").read_text()
    runner.run_study(study, Work(Placement(1)))
    assert len(ran) == 10
    journal = (results / "finished.jsonl").read_text().splitlines()
    (results / "finished.jsonl").write_text("\n".join(journal[:4]) + "\n" + journal[4][:20])
    runner.run_study(study, Work(Placement(1)))
    assert len(ran) == 16
    again = {path.name: path.read_bytes() for path in results.iterdir()}
    assert {n: b for n, b in again.items() if n != "finished.jsonl"} == {
        n: b for n, b in tables.items() if n != "finished.jsonl"
    }


def test_the_command_prints_a_table_for_each_group(file, capsys, monkeypatch):
    monkeypatch.setattr(runner, "save", lambda make, paths: [path.touch() for path in paths])
    assert main(["run", str(file), "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "Both" in out and "Bits" in out and "programmed" in out
    assert main(["run", str(file.parent / "none.toml")]) == 2
    assert "no file" in capsys.readouterr().err


def outcome(error, worst_rate=10.0):
    quantities = dict.fromkeys([field.name for field in fields(Outcome)], 0.5)
    return Outcome(**quantities | {"fitted_error": error, "worst_rate": worst_rate})


def test_findings_compare_seed_by_seed(settings):
    programmed = of(settings, "both", "programmed", "none")
    learned = of(settings, "both", "learned", "none")
    found = findings(
        {
            programmed: [outcome(0.2), outcome(0.4)],
            learned: [outcome(0.1, RUNAWAY_RATE + 1), outcome(0.28)],
        },
        "fitted_error",
        "programmed",
    )
    assert found[0].difference is None
    assert found[1].difference.mean == pytest.approx(-0.11)
    assert found[1].error.mean == pytest.approx(0.19)
    assert [str(one.runaway) for one in found] == ["0 of 2", "1 of 2"]


def test_a_sweep_over_decades_has_room_for_each_value(file):
    """0 included, which a logarithmic axis alone doesn't have."""
    scales = {}
    for values in ("[4, 6]", "[0.0, 1e-11, 1e-9]"):
        key = "bits" if values == "[4, 6]" else "noise"
        text = STUDY.replace("sweep = { bits = [4, 6] }", f"sweep = {{ {key} = {values} }}")
        file.write_text(text, encoding="utf-8")
        settings = read_study(file).settings
        of_group = {one: [outcome(0.2)] for one in conditions(settings, "bits")}
        found = findings(of_group, "fitted_error", None)
        alone = settings.model_copy(update={"groups": {"bits": settings.groups["bits"]}})
        axes = make_figure(alone, {"bits": found}).axes[0]
        scales[key] = axes.get_xscale()
        places = axes.transData.transform([(x, 0) for x in axes.get_xticks()])[:, 0]
        assert np.diff(places).min() > 20
        assert len(places) == len(found)
    assert scales == {"bits": "linear", "noise": "symlog"}


def test_a_value_of_a_sweep_is_said_in_words_that_can_be_wrapped(file):
    text = STUDY.replace("bits = [4, 6]", "tau_mem = [0.02]")
    file.write_text(text, encoding="utf-8")
    settings = read_study(file).settings
    [one] = conditions(settings, "bits")
    found = findings({one: [outcome(0.2)]}, "fitted_error", None)
    assert "tau mem = 0.02" in markdown(settings, {"bits": found})


def test_shares_have_wilson_s_interval():
    none = share(0, 20)
    assert (none.low, none.high) == (0.0, pytest.approx(0.161, abs=1e-3))


def test_a_journal_keeps_whole_lines_only(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path).add("a", {"x": 1.0})
    with path.open("a") as file:
        file.write('{"key": "b", "outc')
    journal = Journal(path)
    assert "b" not in journal
    journal.add("c", {"x": 2.0})
    assert Journal(path)["c"] == {"x": 2.0}
    journal.keep_only({"c"})
    assert [json.loads(line)["key"] for line in Path(path).read_text().splitlines()] == ["c"]
