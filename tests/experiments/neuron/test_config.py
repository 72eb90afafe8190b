import pytest
from experiment_calls import read_experiment, read_simulation

from cosim.circuits.bias_tables import bias_lines, read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.mixed_neuron import MIXED_SOLVER
from cosim.engine.solver_options import SolverOptions
from cosim.experiments.neuron.config import Tolerances
from cosim.workbench.experiment_files import experiment_names, read_file
from cosim.workbench.places import SIMULATIONS
from ebn_model.errors import InputError

PUBLISHED = ["simulation_1", "simulation_2"]
CONFIG = """\
title = "short"
biases = "published"

[stimulus]
start_weight = 8
first_spike = "4.005 ms"
period = "5 ms"
count = 3
pulse_width = "1.01 ms"
duration = 0.02

[tolerances]
model_i_mem_rms = "0.1 nA"
"""


@pytest.fixture
def config(tmp_path):
    def write(old="", new=""):
        assert old in CONFIG
        path = tmp_path / "config.toml"
        path.write_text(CONFIG.replace(old, new, 1))
        return path

    return write


def test_quantities_become_si_and_the_rest_defaults(config):
    experiment = read_experiment(config())
    stimulus = experiment.stimulus.stimulus()
    assert stimulus.spike_times.tolist() == pytest.approx([4.005e-3, 9.005e-3, 14.005e-3])
    assert (stimulus.duration, stimulus.reset_until) == (0.02, 0)
    assert experiment.tolerances == Tolerances(model_i_mem_rms=0.1e-9)
    assert experiment.solver == SolverOptions()
    assert experiment.bias_table() == read_biases("published")


def test_malformed_toml_names_file_and_line(config):
    with pytest.raises(InputError, match=r"config\.toml.*line 2"):
        read_experiment(config('biases = "published"', "biases = "))


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"config\.toml"):
        read_experiment(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("count = 3", "cuont = 3", r"unknown key 'stimulus\.cuont'; known are .*count"),
        ("[stimulus]", "[stimuli]", r"states neither a \[stimulus\] nor another kind"),
        ("count = 3", "count = 0", r"stimulus\.count: .*greater than or equal to 1"),
        ("count = 3", "count = 9", r"stimulus: spike_times\[4\] = 0\.024005 s is not before"),
        ('"5 ms"', '"1 ms"', r"stimulus: spike_times\[1\] .* overlaps"),
        ('"5 ms"', '"-5 ms"', r"stimulus\.period: .*greater than 0"),
        ('"5 ms"', '"5 nA"', r"stimulus\.period: '5 nA' has the unit nA, expected s"),
        ('"5 ms"', "nan", r"stimulus\.period: .*finite"),
        (
            "start_weight = 8",
            "start_weight = 32",
            r"stimulus: start_weight = 32 is outside -32 \.\. 31",
        ),
        ('"published"', '"rule_of_thumb"', r"biases: unknown bias table .*there are: .*published"),
        ("[tolerances]", "[tolerance]", r"unknown key 'tolerance'; known are .*tolerances"),
        ("[stimulus]", "[[stimulus]]", r"stimulus: "),
        ('"0.1 nA"\n', '"0.1 nA"\nfitted_until = 0', r"tolerances\.fitted_until: .*greater than 0"),
        ('title = "short"', "sub_lsbs = 5", r"sub_lsbs: .*less than or equal to 4"),
        ('"0.1 nA"', "-1", r"tolerances\.model_i_mem_rms: .*greater than 0"),
    ],
)
def test_faults_name_file_and_key_and_what_is_allowed(config, old, new, message):
    with pytest.raises(InputError, match=rf"config\.toml: {message}"):
        read_experiment(config(old, new))


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("i_sl=0.3n", lambda experiment: experiment.bias_table().i_sl),
        ("i_sl=0.3 nA", lambda experiment: experiment.bias_table().i_sl),
        ("tolerances.dead_band=0.3n", lambda experiment: experiment.tolerances.dead_band),
        ("solver.abstol=3e-10", lambda experiment: experiment.solver.abstol),
    ],
)
def test_changes_reach_their_place(config, change, value):
    assert value(read_experiment(config(), [change])) == pytest.approx(0.3e-9)


def test_solver_options_that_are_not_stated_are_those_of_the_view(config):
    experiment = read_experiment(config(), ["solver.reltol=1e-6"])
    assert experiment.solver_of(MIXED_SOLVER) == MIXED_SOLVER.model_copy(update={"reltol": 1e-6})
    assert read_experiment(config()).solver_of(MIXED_SOLVER) == MIXED_SOLVER
    assert read_experiment(config(), ["solver.bypass=0"]).solver_of(MIXED_SOLVER).bypass == 0


def test_later_changes_win_and_others_stay(config):
    changes = ["stimulus.start_weight=5", "temperature=40", "stimulus.start_weight=-5"]
    experiment = read_experiment(config(), changes)
    assert experiment.stimulus.start_weight == -5
    assert experiment.temperature == 40
    assert experiment.stimulus.count == 3


SMUGGLED = [
    "0.3n\n.control\nshell true\n.endc",
    "0.3n .include /etc/passwd",
    "{i_in}",
    "0.3n;",
    "v(out)",
    "nan",
    "inf",
    "",
]


@pytest.mark.parametrize("value", SMUGGLED)
@pytest.mark.parametrize("key", ["i_sl", "stimulus.period", "solver.max_step", "temperature"])
def test_no_text_passes_as_a_quantity(config, key, value):
    with pytest.raises(InputError, match=key):
        read_experiment(config(), [f"{key}={value}"])


@pytest.mark.parametrize("value", SMUGGLED)
@pytest.mark.parametrize("key", ["biases", "solver.method", "stimulus.start_weight"])
def test_no_text_passes_as_a_name_or_number(config, key, value):
    with pytest.raises(InputError, match=key):
        read_experiment(config(), [f"{key}={value}"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("i_slx=1n", "unknown key 'i_slx'; known are i_in,"),
        ("title=other", "unknown key 'title'"),
        ("i_sl\n=1n", r"unknown key 'i_sl\\n'"),
        ("i_sl", "'i_sl' is not of the form KEY=VALUE"),
        ("temperature=25 c", "temperature: '25 c' has the unit c, expected °C, as in \"25 °C\""),
        ("temperature=-56", r"temperature: -56 °C is outside -55 \.\. 150 °C, for which"),
        ("temperature=151 °C", r"temperature: 151 °C is outside -55 \.\. 150 °C"),
        ("temperature=-300", r"temperature: -300 °C is outside"),
        ("solver.trtol=1e6", r"solver\.trtol: 1e\+06 is above 100, where logic transitions"),
        ("solver.bypass=2", r"solver\.bypass: .*less than or equal"),
        ("solver.chgtol=1e-9", r"solver\.chgtol: 1e-09 is above 1e-11, where"),
        ("i_sl=-0.3n", r"bias_changes: i_sl: .*greater than 0"),
        ("i_sl=1", r"bias_changes: i_sl: .*less than or equal"),
        ("stimulus.start_weight=2.5", r"stimulus\.start_weight: .*integer"),
    ],
)
def test_impossible_changes_are_refused(config, change, message):
    with pytest.raises(InputError, match=message):
        read_experiment(config(), [change])


def test_the_table_changes_but_for_what_the_stimulus_states(config):
    published = read_biases("published")
    for line, i_in in (
        ('input_current = "1.5 nA"', 1.5e-9),
        ("input_factor = 1.1", 1.1 * published.i_in),
    ):
        table = read_experiment(config("count = 3", f"count = 3\n{line}")).bias_table()
        assert table == published.model_copy(update={"i_in": pytest.approx(i_in)})


def test_an_input_factor_goes_with_a_changed_bias_but_a_current_does_not(config):
    factor = config("count = 3", "count = 3\ninput_factor = 2")
    assert read_experiment(factor, ["i_in=0.5n"]).bias_table().i_in == pytest.approx(1e-9)
    current = config("count = 3", 'count = 3\ninput_current = "1 nA"')
    with pytest.raises(InputError, match=r"config\.toml.*input_current and bias_changes\.i_in"):
        read_experiment(current, ["i_in=0.5n"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("input_factor = 0", r"stimulus\.input_factor: .*greater than 0"),
        ("input_factor = 1e6", r"stimulus\.input_factor: i_in: .*less than or equal"),
        ('input_current = "1 mA"', r"stimulus\.input_current: .*less than or equal"),
        ('input_current = "1 V"', r"stimulus\.input_current: '1 V' has the unit V"),
    ],
)
def test_an_impossible_input_is_refused(config, line, message):
    with pytest.raises(InputError, match=rf"config\.toml: {message}"):
        read_experiment(config("count = 3", f"count = 3\n{line}"))


def test_the_published_simulations_are_complete():
    assert {"omega", *PUBLISHED} <= set(experiment_names())
    for name in PUBLISHED:
        simulation = read_simulation(name)
        stimulus = simulation.experiment.stimulus.stimulus()
        assert simulation.published.t_rise == pytest.approx(stimulus.spike_times, abs=1e-6)
        assert simulation.results == SIMULATIONS / name / "results"
        assert simulation.experiment.bias_changes == {}


def test_a_folder_is_found_by_the_path_of_its_config(config, tmp_path):
    simulation = read_simulation(str(config()), out=tmp_path / "out")
    assert simulation.name == tmp_path.name
    assert simulation.published is None
    assert simulation.results == tmp_path / "out" / tmp_path.name


def test_a_stimulus_file_is_named_for_itself_and_has_its_results_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("two.toml").write_text("[stimulus]\nspikes = [4e-3, 9e-3]\n")
    simulation = read_simulation("two.toml")
    assert simulation.name == simulation.title == "two"
    assert simulation.results == tmp_path / "two_results"
    assert read_simulation("two.toml", out=tmp_path / "out").results == tmp_path / "out" / "two"


@pytest.mark.parametrize("name", ["simulation_9", "../Simulations/none", "simulation_1/results"])
def test_an_unknown_simulation_lists_the_known(name):
    with pytest.raises(
        InputError, match=r"there are: .*simulation_2, sizing, study, technologies; .*NAME\.toml"
    ):
        read_file(name)


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"no file 'missing/config\.toml'"):
        read_file("missing/config.toml")


def test_another_table_has_its_own_results_where_the_file_states_one(config, tmp_path):
    stated, silent = config(), tmp_path / "silent.toml"
    silent.write_text("[stimulus]\nspikes = [4e-3]\n")
    own = read_simulation(str(stated), biases="published")
    assert (own.results, own.changes) == (tmp_path / "results", ())
    other = read_simulation(str(stated), biases="rule")
    assert other.results == tmp_path / "results" / "rule"
    assert other.title == "short, with biases=rule"
    assert other.experiment.bias_table() == read_biases("rule")
    assert read_simulation(str(silent), biases="rule").results == tmp_path / "silent_results"
    outside = read_simulation(str(stated), out=tmp_path / "out", biases="rule")
    assert outside.results == tmp_path / "out" / tmp_path.name


def test_an_unknown_table_lists_those_there_are():
    with pytest.raises(
        InputError, match=r"unknown bias table 'rules'; there are: network, published, rule"
    ):
        read_simulation("simulation_1", biases="rules")


def test_a_table_of_the_users_is_seen_from_the_file_that_states_it(tmp_path, monkeypatch):
    text = bias_lines(read_biases("rule"))
    tmp_path.joinpath("mine").mkdir()
    tmp_path.joinpath("mine", "rule.spice").write_text(text, encoding="utf-8")
    path = tmp_path / "mine" / "stimulus.toml"
    path.write_text('biases = "rule.spice"\n[stimulus]\nspikes = [4e-3]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    stated = read_simulation("mine/stimulus.toml")
    assert stated.experiment.bias_table() == read_biases("rule")
    # Not the results of the table that is called `rule`.
    given = read_simulation("simulation_1", biases="mine/rule.spice")
    assert given.experiment.bias_table() == read_biases("rule")
    own = read_simulation("simulation_1", biases="rule")
    assert given.results == own.results.with_name("rule.spice")


def test_conditions_of_ones_own_get_a_folder_of_their_own(tmp_path):
    short = tmp_path / "short.toml"
    short.write_text('[stimulus]\nspikes = ["4 ms"]\n', encoding="utf-8")
    own = read_simulation(short)
    hot = ("corner=ss", "temperature=85", "supply=1.62")
    other = read_simulation(short, conditions=hot)
    assert other.experiment.conditions == Conditions(corner="ss", temperature=85, supply=1.62)
    assert other.results == own.results / "generic180-ss-85C-1.62V"
    assert other.title == "short, with corner=ss, temperature=85, supply=1.62"
    assert not other.as_stated
    assert read_simulation(short, conditions=["temperature=27"]) == own
    outside = read_simulation(short, out=tmp_path / "out", conditions=hot)
    assert outside.results == tmp_path / "out" / "short"


def test_conditions_that_cannot_be_are_refused_by_the_name_of_the_change():
    with pytest.raises(InputError, match=r"with 'corner=xx': corner: unknown corner 'xx'"):
        read_simulation("simulation_1", conditions=["corner=xx"])
    with pytest.raises(InputError, match=r"supply: 3\.3 V is outside 1\.4 \.\. 2\.2 V"):
        read_simulation("simulation_1", conditions=["supply=3.3V"])
