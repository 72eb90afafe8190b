"""The datasheet's framework: limits, verdicts, tables, and a bench from end to end."""

import csv
import json
from dataclasses import replace

import pytest

from cosim.cells import command, measured_bench
from cosim.cells.bench import BENCHES, bench_job, bench_names, measurement, specification_path
from cosim.cells.benches import dpi_membrane
from cosim.cells.formula import evaluate
from cosim.cells.runner import BenchConditions, run_benches
from cosim.cells.sheet import Sheet, readable, write_sheets
from cosim.cells.specification import QuantityCheck, judge, read_specification
from cosim.circuits.conditions import Conditions
from cosim.cli import main
from cosim.workbench.errors import SimulationError
from ebn_model.errors import InputError

SPECIFICATION = """
[tau]
name = "time constant"
unit = "s"
typical = "tau_law"
min = "0.9 * typical"
max = "1.1 * typical"
reason = "law"

[tau.biases.slow]
max = "50 ms"
reason = "slow on purpose"

[tau.technologies.other]
max = "40 ms"
reason = "slow devices"

[tau.technologies.other.biases.rule]
max = "60 ms"
reason = "slow devices, slow table"

[tau.biases.free]
min = "none"
max = "none"

[peak]
name = "peak | of both"
unit = "A"
reason = "reported"
"""


class EveryName(dict):
    """A value for every name that a formula may ask for."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        return 1.5


@pytest.fixture
def specification(tmp_path):
    path = tmp_path / "cell.toml"
    path.write_text(SPECIFICATION)
    return read_specification(path)


@pytest.mark.parametrize(
    ("limit", "value"),
    [(5, 5), ("10 pA", 1e-11), ("-3n", -3e-9), ("2 * (a + b) ** 2 / 4 - a", 11.5), ("-a", -1.0)],
)
def test_a_limit_is_a_number_a_quantity_or_a_formula(limit, value):
    assert evaluate(limit, "A", {"a": 1.0, "b": 4.0}) == pytest.approx(value)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("10 ms", "neither a quantity nor a formula"),
        ("i_rset * 2", "unknown name 'i_rset'; there are: a"),
        ("a / 0", "division by zero"),
        ("abs(a)", "a formula has numbers, names"),
        ("__import__('os').getcwd()", "a formula has numbers, names"),
        ("1_2", "1_2 is not a number"),
        ("0x10 * a", "0x10 is not a number"),
        ("(-a) ** 0.5", "no finite number"),
        ("1e308 * 10 * a", "no finite number: inf"),
        ("10.0 ** 400", "neither a quantity nor a formula"),
        (True, "not a quantity"),
    ],
)
def test_any_other_limit_is_refused(limit, message):
    with pytest.raises(InputError, match=message):
        evaluate(limit, "A", {"a": 1.0})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tau]\nname = 'x'", "tau.reason: Field required"),
        (
            "[tau]\nname = 'x'\nreason = 'y'\nmaximum = 3",
            r"unknown key 'tau\.maximum'; known are min, ",
        ),
        ("[tau]\nname = 'x'\nunit = 'us'\nreason = 'y'", "tau.unit: 'us' has a prefix: .* as 's'"),
        ("[tau", "cell.toml"),
    ],
)
def test_a_faulty_specification_is_named(tmp_path, text, message):
    path = tmp_path / "cell.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_specification(path)


@pytest.mark.parametrize(
    ("tau", "passed"), [(0.0179, False), (0.0181, True), (0.0219, True), (0.0221, False)]
)
def test_limits_may_follow_from_the_law(specification, tau, passed):
    row, _ = judge(specification, {"tau": tau, "tau_law": 0.02, "peak": 1.0}, {}, "published")
    assert (row.min, row.typical, row.max) == pytest.approx((0.018, 0.02, 0.022))
    assert row.passed is passed


def test_a_limit_by_what_could_not_be_measured_is_not_met(specification):
    row, peak = judge(specification, {"tau": 0.02, "peak": 1.0}, {"tau_law": 0.02}, "published")
    assert row.passed
    formula = specification["peak"].model_copy(update={"max": "2 * tau"})
    row, peak = judge(
        {**specification, "peak": formula}, {"peak": 1.0}, {"tau_law": 0.02}, "published"
    )
    assert (row.passed, peak.passed, peak.max) == (False, False, None)
    assert peak.reason.endswith("tau is unknown")


def test_limits_may_differ_between_bias_tables(specification):
    values = {"tau": 0.045, "tau_law": 0.02, "peak": 1.0}
    row, _ = judge(specification, values, {}, "slow")
    assert (row.min, row.max, row.passed) == (pytest.approx(0.018), 0.05, True)
    assert row.reason == "slow on purpose"


def test_limits_may_differ_between_technologies(specification):
    values = {"tau": 0.035, "tau_law": 0.02, "peak": 1.0}
    for table in ("published", "slow"):
        row, _ = judge(specification, values, {}, table, "other")
        assert (row.min, row.max, row.passed) == (pytest.approx(0.018), 0.04, True)
        assert row.reason == "slow devices"
    row, _ = judge(specification, values, {}, "published", "generic180")
    assert row.passed is False


def test_limits_may_differ_for_a_bias_table_in_a_technology(specification):
    values = {"tau": 0.055, "tau_law": 0.02, "peak": 1.0}
    row, _ = judge(specification, values, {}, "rule", "other")
    assert (row.max, row.passed, row.reason) == (0.06, True, "slow devices, slow table")
    for table, technology in (("published", "other"), ("rule", "generic180")):
        row, _ = judge(specification, values, {}, table, technology)
        assert row.passed is False


def test_a_bias_table_may_lift_limits(specification):
    row, _ = judge(specification, {"tau": 1.0, "tau_law": 0.02, "peak": 1.0}, {}, "free")
    assert (row.min, row.typical, row.max, row.passed) == (None, 0.02, None, None)
    assert row.reason == "law"


def test_a_specification_may_have_only_what_differs_from_that_of_its_bench(tmp_path):
    path = tmp_path / "dpi_synapse.toml"
    path.write_text(
        "extends = true\n[exponent_exc]\nmin = 0.7\n[gain_ext.technologies.sky130]\nmax = 3\n",
        encoding="utf-8",
    )
    ours = read_specification(BENCHES / path.name)
    own = read_specification(path)
    assert list(own) == list(ours)
    assert own["exponent_exc"] == ours["exponent_exc"].model_copy(update={"min": 0.7})
    assert own["gain_ext"].under("network", "sky130").min == ours["gain_ext"].min
    assert own["gain_ext"].under("network", "sky130").max == "1.4 * typical"
    assert own["gain_ext"].under("rule", "sky130").max == 3
    assert own["gain_inh"] == ours["gain_inh"]


def test_a_specification_that_extends_none_is_refused(tmp_path):
    path = tmp_path / "follower.toml"
    path.write_text("extends = true\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"follower\.toml"):
        read_specification(path)


def test_a_quantity_without_limits_is_not_judged(specification):
    _, row = judge(specification, {"tau": 1.0, "tau_law": 1.0, "peak": 3e-9}, {}, "published")
    assert (row.measured, row.passed) == (3e-9, None)


@pytest.mark.parametrize(
    ("judgements", "fault", "passed"),
    [
        ((None, None), None, None),
        ((None, True), None, True),
        ((False, True), None, False),
        ((), None, None),
        ((), "it never settles", False),
    ],
)
def test_a_sheet_without_limits_is_not_judged(specification, tmp_path, judgements, fault, passed):
    [row, _] = judge(specification, {"tau_law": 0.02}, {}, "published")
    rows = [replace(row, passed=one) for one in judgements]
    sheet = Sheet("cell", rows, fault)
    assert sheet.passed is passed
    write_sheets([sheet], {}, tmp_path)
    assert json.loads((tmp_path / "datasheet.json").read_text())["passed"] is passed


def test_what_was_not_measured_fails(specification):
    row, _ = judge(specification, {"tau_law": 0.02, "peak": 3e-9}, {}, "published")
    assert (row.measured, row.passed) == (None, False)


def test_a_bias_is_meant_where_a_quantity_has_its_name(specification):
    limited = {"i_sl": specification["tau"].model_copy(update={"typical": "i_sl"})}
    [row] = judge(limited, {"i_sl": 2.0}, {"i_sl": 1.0}, "published")
    assert (row.typical, row.passed) == (1.0, False)


def test_a_limit_that_cannot_be_evaluated_is_named(specification):
    with pytest.raises(InputError, match=r"tau.typical: unknown name 'tau_law'"):
        judge(specification, {"tau": 1.0}, {}, "published")


@pytest.mark.parametrize("name", bench_names())
def test_each_specification_has_a_bench_and_a_measurement(name):
    assert (BENCHES / f"{name}.cir").is_file()
    assert callable(measurement(name).measure)
    assert callable(measurement(name).draw)
    for quantity in read_specification(specification_path(name)).values():
        for table in ("published", *quantity.biases):
            limits = quantity.under(table, "generic180")
            for limit in (limits.min, limits.typical, limits.max):
                assert limit is None or evaluate(limit, quantity.unit, EveryName()) is not None


def test_an_unknown_bench_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no bench 'dpi'; there are: .*dpi_membrane"):
        run_benches(["dpi"], out=tmp_path)


def test_a_bench_runs_under_the_given_conditions(biases):
    changed = biases.model_copy(update={"i_in": 5e-9})
    job = bench_job("membrane_response", changed, Conditions(temperature=40))
    assert "\n.param i_in=5e-09\n" in job.deck.text
    assert job.deck.text.count(".param i_in=") == 1
    assert "\n.temp 40.0\n" in job.deck.text
    assert job.t_stop == 0.25


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (29.75e-3, "s", "29.75 ms"),
        (4.2e-6, "s", "4.2 µs"),
        (4.2, "%", "4.2 %"),
        (0.5, "", "0.5"),
        (None, "A", ""),
    ],
)
def test_values_are_shown_as_people_read_them(value, unit, text):
    assert readable(value, unit) == text


def sheet(**changes):
    row = {"key": "tau", "name": "tau | law", "unit": "s", "min": None, "typical": None}
    row |= {"max": 1.0, "measured": 2.0, "passed": False, "reason": "law"}
    return Sheet("cell", [QuantityCheck(**row | changes)])


def test_a_datasheet_is_written_for_people_and_for_programs(tmp_path):
    write_sheets([sheet(), Sheet("dead", [], "no spikes")], {"temperature": 27.0}, tmp_path)
    markdown = (tmp_path / "datasheet.md").read_text()
    assert r"| tau \| law |  |  | 1 s | 2 s | **FAIL** | law |" in markdown
    assert "**FAIL**: no spikes" in markdown
    with (tmp_path / "datasheet.csv").open() as file:
        [row] = csv.DictReader(file)
    assert (row["bench"], float(row["measured"]), row["passed"]) == ("cell", 2.0, "FAIL")
    stored = json.loads((tmp_path / "datasheet.json").read_text())
    assert stored["passed"] is False
    assert stored["conditions"] == {"temperature": 27.0}
    assert stored["benches"]["dead"]["fault"] == "no spikes"


@pytest.mark.parametrize(
    ("one", "code"), [(sheet(), 1), (sheet(passed=True), 0), (Sheet("dead", [], "silent"), 1)]
)
def test_the_verdict_decides_the_exit_code(monkeypatch, capsys, tmp_path, one, code):
    monkeypatch.setattr(command, "run_benches", lambda *_: ([one], tmp_path))
    assert main(["bench-cells"]) == code
    assert one.bench in capsys.readouterr().out


@pytest.mark.parametrize("temperature", ["-300", "warm"])
def test_an_impossible_temperature_is_an_error(temperature, capsys):
    assert main(["bench-cells", f"--temperature={temperature}"]) == 2
    assert "temperature" in capsys.readouterr().err


@pytest.mark.ngspice
def test_a_bench_from_end_to_end(tmp_path):
    [first], folder = run_benches(["dpi_membrane"], out=tmp_path)
    assert folder == tmp_path / BenchConditions().folder_name
    assert first.fault is None
    rows = {row.key: row for row in first.checks}
    assert rows["i_tau"].measured == pytest.approx(rows["i_tau"].typical, rel=0.1)
    names = {path.name for path in (folder / "dpi_membrane").iterdir()}
    assert names == {"figure.png", "figure.pdf", "waveforms.raw", "deck.cir", "run.json"}
    before = (folder / "dpi_membrane" / "run.json").stat().st_mtime_ns
    [second], _ = run_benches(["dpi_membrane"], out=tmp_path)
    assert second == first
    assert (folder / "dpi_membrane" / "run.json").stat().st_mtime_ns == before
    run_benches(["current_dac"], out=tmp_path)
    stored = json.loads((folder / "datasheet.json").read_text())
    assert [*stored["benches"]] == ["current_dac", "dpi_membrane"]


@pytest.mark.ngspice
def test_a_cell_that_does_nothing_fails_and_is_reported(tmp_path, monkeypatch):
    def silent(vectors):
        raise SimulationError("I_mem never settles")

    monkeypatch.setattr(dpi_membrane, "measure", silent)
    [one], folder = run_benches(["dpi_membrane"], out=tmp_path)
    assert (one.fault, one.passed) == ("I_mem never settles", False)
    assert "I_mem never settles" in (folder / "datasheet.md").read_text()


@pytest.mark.ngspice
def test_a_bench_that_ngspice_gives_up_stops_no_other_and_says_why(tmp_path, monkeypatch):
    def with_a_short(name, biases, conditions):
        job = bench_job(name, biases, conditions)
        if name != "wta_cell":
            return job
        return replace(job, deck=job.deck.append("vshort vdda 0 1", "fault"))

    monkeypatch.setattr(measured_bench, "bench_job", with_a_short)
    sheets, folder = run_benches(["wta_cell", "dpi_membrane", "current_dac"], out=tmp_path)
    failed, *others = sheets
    assert failed.passed is False
    assert failed.fault.startswith("bench wta_cell: ")
    assert all(other.fault is None and other.checks for other in others)
    text = (folder / "datasheet.md").read_text(encoding="utf-8")
    assert "**FAIL**: bench wta_cell: " in text
    monkeypatch.undo()
    [mended] = run_benches(["wta_cell"], out=tmp_path)[0]
    assert mended.fault is None


@pytest.mark.ngspice
@pytest.mark.parametrize("error", [IndexError("none"), ZeroDivisionError(), ValueError("empty")])
def test_a_measurement_that_finds_nothing_is_reported(tmp_path, monkeypatch, error):
    def nothing(vectors):
        raise error

    monkeypatch.setattr(dpi_membrane, "measure", nothing)
    [one], _ = run_benches(["dpi_membrane"], out=tmp_path)
    assert one.fault == f"nothing can be measured: {type(error).__name__}: {error}"


def test_results_are_called_by_their_conditions():
    assert BenchConditions().folder_name == "published-generic180-27C"
    special = BenchConditions(biases="rule", corner="fs", supply=1.7, temperature=0)
    assert special.folder_name == "rule-generic180-fs-0C-1.7V"
