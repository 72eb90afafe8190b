"""What the bias currents alone say of an operating point."""

import numpy as np
import pytest

from cosim.cells.bench import bench_job, bench_names
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.row import RowCircuit
from cosim.circuits.start_check import StartCheck, start_check
from cosim.engine.deck import Deck
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import SimulationError
from ebn_model.row import RowStimulus
from ebn_model.stimulus import Stimulus

CHECK = StartCheck(
    tuple(("xbias", (name,)) for name in ("in", "tau_mem", "th_mem")),
    ("vdda",),
    100,
    "i_mem",
    at_rest=True,
)
GOOD = {
    "@i.xbias.iin[dc]": 1e-9,
    "@m.xbias.xin.m1[id]": -1e-9,
    "@i.xbias.itau_mem[dc]": 10e-12,
    "@m.xbias.xtau_mem.m1[id]": 10e-12,
    "@i.xbias.ith_mem[dc]": 100e-12,
    "@m.xbias.xth_mem.m1[id]": 100e-12,
    "@vdda[i]": -90e-9,
    "i_mem": 9e-9,
}
"""(i_in/i_tau_mem - 1)*i_th_mem = 9.9 nA."""


def test_what_the_biases_say_passes():
    CHECK(GOOD.__getitem__)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("@m.xbias.xin.m1[id]", -1.06e-9, "the diode of i_in carries 1.06e-09 A of 1e-09 A"),
        ("@m.xbias.xtau_mem.m1[id]", 0.0, "the diode of i_tau_mem carries 0 A of 1e-11 A"),
        ("@vdda[i]", -0.17, "vdda supplies 0.17 A; 100 transistors .* draw 1e-07 A"),
        ("i_mem", 1.8e-6, "I_mem is 1.8e-06 A; .* make 9.9e-09 A"),
        ("i_mem", 1e-9, "I_mem is 1e-09 A; .* make 9.9e-09 A"),
        ("i_mem", -1e-12, "I_mem is -1e-12 A"),
    ],
)
def test_what_cannot_be_is_refused(name, value, message):
    with pytest.raises(SimulationError, match=f"^wrong operating point: {message}"):
        CHECK((GOOD | {name: value}).__getitem__)


def test_a_membrane_held_at_zero_may_start_there():
    held = StartCheck(CHECK.bias_lines, (), 100, "i_mem", at_rest=False)
    held((GOOD | {"i_mem": 1e-15}).__getitem__)


def test_leakage_is_no_fault():
    CHECK((GOOD | {"@m.xbias.xtau_mem.m1[id]": 10.9e-12}).__getitem__)


def test_diodes_of_one_line_share_its_currents():
    block = ".subckt bias_block v_in vdd vss\niin v_in vss 1n\niin_more v_in vss 3n\n.ends\n"
    check = start_check(Deck("shared").append(f"{block}xbias v 1 0 bias_block", "bench"))
    assert check.bias_lines == (("xbias", ("in", "in_more")),)
    found = {"@i.xbias.iin[dc]": 1e-9, "@i.xbias.iin_more[dc]": 3e-9}
    found |= {"@m.xbias.xin.m1[id]": 0.8e-9, "@m.xbias.xin_more.m1[id]": 3.2e-9}
    check(found.__getitem__)
    with pytest.raises(SimulationError, match=r"i_in carries 3\.7e-09 A of 4e-09 A"):
        check((found | {"@m.xbias.xin_more.m1[id]": 2.9e-9}).__getitem__)


def test_a_deck_without_biases_has_nothing_to_check():
    assert start_check(Deck("rc").append("r1 a 0 1", "bench")) is None


def test_each_view_and_bench_with_biases_is_checked(biases):
    stimulus = Stimulus(spike_times=[1e-3], pulse_width=1e-3, duration=3e-3, start_weight=8)
    for circuit in (TransistorCircuit, MixedCircuit):
        check = circuit(biases, spiking=True).job(stimulus, "neuron").check_start
        assert len(check.bias_lines) == 16 + 4
        assert {"vdda", "vspiking"} <= set(check.supplies)
        assert check.i_mem
        assert check.at_rest
    nothing = np.empty(0)
    row = RowStimulus(nothing, nothing, nothing, nothing, 1e-3, 1e-4, 9e-3, forced_spikes=[5e-3])
    check = RowCircuit().job(row, "row").check_start
    assert len(check.bias_lines) == 16 + 4
    assert set(check.supplies) == {"vdda", "vforcing"}
    with_biases = {name for name in bench_names() if bench_job(name, biases).check_start}
    assert {"bias_block", "decision", "dpi_membrane", "plastic_synapse"} <= with_biases
    assert not {"up_down_counter", "flip_flop"} & with_biases


@pytest.mark.ngspice
@pytest.mark.parametrize("temperature", [0.0, 85.0])
@pytest.mark.parametrize("table", ["published", "network"])
def test_heat_is_no_fault(table, temperature):
    stimulus = Stimulus(spike_times=[1e-4], pulse_width=1e-4, duration=3e-4, start_weight=8)
    circuit = TransistorCircuit(read_biases(table), conditions=Conditions(temperature=temperature))
    assert len(dict(run_jobs([circuit.job(stimulus, "neuron")]))) == 1
