"""What is wrong with a circuit is seen by the verdict, in the lines that are about it."""

import fake_circuit
import faults
import pytest
from experiment_calls import read_simulation, run
from fake_circuit import FakeCircuit, FakeMixedCircuit
from faults import lost_edge, lost_step, shifted, wrong_decision

ALIKE = "I_mem until the first different decision, RMS"
ONE_STEP = "one-step decisions beyond ± 10 pA"
COUNTER = "weights as its decisions count"


@pytest.fixture(autouse=True)
def solver(monkeypatch):
    return fake_circuit.install(monkeypatch, draw=False)


@pytest.fixture
def short(tmp_path):
    return fake_circuit.short_simulation(tmp_path / "short")


@pytest.fixture
def own(tmp_path):
    """A stimulus of one's own, of which nothing was published."""
    path = tmp_path / "train.toml"
    path.write_text(
        '[stimulus]\nspikes = ["5 ms", "10 ms", "15 ms"]\nduration = "30 ms"\nstart_weight = 8\n'
    )
    return read_simulation(str(path))


def failed(report):
    return {(line.comparison, line.quantity) for line in report.checks if line.passed is False}


def test_a_circuit_without_a_fault_passes(short, own):
    for report in run([short(), own]):
        assert failed(report) == set()
        assert report.passed


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (shifted(1e-9), {"I_mem at rising edges, RMS", ALIKE, "I_mem over time, RMS", ONE_STEP}),
        (
            wrong_decision(1),
            {"turning points", "equal decisions", ONE_STEP, "free-running decisions"},
        ),
        (lost_step(1), {"turning points", COUNTER}),
        (lost_edge(2), {"input edges with a time point"}),
    ],
    ids=["shifted", "wrong decision", "lost step", "lost edge"],
)
def test_a_fault_is_seen(short, monkeypatch, fault, expected):
    faults.give(monkeypatch, FakeCircuit, fault)
    [report] = run([short()])
    assert report.passed is False
    assert {quantity for _, quantity in failed(report)} == expected


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (shifted(1e-9), {ALIKE, ONE_STEP}),
        (wrong_decision(1), {ONE_STEP}),
        (lost_step(1), {COUNTER}),
        (lost_edge(2), {"input edges with a time point"}),
    ],
    ids=["shifted", "wrong decision", "lost step", "lost edge"],
)
def test_a_fault_is_seen_where_nothing_was_published(own, monkeypatch, fault, expected):
    faults.give(monkeypatch, FakeCircuit, fault)
    [report] = run([own])
    assert report.passed is False
    assert {quantity for _, quantity in failed(report)} == expected


@pytest.mark.parametrize("fault", [shifted(1e-9), wrong_decision(1)])
def test_a_fault_of_one_view_is_laid_to_that_view(short, monkeypatch, fault):
    """The model is compared with the most detailed view, which is right."""
    faults.give(monkeypatch, FakeMixedCircuit, fault)
    [report] = run([short()], views=["transistor", "mixed", "model"])
    assert {comparison for comparison, _ in failed(report)} == {"mixed against transistor"}


def test_the_shift_that_is_reported_is_that_of_the_circuit(short, monkeypatch):
    faults.give(monkeypatch, FakeCircuit, shifted(-0.123e-9))
    [report] = run([short()])
    [measured] = [line.measured for line in report.checks if line.quantity == ALIKE]
    assert measured == "0.123 nA"
