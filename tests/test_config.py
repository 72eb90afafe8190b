import pytest

from cosim.circuit import SolverOptions, read_biases
from cosim.experiments.config import Tolerances, read_experiment
from cosim.experiments.simulation import SIMULATIONS, read_simulation, simulation_names
from ebn_model.errors import InputError

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
i_mem_rise_rms = "0.1 nA"
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
    assert experiment.tolerances == Tolerances(i_mem_rise_rms=0.1e-9)
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
        ("count = 3\n", "", r"stimulus\.count: Field required"),
        ("count = 3", "count = 0", r"stimulus\.count: .*greater than or equal to 1"),
        ("count = 3", "count = 9", r"stimulus: spike_times\[4\] = 0\.024005 s is not before"),
        ('"5 ms"', '"1 ms"', r"stimulus: spike_times\[1\] .* overlaps"),
        ('"5 ms"', '"-5 ms"', r"stimulus: spike_times\[1\] .*(negative|unsorted)"),
        ('"5 ms"', '"5 nA"', r"stimulus\.period: '5 nA' has the unit A, expected s"),
        ('"5 ms"', "nan", r"stimulus\.period: .*finite"),
        (
            "start_weight = 8",
            "start_weight = 32",
            r"stimulus: start_weight = 32 is outside -32 \.\. 31",
        ),
        ('"published"', '"rule_of_thumb"', r"biases: unknown bias table .*there are: .*published"),
        ("[tolerances]", "[tolerance]", r"unknown key 'tolerance'; known are .*tolerances"),
        ("[stimulus]", "[[stimulus]]", r"stimulus: "),
        ('"0.1 nA"', "-1", r"tolerances\.i_mem_rise_rms: .*greater than 0"),
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
        ("i_sl=-0.3n", r"bias_changes: i_sl: .*greater than 0"),
        ("i_sl=1", r"bias_changes: i_sl: .*less than or equal"),
        ("stimulus.start_weight=2.5", r"stimulus\.start_weight: .*integer"),
    ],
)
def test_impossible_changes_are_refused(config, change, message):
    with pytest.raises(InputError, match=message):
        read_experiment(config(), [change])


def test_the_published_simulations_are_complete():
    assert simulation_names() == ["simulation_1", "simulation_2"]
    for name in simulation_names():
        simulation = read_simulation(name)
        stimulus = simulation.experiment.stimulus.stimulus()
        assert simulation.published.t_rise == pytest.approx(stimulus.spike_times, abs=1e-6)
        assert simulation.results == SIMULATIONS / name / "results"
        assert simulation.experiment.bias_changes == {}


def test_a_simulation_is_found_by_the_path_of_its_config(config, tmp_path):
    simulation = read_simulation(str(config()), out=tmp_path / "out")
    assert simulation.name == tmp_path.name
    assert simulation.published is None
    assert simulation.results == tmp_path / "out" / tmp_path.name


@pytest.mark.parametrize("name", ["simulation_9", "../Simulations/none", "missing/config.toml"])
def test_an_unknown_simulation_lists_the_known(name):
    with pytest.raises(InputError, match="there are: simulation_1, simulation_2"):
        read_simulation(name)
