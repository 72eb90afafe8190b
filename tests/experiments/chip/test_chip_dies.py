"""Dies of a chip that are trimmed, as circuits."""

import pytest

from cosim.cells.die_constants import row_outcome
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.engine.worker import run_all
from cosim.experiments.chip.dies import TrimmedMeasurement
from cosim.experiments.trim import NominalRun, Trim


def simulate(job):
    [vectors] = run_all([job])
    return vectors


@pytest.mark.ngspice
def test_a_trimmed_die_is_measured_under_its_own_currents():
    """Its spike threshold comes nearer to the nominal one, at the temperature of the trim."""
    trim, table = Trim(bits=2, biases={"i_spike": {"range": 0.2}}), read_biases("network")
    cold = Conditions(die=3, mismatch_scale=3)
    hot = cold.model_copy(update={"temperature": 60.0})
    nominal = NominalRun(trim, table, cold)(simulate)
    found = {
        used.temperature: TrimmedMeasurement(trim, "network", cold, used, nominal)(simulate)
        for used in (cold, hot)
    }
    untrimmed = row_outcome(table, cold, simulate)
    constants = [untrimmed, found[27.0]["constants"]]
    errors = [abs(one["spike"]["i_spike"] / nominal["i_spike"] - 1) for one in constants]
    assert errors[0] > 0.05
    assert errors[1] < 0.06
    assert found[60.0]["constants"] != found[27.0]["constants"]
    assert found[60.0]["trim"] == found[27.0]["trim"]
    code = found[27.0]["trim"]["code_i_spike"]
    assert found[27.0]["trim"]["i_spike"] == table.i_spike * (1 + 0.1 * code)
