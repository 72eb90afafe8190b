"""The constants that a replayed network learns with: those of its rows' circuits."""

from pathlib import Path

import pytest
from experiment_calls import read_replay, run_replay, summary_of

from cosim.workbench.places import NETLISTS, in_project
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters

pytestmark = pytest.mark.usefixtures("solver")

SECOND = NETLISTS / "second_version"


def test_a_network_of_dies_has_the_constants_of_its_rows(config, monkeypatch):
    """It learns with them, and its rows are these dies as circuits."""
    nominal, asked = measured_parameters("network_row"), []

    def measured(_table, conditions, _pool):
        asked.append(conditions.die)
        return nominal.model_copy(update={"i_in": nominal.i_in * (1 + 0.01 * conditions.die)})

    monkeypatch.setattr("cosim.replay.open_loop.row_constants", measured)
    experiment = read_replay(config, ["first_die=3"])
    run_replay(experiment)
    count = experiment.parameters.neurons
    # Each is measured once, for the network and for its row's model.
    assert asked == list(range(3, 3 + count))
    parameters = summary_of(experiment.results)["configuration"]["parameters"]
    assert [row["i_in"] for row in parameters["rows"]] == [
        pytest.approx(nominal.i_in * (1 + 0.01 * die)) for die in asked
    ]


@pytest.mark.parametrize(
    ("project", "changes", "folder"),
    [
        (None, [], None),
        (None, ["temperature=60 °C"], None),
        (None, ["technology=gf180"], NETLISTS / "biases" / "gf180"),
        (SECOND, [], SECOND / "biases" / "generic180"),
    ],
)
def test_the_networks_neurons_are_those_of_the_circuit(
    config, monkeypatch, project, changes, folder
):
    """As it was designed: the temperature is that of the rows alone."""
    with in_project(project):
        expected = measured_parameters("network_row", folder)
        monkeypatch.setattr("cosim.replay.open_loop.row_constants", lambda *_: expected)
        experiment = read_replay(config, changes)
        run_replay(experiment)
    parameters = summary_of(experiment.results)["configuration"]["parameters"]
    assert parameters["neuron"] == expected.model_dump(mode="json")


def test_constants_that_are_stated_stay(config):
    other = measured_parameters("network_row").model_dump(mode="json") | {"i_in": 6e-10}
    path = Path(config)
    text = path.read_text().replace("neurons = 5", f"neurons = 5\nneuron = {inline(other)}")
    path.write_text(text)
    experiment = read_replay(config)
    run_replay(experiment)
    parameters = summary_of(experiment.results)["configuration"]["parameters"]
    assert parameters["neuron"]["i_in"] == 6e-10


def inline(table):
    """The table on one line of TOML; None has no place there."""
    if not isinstance(table, dict):
        return str(table)
    pairs = (f"{key} = {inline(value)}" for key, value in table.items() if value is not None)
    return f"{{ {', '.join(pairs)} }}"


def test_one_die_for_all_rows_and_dies_of_their_own_exclude_each_other(config):
    with pytest.raises(InputError, match="first_die states those of the rows"):
        read_replay(config, ["first_die=3", "die=4"])
