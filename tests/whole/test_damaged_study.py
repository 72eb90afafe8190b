"""A study whose journal was damaged: it is named, and what it has lost is run again."""

from dataclasses import replace

import damage
import pytest
from damage import blank_pictures, named
from experiment_calls import read_study

from cosim.experiments.protocol import Work
from cosim.experiments.study import runner as study_runner
from cosim.experiments.study.condition_run import run_condition
from cosim.workbench.placement import Placement

pytestmark = pytest.mark.usefixtures("permissions")

STUDY = """
kind = "study"
title = "Small study"
[seeds]
few = { first = 5, count = 3 }
[task]
duration = "20 ms"
validation = 1
[methods.programmed]
label = "programmed"
configuration = "paper"
changes = { neurons = 4 }
weights = "optimal"
[situations.none]
label = "no mismatch"
[groups.one]
title = "One"
methods = ["programmed"]
situations = ["none"]
seeds = "few"
reference = "programmed"
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Run the study; gives its journal, and a function that runs it again: which seeds ran."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    seeds = []

    def spy(run, notify):
        seeds.append(run.seed)
        return run_condition(run, notify)

    monkeypatch.setattr(study_runner, "run_condition", spy)
    monkeypatch.setattr(study_runner, "save", blank_pictures)
    results = tmp_path / "results"

    def again():
        seeds.clear()
        study_runner.run_study(replace(read_study(path), results=results), Work(Placement(1)))
        return list(seeds)

    assert again() == [5, 6, 7]
    assert again() == []
    return results / study_runner.JOURNAL, again


@pytest.mark.parametrize(
    ("damaged", "reruns"),
    [
        (damage.emptied, [5, 6, 7]),
        (damage.removed, [5, 6, 7]),
        (damage.bit_flipped, [6]),
        (damage.number_edited, [6]),
        (damage.lengthened, []),
        (damage.not_text, [5]),
        (damage.folder_instead, [5, 6, 7]),
        (damage.link_to_itself, [5, 6, 7]),
        (damage.no_permission, [5, 6, 7]),
    ],
    ids=named,
)
def test_a_damaged_journal_is_named_and_its_runs_made_again(study, caplog, damaged, reruns):
    journal, again = study
    runs = journal.with_name("runs.csv").read_bytes()
    lines = sorted(journal.read_text().splitlines())
    damaged(journal, None)
    assert again() == reruns
    assert journal.with_name("runs.csv").read_bytes() == runs
    assert sorted(journal.read_text().splitlines()) == lines
    unnamed = damaged in (damage.emptied, damage.removed)
    assert (f"{journal}" in caplog.text) != unnamed
    assert again() == []


def test_a_torn_last_line_of_a_journal_is_no_damage(study, caplog):
    journal, again = study
    damage_last_line = journal.read_bytes()[:-30]
    journal.write_bytes(damage_last_line)
    assert again() == [7]
    assert not caplog.records


def test_a_journal_of_other_seeds(study, tmp_path, caplog):
    journal, again = study
    text = tmp_path / "study.toml"
    text.write_text(STUDY.replace("first = 5", "first = 7"), encoding="utf-8")
    assert again() == [8, 9]
    assert f"{journal}: 2 runs of other settings, seeds or sources; not used" in caplog.text
