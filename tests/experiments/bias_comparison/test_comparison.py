import fake_circuit
import pytest
from experiment_calls import read_comparison, redraw_comparison, run_comparison
from PIL import Image
from synthetic import neuron_parameters, spike_table

from cosim.circuits.bias_tables import bias_lines, read_biases
from cosim.cli import main
from cosim.experiments.bias_comparison.figure import Column, draw, make_overlay
from cosim.experiments.neuron.settling import last_weights
from cosim.experiments.neuron.views import Results
from cosim.workbench.places import SIMULATIONS
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.sealed import read_sealed
from ebn_model.stimulus import Stimulus, regular_spikes

CONFIG = """\
kind = "bias_comparison"
title = "two tables"
stimuli = ["one.toml", "two.toml"]
tables = ["published", "rule"]
"""
STIMULUS = '[stimulus]\nspikes = ["4 ms", "9 ms", "14 ms"]\nstart_weight = {}\n'
RUNS = [f"{name}, {table} mixed" for name in ("one", "two") for table in ("published", "rule")]


@pytest.fixture
def solver(monkeypatch):
    return fake_circuit.install(monkeypatch, draw=False)


@pytest.fixture
def config(tmp_path, solver):
    """Writes a comparison of two stimuli; returns its path."""

    def write(old="", new=""):
        assert old in CONFIG
        for weight, name in enumerate(("one", "two"), start=1):
            tmp_path.joinpath(f"{name}.toml").write_text(STIMULUS.format(weight))
        path = tmp_path / "tables.toml"
        path.write_text(CONFIG.replace(old, new, 1))
        return str(path)

    return write


def test_a_comparison_runs_each_stimulus_with_each_table(config, solver, tmp_path):
    reports = run_comparison(read_comparison(config()))
    circuits = [label for label in solver.ran() if label.endswith("mixed")]
    assert circuits == RUNS
    assert len(reports) == 5
    last = reports[-1]
    assert (last.title, last.results) == ("two tables", tmp_path / "tables_results")
    assert (last.results / "two" / "rule" / "mixed" / "per_spike.csv").is_file()
    assert last.page.is_file()


def test_its_summary_tells_of_each_stimulus_and_table(config):
    *_, report = run_comparison(read_comparison(config()))
    summary = read_sealed(report.results / "summary.json")
    assert (summary["view"], summary["passed"]) == ("mixed", None)
    assert summary["metrics"].keys() == {"one", "two"}
    assert summary["metrics"]["one"].keys() == {"published", "rule"}
    assert summary["metrics"]["two"]["rule"]["equal_decisions"] == 3
    assert summary["metrics"]["two"]["rule"]["last_weights"]["highest"] == 2
    quantities = [row.quantity for row in report.checks if row.comparison == "one, mixed"]
    assert quantities == [
        "published: turning points",
        "published: last weight",
        "rule: turning points",
        "rule: last weight",
        "rule against published: equal decisions",
        "rule against published: I_mem, RMS",
    ]


def test_a_second_run_computes_nothing_and_a_chosen_view_runs_in_its_place(config, solver):
    comparison = read_comparison(config())
    run_comparison(comparison)
    solver.ran()
    run_comparison(comparison)
    assert solver.ran() == []
    *_, report = run_comparison(read_comparison(config(), view="transistor"))
    assert solver.ran() == [label.replace("mixed", "transistor") for label in RUNS]
    assert read_sealed(report.results / "summary.json")["view"] == "transistor"


def test_redraw_needs_results_of_all(config, capsys):
    comparison = read_comparison(config())
    with pytest.raises(InputError, match="no current results of one, published"):
        redraw_comparison(comparison)
    run_comparison(comparison)
    drawn = (comparison.results / "figure.png").stat().st_mtime_ns
    assert redraw_comparison(comparison).page.stat().st_mtime_ns > drawn


def test_the_command_runs_comparisons_and_stimuli_alike(config, tmp_path, capsys, solver):
    path = config()
    assert main(["run", path, str(tmp_path / "one.toml"), "--view", "mixed"]) == 0
    assert solver.ran() == [*RUNS, "one mixed"]
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.index("two, with biases=rule") < printed.index("two tables")
    changes = ["--set", "stimulus.start_weight=5", "--out", str(tmp_path / "out")]
    assert main(["run", path, "--view", "mixed", *changes]) == 0
    assert (tmp_path / "out" / "tables" / "one" / "rule" / "mixed" / "run.json").is_file()
    assert main(["figures", path, *changes]) == 0


def test_a_table_of_the_users_is_called_by_its_file(config, tmp_path):
    for folder in ("a", "b"):
        tmp_path.joinpath(folder).mkdir()
        table = bias_lines(read_biases("rule"))
        tmp_path.joinpath(folder, "rule.spice").write_text(table, encoding="utf-8")
    comparison = read_comparison(config('"rule"', '"rule", "a/rule.spice"'))
    results = [one.results.name for one in comparison.cases[0].simulations.values()]
    assert results == [*comparison.cases[0].simulations] == ["published", "rule", "rule.spice"]
    with pytest.raises(InputError, match=r"tables: 'rule\.spice' is listed twice"):
        read_comparison(config('"rule"', '"a/rule.spice", "b/rule.spice"'))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"rule"', '"rules"', r"tables: unknown bias table 'rules'; there are: .*rule"),
        ('"rule"', '"published"', r"tables: 'published' is listed twice"),
        (', "rule"', "", r"tables: .*at least 2 items"),
        ('"one.toml", "two.toml"', "", r"stimuli: .*at least 1 item"),
        ("stimuli", "stimulus", r"unknown key 'stimulus'; known are .*stimuli"),
        ("title", 'views = ["layout"]\ntitle', r"views: unknown view 'layout'; there are: tran"),
        (
            '"two.toml"',
            '"tables.toml"',
            r"'tables\.toml' is of the kind 'bias_comparison', not a stimulus",
        ),
        ('"two.toml"', '"three.toml"', r"no file '.*three\.toml'"),
    ],
)
def test_faults_name_file_and_key(config, old, new, message):
    with pytest.raises(InputError, match=message):
        read_comparison(config(old, new))


def test_stimuli_of_one_name_are_refused(config, tmp_path):
    tmp_path.joinpath("a").mkdir()
    tmp_path.joinpath("a", "one.toml").write_text(STIMULUS.format(3), encoding="utf-8")
    with pytest.raises(InputError, match=r"tables\.toml: two stimuli are called 'one'; rename"):
        read_comparison(config('"two.toml"', '"a/one.toml"'))


def test_omega_compares_the_published_simulations():
    comparison = read_comparison("omega")
    assert [case.name for case in comparison.cases] == ["simulation_1", "simulation_2"]
    assert [list(case.simulations) for case in comparison.cases] == [["published", "rule"]] * 2
    assert {one.views for one in comparison.simulations} == {("mixed", "model")}
    assert comparison.results == SIMULATIONS / "omega" / "results"


@pytest.fixture(scope="module")
def columns():
    """Two stimuli, with a window that the weight doesn't move and with one that it does."""
    neurons = {
        name: LearningNeuron(neuron_parameters(i_omega=i_omega))
        for name, i_omega in (("off", 0.0), ("on", 50e-12))
    }
    stimuli = [Stimulus(regular_spikes(4e-3, 5e-3, 20), 1e-3, 0.11, weight) for weight in (8, -8)]
    return [
        Column(
            f"stimulus {number}",
            "model",
            {
                name: Results({"model": neuron.run(stimulus)}, neuron, None)
                for name, neuron in neurons.items()
            },
        )
        for number, stimulus in enumerate(stimuli)
    ]


def test_the_figure_has_a_column_per_stimulus_and_a_colour_per_table(columns):
    figure = make_overlay(columns, "a title")
    grid = [figure.axes[row : row + 2] for row in (0, 2, 4)]
    assert [axes.get_title() for axes in grid[0]] == ["stimulus 0", "stimulus 1"]
    labels = [row[0].get_ylabel() for row in grid]
    assert labels == ["$I_{mem}$ (nA)", "$I_{mem}$ (nA)", "weight (LSB)"]
    for row in grid:
        for axes, column in zip(row, columns, strict=True):
            lines = {line.get_label(): line for line in axes.lines}
            assert lines["off"].get_color() != lines["on"].get_color()
            expected = column.runs["on"].weight if row is grid[2] else column.runs["on"].i_mem * 1e9
            assert lines["on"].get_ydata() == pytest.approx(expected)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["off", "on"]


def test_the_figure_is_saved_as_picture_and_for_print(columns, tmp_path):
    paths = [tmp_path / "figure.png", tmp_path / "figure.pdf"]
    draw(columns, "a title", paths)
    with Image.open(paths[0]) as image:
        assert image.size == (1400, 1200)
    assert paths[1].read_bytes().startswith(b"%PDF")


def test_the_zoom_holds_all_windows(columns):
    low, high = make_overlay(columns, "").axes[2].get_ylim()
    levels = [
        level * 1e9
        for column in columns
        for name, run in column.runs.items()
        for level in column.results[name].neuron.thresholds(run.weight)
    ]
    assert low < min(level.min() for level in levels)
    assert high > max(level.max() for level in levels)


def test_each_tables_last_weight_is_named_in_its_colour(columns):
    figure = make_overlay(columns, "")
    for axes, column in zip(figure.axes[4:], columns, strict=True):
        for text, (name, run) in zip(axes.texts, column.runs.items(), strict=True):
            assert text.get_text() == f"{name}: {last_weights(run.spikes).text}"
            [line] = [line for line in axes.lines if line.get_label() == name]
            assert text.get_color() == line.get_color()


@pytest.mark.parametrize(
    ("decisions", "text"),
    [
        ([1, 1, -1] + 10 * [0], "9 from 16 ms"),
        (12 * [0], "8 from 0 ms"),
        (12 * [1, -1], "8 to 9, not at rest"),
        ([1], "8 to 9, not at rest"),
    ],
)
def test_the_last_weight(decisions, text):
    assert last_weights(spike_table([9e-9] * len(decisions), decisions)).text == text
