"""What an experiment with dies states: conditions, technologies, and what is refused."""

import csv
import shutil
from functools import partial

import pytest
from dies_files import DIES, STIMULUS, state
from experiment_calls import read_one

from cosim import cli
from cosim.circuits.bias_tables import bias_file
from cosim.experiments.dies.kind import KIND
from cosim.workbench.places import NETLISTS
from ebn_model.errors import InputError

read = partial(read_one, KIND)


@pytest.mark.parametrize("name", ["verdict", "gf180"])
def test_a_case_called_as_something_else_in_the_summary_is_refused(file, name):
    state(
        file,
        f'[cases.{name}]\nsimulation = "stimulus.toml"',
        '[technologies.gf180]\ndies = 2\ncases = ["short"]',
    )
    with pytest.raises(InputError, match=f"cases: {name} is something else in summary.json"):
        read(file)


def test_causes_of_what_is_not_measured_are_refused(file):
    file.write_text(DIES.replace("[cases", 'causes = ["rule"]\n[cases', 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"three\.toml: causes: 'rule' is none of quantities"):
        read(file)


def test_another_technology_has_its_own_supply(file):
    state(file, "[technologies.gf180]", "dies = 2", 'cases = ["short"]')
    conditions = {name: one.experiment.conditions for name, one in read(file).simulations.items()}
    assert conditions["short"].supply == 1.8
    gf180 = conditions["gf180_short"]
    assert (gf180.technology, gf180.supply) == ("gf180", 3.3)
    # Conditions of the user's are of one technology.
    assert [*read(file, conditions=("corner=ss",)).simulations] == ["short"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["[technologies.gf18]", "dies = 2", 'cases = ["short"]'], "no 'gf18'; there are: generic"),
        (["[technologies.gf180]", "dies = 2", 'cases = ["long"]'], "gf180: no case 'long'"),
        (["[technologies.gf180]", "dies = 2"], "cases"),
        (
            [
                "[cases.gf180_short]",
                'simulation = "stimulus.toml"',
                "[technologies.gf180]",
                "dies = 2",
                'cases = ["short"]',
            ],
            "three.toml: two cases are called 'gf180_short'",
        ),
    ],
)
def test_technologies_that_can_not_be_are_refused(file, lines, reason):
    state(file, *lines)
    with pytest.raises(InputError, match=reason):
        read(file)


@pytest.mark.parametrize(
    "lines",
    [
        ["[technologies.gf180]", "dies = 2", 'cases = ["short"]'],
        ["[cases.other]", 'simulation = "stimulus.toml"', 'technology = "gf180"'],
    ],
)
def test_a_supply_for_two_technologies_is_refused(file, lines):
    state(file, *lines)
    text = file.read_text(encoding="utf-8")
    file.write_text(f'supply = "1.7 V"\n{text}', encoding="utf-8")
    with pytest.raises(InputError, match="supply: each of the technologies has its own"):
        read(file)


@pytest.mark.parametrize(
    ("stated", "used"),
    [
        ("temperature = 85", "temperature = 27"),
        ('corner = "ss"', "corner = tt"),
        ('supply = "1.7 V"', "supply = 1.8"),
        ('technology = "gf180"', "technology = generic180"),
        ("die = 3", "die = none"),
    ],
)
def test_conditions_of_a_case_s_own_file_are_not_lost(file, stated, used):
    file.with_name("stimulus.toml").write_text(f"{stated}\n{STIMULUS}", encoding="utf-8")
    with pytest.raises(InputError, match=rf"stimulus\.toml: .*three\.toml names .*{used}"):
        read(file)


def test_conditions_that_the_dies_state_hold_in_all_cases(file):
    stated = f"temperature = 85\ncorner = 'ss'\n{STIMULUS}"
    file.with_name("stimulus.toml").write_text(stated, encoding="utf-8")
    there = ("temperature=60", "corner=ss")
    experiment = read(file, conditions=there).simulations["short"].experiment
    assert (experiment.temperature, experiment.corner) == (60, "ss")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("dies=0", "dies"),
        ("first_die=-1", "first_die"),
        ("die=3", "state first_die and dies instead"),
        ("nothing=3", "unknown key 'nothing'"),
    ],
)
def test_what_can_not_be_is_refused(file, change, reason):
    with pytest.raises(InputError, match=reason):
        read(file, change)


def test_a_file_that_states_nothing_to_run_is_refused(file):
    file.write_text('kind = "dies"\ndies = 3\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"three\.toml: neither cases nor quantities"):
        read(file)


def test_a_first_die_without_a_number_of_dies_is_refused(file, tmp_path, capsys):
    assert cli.main(["run", str(tmp_path / "stimulus.toml"), "--first-die", "6"]) == 2
    assert "takes no --first-die" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--die", "7"], "stimulus.toml: die: state --first-die and --dies instead"),
        (["--view", "mixed"], "of the kind 'dies', which takes no --view"),
    ],
)
def test_what_dies_do_not_take_is_refused(file, tmp_path, capsys, options, reason):
    command = ["run", str(tmp_path / "stimulus.toml"), "--dies", "2", *options]
    assert cli.main(command) == 2
    assert reason in capsys.readouterr().err


def test_a_table_of_a_case_is_where_the_file_says_whoever_reads_it(file, tmp_path, monkeypatch):
    shutil.copy(bias_file("rule", "generic180"), tmp_path / "mine.spice")
    state(file, '[cases.own]\nsimulation = "stimulus.toml"\nbiases = "mine.spice"')
    monkeypatch.chdir(NETLISTS)
    assert read(file).simulations["own"].experiment.biases == str(tmp_path / "mine.spice")


def test_a_path_where_results_are_called_by_a_tables_name_is_refused(file):
    file.write_text('kind = "dies"\nquantities = ["mine.spice"]\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"quantities.*'mine\.spice' is the path of a bias table"):
        read(file)


@pytest.mark.ngspice
def test_dies_run_with_a_table_of_the_users(file, tmp_path, monkeypatch):
    """Relative to where the command is called, while the processes that run it are elsewhere."""
    shutil.copy(bias_file("rule", "generic180"), tmp_path / "mine.spice")
    monkeypatch.chdir(tmp_path)
    command = ["run", "stimulus.toml", "--dies", "1", "--biases", "mine.spice", "--workers", "1"]
    assert cli.main(command) == 0
    [table] = tmp_path.glob("stimulus_results/dies/stimulus.csv")
    [die] = csv.DictReader(table.read_text("utf-8").splitlines())
    assert len(die["weights"].split()) == 2
