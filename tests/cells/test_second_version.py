"""The second version of the circuit: a project over the first, whose mismatch it takes better."""

import numpy as np
import pytest
from bench_checks import WEAK_CONSTANTS

from cosim.cells.bench import bench_job, measurement
from cosim.cells.die_constants import constants_of, measured_dies
from cosim.cells.runner import BenchConditions, run_benches
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.own_cells import check_own_cells, own_cells
from cosim.cli import main
from cosim.engine.worker import run_all
from cosim.experiments.calibration.behaviour import behaviour
from cosim.experiments.calibration.recipe import read_recipe
from cosim.workbench.kept_outcomes import KeptOutcomes
from cosim.workbench.placement import Placement
from cosim.workbench.places import NETLISTS, in_project
from ebn_model.measured import measured_parameters

SECOND = NETLISTS / "second_version"
DIES = (1, 2)
BENCHES = (
    "decision",
    "decision_weight",
    "dac_gate",
    "bias_block",
    "dpi_membrane",
    "dpi_synapse",
    "plastic_synapse",
    "weight_gain",
    "inhibition",
    "leakage",
    "current_dac",
    "learning_energy",
)

pytestmark = pytest.mark.ngspice


@pytest.fixture
def second():
    with in_project(SECOND):
        yield


def half_widths(project):
    """Half-widths of the window on DIES, A, under the table of a version."""
    with in_project(project):
        biases = read_biases("published", "generic180")
        jobs = [bench_job("decision", biases, Conditions(die=die)) for die in DIES]
        return np.array(
            [measurement("decision").measure(one)["half_width"] for one in run_all(jobs)]
        )


def test_it_has_the_pins_of_the_first(second):
    check_own_cells()
    assert {"decision", "steered_dac", "dpi_synapse"} <= own_cells().keys()


def test_its_benches_pass(second, tmp_path):
    sheets, _ = run_benches(BENCHES, BenchConditions(), tmp_path)
    assert {sheet.bench: sheet.passed for sheet in sheets} == dict.fromkeys(BENCHES, True)


@pytest.mark.parametrize("corner", ["ff", "fs", "sf"])
def test_leakage_at_heat_does_not_change_what_a_synapse_makes_of_its_input(second, corner):
    """Fast pFETs at 85 degrees C leak more than I_th: a gain may not follow it."""
    biases = read_biases("published", "generic180")
    conditions = (Conditions(), Conditions(corner=corner, temperature=85))
    outcomes = run_all([bench_job("dpi_synapse", biases, one) for one in conditions])
    typical, hot = (measurement("dpi_synapse").measure(one) for one in outcomes)
    for gain in ("gain_exc", "gain_inh", "gain_ext"):
        assert hot[gain] == pytest.approx(typical[gain], rel=0.1), gain


def test_outcomes_settle_after_the_bus_has_switched_between_far_weights(second, tmp_path):
    """With sinks four times as large the winner-take-all oscillates at 9 nA beyond a threshold."""
    [sheet], _ = run_benches(["shared_bus"], BenchConditions(biases="network"), tmp_path)
    assert sheet.passed


COLD_AND_SLOW = {"corner": "ss", "temperature": 0.0, "supply": 1.62}
HOT_AND_FAST = {"corner": "ff", "temperature": 85.0, "supply": 1.98}


@pytest.mark.parametrize("where", [{"die": 1}, {"die": 2}, COLD_AND_SLOW, HOT_AND_FAST])
def test_the_open_gate_of_the_dac_has_one_operating_point(second, tmp_path, where):
    """What it leaks holds its foot: it starts where it comes back to, without a keeper."""
    [sheet], _ = run_benches(["dac_gate"], BenchConditions(**where), tmp_path)
    by_key = {check.key: check for check in sheet.checks}
    assert by_key["foot_first"].passed
    assert by_key["delivered"].passed


def test_its_nominal_die_has_the_constants_that_were_stored_with_its_table(second, tmp_path):
    with Placement(1).pool() as pool:
        kept = KeptOutcomes(tmp_path / "dies.jsonl", "nominal", pool)
        found = measured_dies("network", Conditions(), [None], kept)
    own = constants_of(found[None], Conditions())
    stored = measured_parameters("network_row", SECOND / "biases" / "generic180")
    for name in ("membrane", "excitatory", "inhibitory", "extra", "decision", "spike"):
        law, expected = (
            getattr(one, name).model_dump(exclude=WEAK_CONSTANTS) for one in (own, stored)
        )
        # Another ngspice finds a threshold one step of its sweep away: little of all but i_sign.
        sign = law.pop("i_sign", 0.0), expected.pop("i_sign", 0.0)
        assert sign[0] == pytest.approx(sign[1], abs=3e-12)
        assert law == pytest.approx(expected, rel=5e-3, abs=0), name
    assert behaviour(own) == pytest.approx(behaviour(stored), rel=5e-3)


@pytest.mark.parametrize("technology", ["generic180", "gf180"])
def test_the_table_rule_meets_its_target(second, technology):
    found = behaviour(measured_parameters("rule", SECOND / "biases" / technology))
    target = read_recipe("rule").target
    assert {name: found[name] for name in target} == pytest.approx(target, rel=1e-3)


def test_mismatch_leaves_the_window_open(second):
    first, new = half_widths(None), half_widths(SECOND)
    nominal = read_biases("published", "generic180").i_sl
    assert np.abs(new / nominal - 1).max() < 0.25
    assert np.abs(first / nominal - 1).max() > 0.5


@pytest.mark.slow
def test_simulation_1_decides_as_published(tmp_path):
    words = ["--project", str(SECOND), "run", "simulation_1", "--view", "mixed"]
    assert main([*words, "--out", str(tmp_path)]) == 0
