import re
import shutil

import numpy as np
import pytest

from cosim.circuits.row import RowCircuit
from cosim.engine.deck import Deck
from cosim.engine.solver_options import SolverOptions
from cosim.engine.worker import run_jobs
from cosim.speed import rows as speed
from cosim.speed.recorded_deck import RecordedRow, played_deck
from ebn_model.row import RowStimulus

pytestmark = pytest.mark.ngspice


def stimulus():
    return RowStimulus(
        [1e-3, 1.1e-3, 3e-3], [0, 1, 0], [0, 1], [25, -12], 1e-3, 1e-4, 5e-3, forced_spikes=[2.5e-3]
    )


@pytest.mark.parametrize("view", ["mixed", "multiplexed"])
def test_a_played_deck_repeats_the_run(view):
    """Without Python, ngspice goes through the same waveform; with options that are tight enough
    for it to show, as the two choose their time points apart."""
    circuit = RowCircuit(view, solver=SolverOptions(trtol=7), dacs=2)
    job = circuit.job(stimulus(), "recorded", controller=RecordedRow)
    [(_, recorded)] = run_jobs([job])
    text = played_deck(job, recorded["moves"])
    title, *lines, _ = text.removesuffix("\n").split("\n")
    deck = Deck(title).append("\n".join(lines), "given")
    alone = type(job)("alone", deck, job.vectors, t_stop=job.t_stop)
    [(_, again)] = run_jobs([alone])
    grid = np.linspace(0, 5e-3, 500)
    i_mem = [np.interp(grid, run["time"], run[job.vectors[0]]) for run in (recorded, again)]
    assert np.ptp(i_mem[0]) > 0.5e-9
    # But for some points within the spike, where I_mem falls by 20 % in 10 us.
    assert np.percentile(np.abs(i_mem[0] - i_mem[1]), 95) < 2e-12


def test_open_and_closed_loop_are_measured(monkeypatch, capsys):
    for name, value in (("NEURONS", 2), ("DURATION", 5e-3)):
        monkeypatch.setattr(speed, name, value)
    assert speed.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("mixed: 2 rows of ")
    ratios = [line for line in lines if re.search(r": \d+\.\d+ \(goal: at most", line)]
    assert len(ratios) == 6


def test_without_ngspice_it_says_what_is_needed(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert speed.main() == 2
    assert "apt-get install ngspice" in capsys.readouterr().err
