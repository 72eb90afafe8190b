"""An experiment with three dies, and a stand-in for what they run."""

from operator import attrgetter

import pytest
from dies_files import DIES, STIMULUS

from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.calibration.cells_run import CellsRun
from cosim.experiments.dies import failures, runner
from cosim.experiments.dies.causes_run import DEVIATES, CausesRun
from cosim.experiments.dies.die_run import SimulationRun
from cosim.experiments.trim import NominalRun
from cosim.workbench.task import Task


@pytest.fixture
def file(tmp_path):
    tmp_path.joinpath("stimulus.toml").write_text(STIMULUS, encoding="utf-8")
    path = tmp_path / "three.toml"
    path.write_text(DIES, encoding="utf-8")
    return path


@pytest.fixture
def ran(monkeypatch):
    """Labels of what was run, by a stand-in in this process; dies above 6 don't settle."""
    labels = []

    def run_die(one, _notify):
        labels.append(one.label)
        if isinstance(one, CausesRun):
            ends = [dict.fromkeys(QUANTITIES, value) for value in (0.8e-9, 1.2e-9)]
            found = {f"xdevice{one.part}": dict.fromkeys(DEVIATES, ends)}
            return {"nominal": dict.fromkeys(QUANTITIES, 1e-9), "deviating": found}
        die = _die_of(one)
        if isinstance(one, CellsRun | NominalRun):
            return dict.fromkeys(QUANTITIES, 1e-09 * (die or 1))
        weight = 3 if (die or 0) <= 6 else 31
        learned = {"settled": weight == 3, "lowest": weight, "highest": weight}
        compared = {"model_equal": 50 - (die or 0), "model_outside": 50, "model_inside": 2}
        transistor = {f"transistor_{name}": value for name, value in learned.items()}
        views = {
            "views_spikes": 2,
            "views_equal": 2 if die == 5 else 1,
            "views_first_difference": None if die == 5 else 1,
            "views_i_mem_difference": (die or 0) * 1e-12,
        }
        return {
            **learned,
            "i_mem": 9e-9,
            "weights": [8, weight],
            **(compared if one.model else {}),
            **({**transistor, **views} if one.both_views else {}),
        }

    def run_simulations(simulations, _work):
        for one in simulations:
            labels.append(f"waveforms of {one.name}")
            one.results.mkdir(parents=True, exist_ok=True)
            one.results.joinpath("figure.png").touch()
            yield None

    monkeypatch.setattr(runner, "OUTCOME", Task(run_die, attrgetter("label")))
    monkeypatch.setattr(failures, "run", run_simulations)
    return labels


def _die_of(one):
    return (one.experiment if isinstance(one, SimulationRun) else one.conditions).die
