"""What is wrong with rows' circuits is seen by the verdict, in the lines that are about it."""

import csv

import faults
import pytest
from experiment_calls import read_replay, run_replay, summary_of
from fake_rows import FakeRow
from faults import lost_spike, lost_step, shifted, wrong_decision

pytestmark = pytest.mark.usefixtures("solver")

ALIKE = "I_mem until the first different decision, RMS, worst row"
ONE_STEP = "one-step decisions beyond ± 10 pA"
UNEXPLAINED = "deviations without a reason"
COUNTER = "weights as its decisions count"


def failed(report):
    return {line.quantity for line in report.checks if line.passed is False}


def test_rows_without_a_fault_pass(config):
    report = run_replay(read_replay(config))
    assert failed(report) == set()
    assert report.passed


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (shifted(1e-9), {ALIKE, ONE_STEP, UNEXPLAINED}),
        (wrong_decision(1), {ONE_STEP, UNEXPLAINED, "decisions along the trajectory"}),
        (lost_step(0), {COUNTER, UNEXPLAINED}),
    ],
    ids=["shifted", "wrong decision", "lost step"],
)
def test_a_fault_is_seen(config, monkeypatch, fault, expected):
    faults.give(monkeypatch, FakeRow, fault)
    report = run_replay(read_replay(config))
    assert report.passed is False
    assert failed(report) == expected


def test_a_lost_spike_is_seen_where_rows_spike_by_themselves(config, monkeypatch):
    changes = ["stretch.forced=false", "tolerances.spike_f1=1"]
    assert run_replay(read_replay(config, changes)).passed
    faults.give(monkeypatch, FakeRow, lost_spike(0))
    report = run_replay(read_replay(config, changes), force=True)
    assert failed(report) == {"F1 of own spikes within 2 ms"}


def test_a_wrong_decision_reaches_weights_and_scores(config, tmp_path, monkeypatch):
    """Of circuit and model each has its own weights, in tables and in the network."""
    faults.give(monkeypatch, FakeRow, wrong_decision(1))
    run_replay(read_replay(config))
    results = tmp_path / "small_results"
    network = summary_of(results)["network"]
    assert network["circuit"] != network["model"]
    with (results / "trajectories" / "row_001.csv").open(newline="") as file:
        differing = [
            row for row in csv.DictReader(file) if row["weight_circuit"] != row["weight_model"]
        ]
    assert len({row["pre"] for row in differing}) == 1
