import pytest
from experiment_calls import read_networks
from small import CONFIG, write_config

from cosim.experiments.protocol import Request
from ebn_model.chip.parameters import ChipParameters
from ebn_model.configurations import configuration
from ebn_model.errors import InputError


def test_a_file_changes_what_its_configuration_says(experiment, tmp_path):
    paper = configuration("paper")
    assert experiment.parameters == paper.model_copy(update={"neurons": 6})
    assert experiment.settings.task.duration == 0.05
    assert (experiment.seeds, experiment.changes) == ((1, 2), ())
    assert experiment.runs == experiment.results == tmp_path / "small_results"
    assert experiment.title == "Small network"


def test_changes_make_all_combinations_with_folders_of_their_own(config, tmp_path):
    changes = ["bits=4,5", "rule.dead_zone=1.5", "task.amplitude=4000"]
    first, second = read_networks(config, changes)
    assert (first.parameters.bits, second.parameters.bits) == (4, 5)
    for one in (first, second):
        assert one.parameters.rule.dead_zone == 1.5
        assert one.parameters.rule.gain == "tau_mem"
        assert one.settings.task.amplitude == 4000
        assert one.settings.task.duration == 0.05
    folder = "bits=4,rule.dead_zone=1.5,task.amplitude=4000"
    assert first.runs == first.results == tmp_path / "small_results" / folder
    assert first.title.startswith("Small network, with bits=4, ")
    assert len(read_networks(config, ["bits=4,5,6", "neurons=5,7"])) == 6


def test_none_takes_a_value_back(tmp_path):
    config = write_config(tmp_path, CONFIG + "\n[parameters.rule]\ndead_zone = 1.0\n")
    with_zone, without = read_networks(config, ["rule.dead_zone=2,none"])
    assert with_zone.parameters.rule.dead_zone == 2.0
    assert without.parameters.rule.dead_zone is None


def test_a_configuration_decides_which_parameters_there_are(config):
    changes = ["neuron.i_in=1n", "configuration=hardware"]
    [experiment] = read_networks(config, changes)
    assert isinstance(experiment.parameters, ChipParameters)
    assert experiment.parameters.neuron.i_in == 1e-9
    with pytest.raises(InputError, match=r"unknown key 'neuron\.i_in'; known are configuration"):
        read_networks(config, changes[:1])


def test_other_seeds_share_the_trainings_but_not_the_results(config, tmp_path):
    [experiment] = read_networks(config, ["bits=5"], [7, 3, 7], tmp_path / "out")
    assert experiment.seeds == (7, 3)
    assert experiment.runs == tmp_path / "out" / "small" / "bits=5"
    assert experiment.results == experiment.runs / "seed=7,3"
    assert experiment.changes == ("bits=5", "seed=7,3")


def test_a_key_that_is_stated_twice_is_refused(config):
    for changes in (("bits=4,5", "bits=6"), ("tau_mem=1 s", "bits=6", "tau_mem=2 s")):
        with pytest.raises(InputError, match="is stated twice"):
            Request(changes=changes)
    with pytest.raises(InputError, match="temperature is stated twice"):
        Request(changes=("temperature=85",), conditions=("temperature=27",))
    with pytest.raises(InputError, match="view is stated twice"):
        Request(changes=("view=mixed",), view="model")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("bits", "'bits' is not of the form KEY=VALUE"),
        ("bits=0", "bits: Input should be greater than or equal to 1"),
        ("bits=many", "bits: Input should be a valid integer"),
        ("tau=1", "unknown key 'tau'; known are configuration, iterations, neurons"),
        ("configuration=paste", "no configuration 'paste'; there are: paper"),
        ("rule=1", "unknown key 'rule'"),
        ("task.length=1", r"unknown key 'task\.length'.* task\.duration"),
    ],
)
def test_impossible_changes_are_refused(config, change, message):
    with pytest.raises(InputError, match=message):
        read_networks(config, [change])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("iterations = 3", "rounds = 3", "unknown key 'rounds'"),
        ("[published.learned]", "[published.leanred]", r"published\.leanred"),
        ("seeds = [1, 2]", "seeds = []", "seeds: "),
        ("neurons = 6", "nerves = 6", r"unknown key '.*nerves'; known .*neurons"),
        ("validation = 2", "checks = 2", r"unknown key 'task\.checks'"),
        ('"paper"', '"pauper"', "no configuration 'pauper'"),
    ],
)
def test_faults_in_the_file_are_named(tmp_path, old, new, message):
    assert old in CONFIG
    with pytest.raises(InputError, match=message):
        read_networks(write_config(tmp_path, CONFIG.replace(old, new)))


def test_the_published_networks_have_five_seeds():
    for name in ("figure_1", "figure_1_hardware"):
        [experiment] = read_networks(name)
        assert len(experiment.seeds) == 5
