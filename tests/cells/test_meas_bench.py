"""Benches without Python: a netlist with .meas lines, and their limits."""

import json

import pytest

from cosim.cells.bench import bench_names
from cosim.cells.runner import run_benches
from cosim.workbench.errors import DeckError
from ebn_model.errors import InputError

NETLIST = """\
* follower: an nFET that discharges a node
.include ../cells.spice
.include bias_supply.spice
vgate gate 0 pulse(0 {supply} 1m 1u 1u 5m 20m)
xsink out gate 0 0 nfet w=1 l=4
rload vdda out 1meg
cload out 0 1n
.save v(gate) v(out)
.tran 10u 10m
.MEAS tran FALL trig v(gate) val=0.5 rise=1 targ v(out) val=0.4 fall=1
.meas tran low min v(out)
"""
LIMITS = """
[fall]
name = "time to fall"
unit = "s"
max = "1 ms"
reason = "the gate's pulse is longer"

[low]
name = "lowest voltage"
unit = "V"
max = "0.1 * supply"
reason = "a strong device"
"""


@pytest.fixture
def bench(project):
    def write(netlist=NETLIST, limits=LIMITS):
        folder = project / "benches"
        folder.joinpath("follower.cir").write_text(netlist, encoding="utf-8")
        folder.joinpath("follower.toml").write_text(limits, encoding="utf-8")
        return folder

    return write


def test_the_end_of_a_run_is_a_number(bench):
    bench(NETLIST.replace(".tran 10u 10m", ".tran 10u {stop}"))
    with pytest.raises(InputError, match=r"follower\.cir:9: \.tran: '\{stop\}' is not a number"):
        run_benches(["follower"])


@pytest.mark.ngspice
def test_the_datasheet_shows_it_like_ours(bench):
    bench()
    [sheet], folder = run_benches(["follower"])
    assert sheet.passed is True
    fall, low = sheet.checks
    assert (fall.key, fall.name, fall.max, fall.passed) == ("fall", "time to fall", 1e-3, True)
    assert 0 < fall.measured < 1e-3
    assert low.max == pytest.approx(0.18)
    assert folder.joinpath("follower", "figure.png").is_file()
    stored = json.loads(folder.joinpath("datasheet.json").read_text(encoding="utf-8"))
    assert stored["benches"]["follower"]["passed"] is True


@pytest.mark.ngspice
def test_a_limit_that_is_not_met_fails(bench):
    bench(limits=LIMITS.replace('"0.1 * supply"', '"1 uV"'))
    [sheet], _ = run_benches(["follower"])
    assert [check.passed for check in sheet.checks] == [True, False]


@pytest.mark.ngspice
def test_a_failed_measurement_is_told(bench):
    bench(NETLIST.replace("low min v(out)", "low when v(out)=9"))
    [sheet], _ = run_benches(["follower"])
    assert sheet.passed is False
    assert sheet.fault.startswith(".meas low failed")


@pytest.mark.parametrize(
    ("netlist", "limits", "message"),
    [
        (NETLIST + ".meas tran top max v(out)\n", LIMITS, r"\.meas top has no table \[top\] in"),
        (NETLIST, LIMITS + "[top]\nname='t'\nreason='r'\n", r"\[top\] has no line \.meas ANALYSIS"),
        (NETLIST.partition(".MEAS")[0], LIMITS, r"follower\.cir has no \.meas lines"),
        (NETLIST, LIMITS.replace("max", "most"), r"follower\.toml: unknown key 'fall\.most'"),
        (
            NETLIST,
            f"{LIMITS}[fall.technologies.generic_180]\nmax = '2 ms'\n",
            r"follower\.toml: fall\.technologies: no 'generic_180'; there are: generic180, gf180",
        ),
        (
            NETLIST,
            f"{LIMITS}[fall.biases.publsihed]\nmax = '2 ms'\n",
            r"follower\.toml: fall\.biases: no 'publsihed'; there are: network, published, rule",
        ),
        (
            NETLIST,
            f"{LIMITS}[fall.technologies.gf180.biases.rules]\nmax = '2 ms'\n",
            r"follower\.toml: fall\.technologies\.gf180\.biases: no 'rules'",
        ),
    ],
)
def test_netlist_and_limits_must_fit(bench, netlist, limits, message):
    bench(netlist, limits)
    with pytest.raises(InputError, match=message):
        run_benches(["follower"])


def test_a_bench_without_a_netlist(bench):
    bench().joinpath("follower.cir").unlink()
    with pytest.raises(DeckError, match=r"no such netlist: .*follower"):
        run_benches(["follower"])


@pytest.mark.ngspice
def test_a_faulty_bench_of_one_s_own_does_not_stop_others(bench):
    bench(limits="[fall]\n")
    assert "follower" in bench_names()
    [sheet], _ = run_benches(["wta_cell"])
    assert sheet.passed is True
