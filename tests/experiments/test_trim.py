"""Trims of a die: codes from what its benches measure."""

import csv
from dataclasses import replace

import pytest

from cosim import cli
from cosim.cells.bench import bench_job
from cosim.cells.characterise import decision_parameters
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.engine.worker import run_all
from cosim.experiments import trim as trim_module
from cosim.experiments.dies.die_run import SimulationRun
from cosim.experiments.dies.settings import read_dies
from cosim.experiments.trim import (
    QUANTITY,
    Trim,
    approximate,
    at_weight_0,
    measured,
    trim_die,
    trim_jobs,
)
from cosim.workbench.errors import SimulationError
from cosim.workbench.experiment_files import read_file
from ebn_model.errors import InputError
from ebn_model.parameters import DecisionParameters

STIMULUS = '[stimulus]\nspikes = ["4 ms", "9 ms"]\nduration = "12 ms"\nstart_weight = 8\n'
DIES = """\
kind = "dies"
dies = 2

[cases.plain]
simulation = "stimulus.toml"

[cases.trimmed]
simulation = "stimulus.toml"
dies = 1
model = true
trim = { bits = 2, biases = { i_rest = { range = 0.2 }, i_sl = {} } }
"""


@pytest.fixture
def file(tmp_path):
    tmp_path.joinpath("stimulus.toml").write_text(STIMULUS, encoding="utf-8")
    path = tmp_path / "two.toml"
    path.write_text(DIES, encoding="utf-8")
    return path


def trim(bits=4, **biases):
    return Trim.model_validate({"bits": bits, "biases": biases})


def linear(wanted):
    """Errors of quantities that are what their codes are."""

    def errors(codes):
        return {name: code - wanted[name] for name, code in codes.items()}

    return errors


@pytest.mark.parametrize("bits", [1, 3, 4])
def test_the_nearest_code_is_found_from_both_sides(bits):
    half = 2 ** (bits - 1)
    for code in range(-half, half):
        wanted = {"i_rest": code + 0.4, "i_sl": code - 0.4}
        assert approximate(list(wanted), bits, linear(wanted)) == {"i_rest": code, "i_sl": code}


def test_what_is_out_of_range_ends_at_the_ends_of_the_range():
    wanted = {"i_rest": 100, "i_sl": -100}
    assert approximate(list(wanted), 4, linear(wanted)) == {"i_rest": 7, "i_sl": -8}


def test_the_window_is_trimmed_where_the_other_currents_put_it(monkeypatch):
    """Its bench finds it within some I_sl of I_rest only, and not one that mismatch has closed."""
    table, benches, windows, measured_on = read_biases("published"), [], [], []

    def job(biases, on):
        measured_on.append(on.die)
        return biases

    def centre(biases):
        return {"window_centre": 1.1 * biases.i_rest}

    def window(biases):
        windows.append((biases.i_rest / table.i_rest, biases.i_sl / table.i_sl))
        if biases.i_sl < 0.75 * table.i_sl:
            raise SimulationError("bench decision: no window")
        lower = 1.1 * biases.i_rest - 1.1**3 * biases.i_sl
        upper = 1.1 * biases.i_rest + 1.1**3 * biases.i_sl
        return DecisionParameters(i_lower=lower, i_upper=upper, i_omega=0.0)

    def simulate(biases):
        benches.append(biases.i_sl / table.i_sl)
        return biases

    monkeypatch.setattr(trim_module, "trim_jobs", lambda _, biases, on: [job(biases, on)])
    monkeypatch.setattr(trim_module, "bench_job", lambda bench, biases, on: job(biases, on))
    monkeypatch.setattr(trim_module, "at_weight_0", lambda job: job)
    monkeypatch.setattr(trim_module, "measured", lambda results: centre(*results))
    monkeypatch.setattr(trim_module, "decision_parameters", window)
    nominal = {"window_centre": table.i_rest, "window_half_width": table.i_sl}
    chosen, die = trim(4, i_rest={}, i_sl={}), Conditions(die=3)
    codes = trim_die(chosen, table, die, nominal, simulate)
    # What the die is brought to is known already.
    assert measured_on == [3] * 8
    assert codes == {"i_rest": -2, "i_sl": -5}
    assert len(windows) == 4 and all(i_rest == pytest.approx(0.9) for i_rest, _ in windows)
    assert len(benches) == 8 and all(i_sl == pytest.approx(1.35) for i_sl in benches[:4])


def test_a_bench_that_ngspice_can_not_finish_is_no_closed_window(monkeypatch):
    def simulate(job):
        raise SimulationError("timestep too small")

    monkeypatch.setattr(trim_module, "bench_job", lambda bench, biases, on: biases)
    monkeypatch.setattr(trim_module, "at_weight_0", lambda job: job)
    with pytest.raises(SimulationError, match="timestep"):
        table = read_biases("published")
        trim_die(trim(4, i_sl={}), table, Conditions(die=3), {"window_half_width": 1e-9}, simulate)


def test_codes_are_steps_around_the_currents_of_the_table():
    table = read_biases("published")
    chosen = trim(3, i_rest={"range": 0.2}, i_sl={})
    currents = chosen.currents({"i_rest": -4, "i_sl": 3}, table)
    assert currents == pytest.approx({"i_rest": 0.8 * table.i_rest, "i_sl": 1.3 * table.i_sl})
    assert chosen.currents({"i_rest": 0, "i_sl": 0}, table)["i_rest"] == table.i_rest


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("{ bits = 0, biases = { i_sl = {} } }", "bits"),
        ("{ bits = 2, biases = {} }", "biases"),
        ("{ bits = 2, biases = { i_wta = {} } }", "no trim for 'i_wta'; there are: i_rest, "),
        ("{ bits = 2, biases = { i_lsb = {}, i_th_inh = {} } }", "another current is trimmed"),
        ("{ bits = 2, biases = { i_sl = { range = 1.0 } } }", "range"),
        ("{ bits = 2, biases = { i_sl = { target = 0 } } }", "target"),
        ("{ bits = 2, biases = { i_sl = { target = inf } } }", "target"),
        ("{ bits = 2, biases = { i_sl = { ranges = 0.5 } } }", "ranges"),
        ('{ bits = 2, like = "none" }', r"trimmed\.trim\.like: 'none' has no trim with biases"),
        ('{ bits = 2, like = "plain" }', "'plain' has no trim with biases"),
        ('{ bits = 2, like = "trimmed" }', "'trimmed' has no trim with biases"),
    ],
)
def test_trims_that_can_not_be_are_refused(file, change, reason):
    text = DIES.partition("trim = ")[0]
    file.write_text(f"{text}trim = {change}\n", encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        read_dies(read_file(str(file)))


def test_a_trim_can_have_the_currents_of_another_case(file):
    more = '\n[cases.finer]\nsimulation = "stimulus.toml"\ntrim = { bits = 5, like = "trimmed" }\n'
    file.write_text(DIES + more, encoding="utf-8")
    cases = read_dies(read_file(str(file))).settings.cases
    assert cases["finer"].trim.biases == cases["trimmed"].trim.biases
    assert [cases[name].trim.bits for name in ("trimmed", "finer")] == [2, 5]


def test_currents_are_stated_or_another_s(file):
    more = '\n[cases.both]\nsimulation = "stimulus.toml"\n'
    more += 'trim = { bits = 5, like = "trimmed", biases = { i_sl = {} } }\n'
    file.write_text(DIES + more, encoding="utf-8")
    with pytest.raises(InputError, match=r"both\.trim states biases, and is like 'trimmed', too"):
        read_dies(read_file(str(file)))


def test_a_trim_of_an_input_that_the_simulation_states_is_refused(file):
    stimulus = file.parent / "stimulus.toml"
    stimulus.write_text(STIMULUS + 'input_current = "3 nA"\n', encoding="utf-8")
    file.write_text(DIES.replace("i_sl = {}", "i_in = {}"), encoding="utf-8")
    with pytest.raises(InputError, match=r"two\.toml: trim of .*input_current"):
        read_dies(read_file(str(file)))


def test_the_trim_is_part_of_the_key(file):
    experiment = read_dies(read_file(str(file))).simulations["trimmed"].experiment
    chosen = trim(2, i_rest={})
    runs = [SimulationRun("one", experiment, one) for one in (None, chosen, trim(3, i_rest={}))]
    assert len({run.key for run in runs}) == 3
    assert replace(runs[1], model=True).key != runs[1].key
    assert runs[1].key == replace(runs[1], case="other").key


def test_dies_can_not_be_trimmed_to_what_could_not_be_measured(file):
    experiment = read_dies(read_file(str(file))).simulations["trimmed"].experiment
    die = experiment.model_copy(update={"die": 3})
    run = SimulationRun("one", die, trim(2, i_rest={}), {"error": "no window"})
    with pytest.raises(SimulationError, match="nominal die: no window"):
        run(lambda job: pytest.fail(f"{job.label} was run"))


@pytest.mark.ngspice
@pytest.mark.parametrize("die", [None, 3])
def test_at_weight_0_alone_the_window_is_where_it_is_among_all_weights(die):
    """With I_Omega off, as in table `published`; to within the steps of the sweep."""
    job = bench_job("decision", read_biases("published"), Conditions(die=die))
    alone, among_all = (decision_parameters(run_all([one])[0]) for one in (at_weight_0(job), job))
    step = 2e-3 if die is None else 8e-3
    i_sl = read_biases("published").i_sl
    assert alone.centre == pytest.approx(among_all.centre, abs=2 * step * i_sl)
    assert alone.half_width == pytest.approx(among_all.half_width, abs=2 * step * i_sl)
    assert (alone.i_omega, alone.i_sign) == (0, 0)


@pytest.mark.ngspice
def test_trims_bring_a_die_nearer_to_the_nominal_one():
    """By all quantities that the trimmed currents set, with nothing but benches to go by."""

    def simulate(job):
        [vectors] = run_all([job])
        return vectors

    table, die = read_biases("published"), Conditions(die=3)
    chosen = trim(3, i_rest={"range": 0.2}, i_lsb={})

    def quantities(biases, conditions):
        return measured([simulate(job) for job in trim_jobs(chosen, biases, conditions)])

    nominal = quantities(table, Conditions())
    codes = trim_die(chosen, table, die, nominal, simulate)
    before = quantities(table, die)
    after = quantities(table.model_copy(update=chosen.currents(codes, table)), die)
    for name, one in chosen.biases.items():
        quantity = QUANTITY[name]
        step = one.range / 4 * nominal[quantity]
        error = abs(after[quantity] - nominal[quantity])
        assert error <= 0.6 * step
        assert error < abs(before[quantity] - nominal[quantity])


@pytest.mark.ngspice
def test_trimmed_dies_run_for_real(file, tmp_path):
    """Fewer dies where the case says so; the currents stand in the table."""
    assert cli.main(["run", str(file), "--out", str(tmp_path / "out")]) == 0
    folder = tmp_path / "out" / "two"
    plain, trimmed = (
        list(csv.DictReader((folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
        for name in ("plain", "trimmed")
    )
    assert [len(plain), len(trimmed)] == [2, 1]
    i_rest = read_biases("published").i_rest
    assert "model_equal" not in plain[0]
    for row in trimmed:
        assert int(row["model_equal"]) + int(row["model_inside"]) == 2
        change = 1 + int(row["code_i_rest"]) * 0.1
        assert float(row["i_rest"]) == pytest.approx(change * i_rest)
    assert trimmed[0]["i_mem"] != plain[0]["i_mem"]
