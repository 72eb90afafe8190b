import pytest

from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.measures import measured, stated_measures
from cosim.engine.worker import run_all
from cosim.workbench.errors import DeckError, SimulationError

LINE = """\
v1 in 0 pulse(0 1 1m 1u 1u 5m 20m)
r1 in out 1k
c1 out 0 1u
.tran 10u 10m
.MEAS tran TAU trig v(in) val=0.5 rise=1 targ v(out) val=0.632 rise=1
.measure tran top
+ max v(out)
"""


def deck(text):
    return Deck("test").append(text, "test")


def test_measurements_of_a_netlist_are_found():
    assert stated_measures(deck(LINE)) == ("tau", "top")


def test_faulty_measurements_are_refused():
    with pytest.raises(DeckError, match=r"two \.meas lines are called TOP"):
        stated_measures(deck(f"{LINE}.meas tran TOP min v(out)"))
    with pytest.raises(DeckError, match="is not of the form"):
        stated_measures(deck(".meas top"))


def test_printed_values_are_read():
    printed = ["Measurements for Transient Analysis", "tau   =  1.5e-03 targ=  2e-03", "x = failed"]
    values, failed = measured(
        ["tau", "x"], printed, ["out of interval", ".meas tran X max failed!"]
    )
    assert values == {"tau": 1.5e-3}
    assert failed == {"x": ".meas x failed: out of interval"}


@pytest.mark.ngspice
def test_ngspice_measures():
    never = ".meas tran never when v(out)=2\n"
    [found] = run_all([Job("line", deck(LINE + never))])
    assert found["meas tau"] == pytest.approx([1e-3], rel=2e-3)
    assert found["meas top"] == pytest.approx([found["out"].max()], rel=1e-6)
    with pytest.raises(SimulationError, match=r"\.meas never failed"):
        found["meas never"]
    with pytest.raises(KeyError):
        found["meas other"]
