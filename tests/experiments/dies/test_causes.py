"""Causes of spread: shares of devices, checked against dies, and the runs that they follow from."""

import numpy as np
import pytest
from causes_of_membrane import membrane, membrane_causes

from cosim.cells.bench import bench_job
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.engine.devices import Transistor
from cosim.engine.worker import run_all
from cosim.experiments.dies import causes_run
from cosim.experiments.dies.causes import causes_of, unknown_causes
from cosim.experiments.dies.causes_report import causes_checks, causes_summary, found_causes
from cosim.experiments.dies.causes_run import DEVIATES, CausesRun, OneDevice
from cosim.technologies.mismatch import Mismatch, normals
from cosim.technologies.technology import Pelgrom
from cosim.workbench.places import NETLISTS
from cosim.workbench.pool import LocalPool, results
from cosim.workbench.task import Task

PER_SIGMA = {
    ("xone", "threshold"): 3.0,
    ("xone", "current factor"): -1.0,
    ("xtwo", "threshold"): -2.0,
    ("xtwo", "current factor"): 0.5,
}
"""Changes of a quantity whose nominal value is 100."""
DIES = range(10000, 10400)


def parts(curvature=0.0, skipped=()):
    """Outcomes of two runs with a device each, of a quantity with the changes PER_SIGMA."""
    runs = []
    for place in ("xone", "xtwo"):
        every = {}
        for name in DEVIATES:
            change = PER_SIGMA[place, name]
            every[name] = [{"tau_mem": 100 + s * change + curvature} for s in (-1, 1)]
        runs.append(
            {
                "nominal": {"tau_mem": 100.0},
                "deviating": {place: {} if place in skipped else every},
            }
        )
    return runs


def die(number, curvature=0.0):
    draws = {
        (place, name): normals(number, place)[DEVIATES.index(name)] for place, name in PER_SIGMA
    }
    linear = sum(change * draws[key] for key, change in PER_SIGMA.items())
    return {"tau_mem": 100 + linear + curvature * sum(z**2 for z in draws.values())}


def test_a_linear_quantity_is_made_up_by_its_devices():
    found = causes_of(parts(), {number: die(number) for number in DIES})["tau_mem"]
    variance = np.var([die(number)["tau_mem"] for number in DIES], ddof=1)
    assert [(one.place, one.deviates) for one in found.causes] == [
        ("xone", "threshold"),
        ("xtwo", "threshold"),
        ("xone", "current factor"),
        ("xtwo", "current factor"),
    ]
    assert [one.sensitivity for one in found.causes] == pytest.approx([3, -2, -1, 0.5])
    assert found.causes[0].share == pytest.approx(9 / variance)
    assert found.devices() == pytest.approx({"xone": 10 / variance, "xtwo": 4.25 / variance})
    assert found.total == pytest.approx(14.25 / variance)
    assert found.low < 1 < found.high and found.doubt == ""
    # Die by die there is no error of the variance.
    assert found.predicted == pytest.approx(1)
    assert found.curvature == 0


def test_a_cause_that_is_missing_shows_in_the_sum_and_die_by_die():
    cells = {number: die(number) for number in DIES}
    found = causes_of(parts(skipped=("xtwo",)), cells)["tau_mem"]
    assert found.total == pytest.approx(10 / 14.25, rel=0.1)
    assert found.predicted == pytest.approx(10 / 14.25, rel=0.1)
    assert found.high < 1
    assert "deviate together" in found.doubt and "deviate together" in str(found)


def test_nonlinearity_of_single_devices_is_said():
    cells = {number: die(number, curvature=0.9) for number in DIES}
    found = causes_of(parts(curvature=0.9), cells)["tau_mem"]
    assert found.high < 1 < found.high * (1 + found.curvature / found.total)
    assert found.doubt == "single devices are not linear"
    # The square of a unit normal has the variance 2.
    assert found.curvature == pytest.approx(found.total * 4 * 2 * 0.9**2 / 14.25)


def test_what_the_benches_do_not_resolve_is_said_though_the_sum_may_be_1():
    cells = {number: die(number) for number in DIES}
    found = causes_of(parts(curvature=5.0), cells)["tau_mem"]
    assert found.low < 1 < found.high
    assert found.doubt.endswith("finer than what benches resolve")


def test_dies_that_could_not_be_measured_do_not_count():
    cells = {number: die(number) for number in DIES}
    broken = {**cells, 3: {"error": "no window"}}
    assert causes_of(parts(), broken) == causes_of(parts(), cells)
    assert causes_of(parts(), {1: die(1), 2: {"error": "no window"}}) == {}


def test_what_does_not_deviate_has_no_causes():
    assert causes_of(parts(), {number: {"tau_mem": 100.0} for number in DIES}) == {}


def test_a_device_that_can_not_be_measured_is_named():
    runs, cells = parts(), {number: die(number) for number in DIES}
    runs[1]["deviating"]["xtwo"]["threshold"][0] = {"error": "no window"}
    assert unknown_causes(runs) == {"xtwo": "no window"}
    found = found_causes(runs, cells)
    assert len(found.causes["tau_mem"].causes) == 3
    assert causes_summary(found)["unknown"] == {"xtwo": "no window"}
    lines = [(check.quantity, check.measured) for check in causes_checks("rule", found)]
    assert ("share of xtwo", "not known: no window") in lines
    assert lines[0][1].startswith("xone 71%, xtwo 2%; sum of shares 0.73 ")


def test_a_nominal_die_that_can_not_be_measured_leaves_all_unknown():
    found = found_causes([*parts(), {"error": "no window"}], {})
    assert found.causes == {}
    [check] = causes_checks("rule", found)
    assert (check.quantity, check.measured) == ("share of each device", "not known: no window")


TECHNOLOGY = NETLISTS / "technology" / "generic180.toml"
PUBLISHED = NETLISTS / "biases" / "generic180" / "published.spice"
COEFFICIENTS = (
    Pelgrom(model="g180n", avt=4e-3, abeta=0.01),
    Pelgrom(model="g180p", avt=4e-3, abeta=0.01),
)


def test_one_device_deviates_and_no_other():
    mismatch = Mismatch(0, (("xread", "xcell.xmem"), ("xsource", "ideal")), COEFFICIENTS)
    size = {"w": 2e-6, "l": 8e-6}
    transistors = [
        Transistor(f"m.{name}.m1", "g180n", size) for name in ("xread", "xother", "xsource")
    ]
    changed = [*OneDevice(mismatch, "xcell.xmem", 2.0, -1.0)(transistors)]
    assert [(one.device, one.parameter) for one in changed] == [
        ("m.xread.m1", "delvto"),
        ("m.xread.m1", "mulu0"),
    ]
    assert [one.value for one in changed] == pytest.approx([2 * 1e-3, 1 - 0.01 / 4])


def test_the_key_has_the_technology_s_mismatch(tmp_path):
    text = TECHNOLOGY.read_text(encoding="utf-8")
    keys = set()
    for number, avt in enumerate(("4e-3", "4e-3", "5e-3")):
        folder = tmp_path / str(number)
        folder.mkdir()
        folder.joinpath("own.toml").write_text(
            text.replace("avt = 4e-3", f"avt = {avt}"), encoding="utf-8"
        )
        folder.joinpath("generic180.spice").write_bytes(
            TECHNOLOGY.with_suffix(".spice").read_bytes()
        )
        conditions = Conditions(technology=str(folder / "own.toml"))
        keys.add(CausesRun(str(PUBLISHED), conditions, 0).key)
    assert len(keys) == 2


def test_a_bench_runs_for_its_own_devices_only():
    """The places of the membrane's bench are those that its netlist states."""
    size = {"w": 2e-6, "l": 8e-6}
    loaded = [Transistor(f"m.{name}.m1", "g180n", size) for name in ("xread", "xmembrane.xin")]
    altered = []

    def simulate(job):
        altered.append([one.device for one in job.alter(loaded)])
        return len(altered)

    job = bench_job("dpi_membrane", read_biases("published"), Conditions())
    bench = causes_run._Bench(job, Conditions(), simulate)
    read, membrane_in = "xneuron.xanalog.xdecision.xmem", "xneuron.xanalog.xmembrane.xin"
    assert bench.places == {read, membrane_in}
    assert bench.deviating("xgenerator.xcopy", 1, 0) == bench.nominal == 1
    assert bench.deviating(read, 1, 0) == 2
    assert altered == [[], ["m.xread.m1"] * 2]


class Bench:
    """A stand-in: places, and what their deviations do to a quantity of the bench's own."""

    def __init__(self, places, runs):
        self.places, self._runs, self.nominal = set(places), runs, 1.0

    def deviating(self, place, zvt, zb):
        if place not in self.places:
            return self.nominal
        self._runs.append((place, zvt, zb))
        return 1 + (0.1 * zvt + 0.01 * zb if place != "xidle" else 0.0)


def test_a_device_runs_in_its_own_benches_and_only_as_long_as_it_has_an_effect(monkeypatch):
    runs = []
    benches = iter([Bench(["xidle", "xown"], runs), Bench(["xother"], runs)])
    monkeypatch.setattr(causes_run, "PARTS", 1)
    monkeypatch.setattr(causes_run, "neuron_jobs", lambda *_: [0, 1])
    monkeypatch.setattr(causes_run, "_Bench", lambda *_: next(benches))
    monkeypatch.setattr(causes_run, "neuron_parameters", lambda results: results)
    monkeypatch.setattr(causes_run, "changed_parameters", lambda results, *_: results)
    monkeypatch.setattr(causes_run, "behaviour", lambda r: {"first": r[0], "second": r[1]})
    outcome = CausesRun("published", Conditions(), 0)(lambda job: job)
    four = [(1, 0), (-1, 0), (0, -1), (0, 1)]
    assert runs == [
        ("xidle", 1, 0),
        *(("xother", *sigmas) for sigmas in four),
        *(("xown", *sigmas) for sigmas in four),
    ]
    assert outcome["nominal"] == {"first": 1.0, "second": 1.0}
    assert outcome["deviating"]["xidle"] == {}
    own = outcome["deviating"]["xown"]
    assert [one["first"] for one in own["threshold"]] == pytest.approx([0.9, 1.1])
    assert [one["first"] for one in own["current factor"]] == pytest.approx([0.99, 1.01])
    assert {one["second"] for ends in own.values() for one in ends} == {1.0}


@pytest.mark.ngspice
def test_sensitivities_predict_what_dies_measure():
    """All devices of a bench, and five dies that none of it has seen."""
    table, nominal = read_biases("published"), Conditions()
    [(_, parts)] = results(LocalPool(1).run(Task(membrane_causes, isolated=True), ["published"]))
    dies = [nominal.of_die(number) for number in range(5)]
    measured = run_all([bench_job("dpi_membrane", table, die) for die in dies])
    cells = {die.die: membrane(vectors) for die, vectors in zip(dies, measured, strict=True)}
    found = causes_of([parts], cells)["i_mem_rest"]
    assert found.predicted > 0.95
    assert {f"xneuron.xanalog.xmembrane.{name}" for name in ("xin", "xtau")} <= {
        *[*found.devices()][:5]
    }
