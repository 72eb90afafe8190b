"""Digital waveforms of rows: what the circuit did, in a file that another reader understands."""

import numpy as np
import pytest
from synthetic_rows import case, outcome, run, stimulus
from vcd_files import read_vcd

from cosim.comparison.tolerances import ReplayTolerances, ReportSettings
from cosim.experiments.replay.replay_output import write_replay
from cosim.experiments.replay.row_waves import row_waves, write_row_waves
from cosim.replay.open_loop import ReplayResult

MS = 10**9
"""In ps."""


@pytest.fixture
def row():
    """Weight 2 goes 0, 1, 0, weight 5 from -1 to -2 and stays; the neuron spikes twice."""
    given = stimulus(start_codes=(0, -1))
    circuit = run((8.0, 10.0, 10.0, 9.2), (1, -1, -1, 0), given, spikes=(7e-3, 12.5e-3))
    return circuit, given


def test_each_synapse_has_its_pulses_weights_and_decisions(row, tmp_path):
    write_row_waves(*row, tmp_path / "row.vcd")
    found = read_vcd(tmp_path / "row.vcd")
    two, five = (
        {n: found[f"synapse_{k:03d}.{n}"] for n in ("weight", "inc", "sl")} for k in (2, 5)
    )
    assert found["synapse_002.pulse"] == [
        (0, "0"),
        *((time * MS, level) for time, level in ((5, "1"), (6, "0"), (15, "1"), (16, "0"))),
    ]
    weights = [[(time, level.zfill(6)) for time, level in one["weight"]] for one in (two, five)]
    assert weights[0] == [(0, "000000"), (6 * MS, "000001"), (16 * MS, "000000")]
    assert weights[1] == [(0, "111111"), (11 * MS, "111110")]
    assert two["inc"] == [(0, "x"), (5 * MS, "1"), (15 * MS, "0")]
    assert five["sl"] == [(0, "x"), (10 * MS, "0"), (20 * MS, "1")]
    assert [time for time, _ in found["neuron.spike"]] == [7 * MS, 12.5 * MS]
    text = (tmp_path / "row.vcd").read_text(encoding="ascii")
    assert text.rstrip().endswith(f"#{50 * MS}")


def test_a_pulse_that_the_end_cuts_stays(row):
    circuit, given = row
    circuit.events.t_fall[-1] = np.nan
    waves = row_waves(circuit, given)
    assert waves["synapse_005"]["pulse"].levels == ["0", "1", "0", "1"]


def test_a_replay_leaves_the_circuits_and_not_the_models(row, tmp_path):
    circuit, given = row
    model = run((8.0, 10.0, 10.0, 9.2), (1, 0, 0, 0), given)
    rows = {7: case(circuit, model, given)}
    result = ReplayResult(rows, {})
    write_replay(outcome(rows), result, ReplayTolerances(), ReportSettings(), tmp_path)
    found = read_vcd(tmp_path / "logic" / "row_007.vcd")
    assert found["synapse_002.weight"][-1][0] == 16 * MS
