import pytest
from experiment_calls import read_replay
from small_replay import CONFIG

from ebn_model.errors import InputError


def test_a_file_is_read(config, tmp_path):
    replay = read_replay(config)
    settings = replay.settings
    assert (replay.name, replay.title) == ("small", "A small replay")
    assert replay.results == tmp_path / "small_results"
    assert replay.command == f"ebn-cosim run {config}"
    assert (settings.stretch.duration, settings.stretch.rows) == (50e-3, (1, 3))
    assert (settings.view, settings.stretch.forced) == ("mixed", True)
    assert (replay.parameters.neurons, settings.network.seed) == (5, 2)
    assert settings.tolerances.one_step == 0.9


def test_full_replaces_the_stretch(config):
    replay = read_replay(config, full=True)
    assert replay.settings.stretch.duration == 80e-3
    assert replay.settings.stretch.rows == "all"
    assert replay.command.endswith("--full")
    # Results of both sizes are in the same place: the last one is what the summary tells.
    assert replay.results == read_replay(config).results


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("stretch.rows=0,4", lambda replay: replay.settings.stretch.rows == (0, 4)),
        ("stretch.rows=all", lambda replay: replay.settings.stretch.rows == "all"),
        ("stretch.duration=20m", lambda replay: replay.settings.stretch.duration == 20e-3),
        ("stretch.forced=false", lambda replay: not replay.settings.stretch.forced),
        ("tolerances.dead_band=5p", lambda replay: replay.settings.tolerances.dead_band == 5e-12),
        ("network.seed=7", lambda replay: replay.settings.network.seed == 7),
        ("iterations=2", lambda replay: replay.settings.network.iterations == 2),
        ("view=multiplexed", lambda replay: replay.settings.view == "multiplexed"),
        ("dacs=8", lambda replay: replay.settings.dacs == 8),
        ("neurons=6", lambda replay: replay.parameters.neurons == 6),
        ("sub_lsbs=2", lambda replay: replay.parameters.sub_lsbs == 2),
        ("task.amplitude=10", lambda replay: replay.settings.network.task.amplitude == 10),
        ("configuration=hardware_robust", lambda replay: replay.parameters.sub_lsbs == 2),
    ],
)
def test_a_change_is_made_and_has_results_of_its_own(config, tmp_path, change, found):
    assert not found(read_replay(config))
    replay = read_replay(config, [change])
    assert found(replay)
    assert replay.title == f"A small replay, with {change}"
    assert replay.results == tmp_path / "small_results" / change
    assert replay.command.endswith(f"--set {change}")


def test_what_is_as_it_was_is_no_change(config, tmp_path):
    replay = read_replay(config, ["view=mixed", "network.seed=2", "dacs=5"], out=tmp_path)
    assert replay.changes == ("dacs=5",)
    assert replay.results == tmp_path / "small" / "dacs=5"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("stretch.length=1", r"unknown key 'stretch.length'.*stretch.duration"),
        ("view", "not of the form KEY=VALUE"),
        ("view=layout", "small.toml with 'view=layout'.*view"),
        ("stretch.rows=1,x", "rows"),
        ("mismatch.weight=0.2", r"mismatch\.weight: rows as circuits don't have this"),
        ("mismatch.stuck=0.1", r"mismatch\.stuck: rows as"),
        ("noise=1e-11", "noise: rows as circuits"),
        ("decision_noise=1e-11", "decision_noise: rows as circuits"),
        ("bits=4", "bits: rows as circuits"),
        ("neurons=1", "a row of one neuron has no synapse"),
        ("tolerances.dead_band=60", r"tolerances\.dead_band: .*less than or equal to 0.000001"),
        ("stretch.rows=-1", "rows"),
        ("stretch.duration=0", "duration"),
        ("configuration=paper", "'paper' is not a network of the chip"),
        ("configuration=best", "no configuration 'best'"),
    ],
)
def test_changes_that_cannot_be(config, change, complaint):
    with pytest.raises(InputError, match=f"(?s){complaint}"):
        read_replay(config, [change])


def test_unknown_keys_of_the_file(tmp_path):
    path = tmp_path / "bad.toml"
    for text, key in (
        ('kind = "replay"\n[stretch]\nlength = 1', "unknown key 'stretch.length'"),
        ('kind = "replay"\n[full]\nview = 1', "full: unknown key 'view'"),
    ):
        path.write_text(f"{text}\n[stretch]\n" if "full" in text else text)
        with pytest.raises(InputError, match=key):
            read_replay(str(path))


def test_the_projects_own_replay_is_of_all_rows_for_a_second():
    full = read_replay("network_replay", full=True)
    assert (full.settings.stretch.rows, full.settings.stretch.duration) == ("all", 1.0)
    assert (full.parameters.neurons, full.settings.biases) == (20, "network")
    tolerances = full.settings.tolerances
    assert tolerances.one_step >= 0.99
    assert min(tolerances.trajectory, tolerances.final_weight_correlation) >= 0.95
    assert tolerances.unexplained == 0


def test_a_table_of_the_users_is_seen_from_the_file_that_states_it(config, tmp_path):
    text = f'biases = "mine/network.spice"\n{CONFIG}'
    tmp_path.joinpath("small.toml").write_text(text, encoding="utf-8")
    assert read_replay(config).settings.biases == str(tmp_path / "mine" / "network.spice")


def test_a_path_among_the_changes_is_part_of_a_folders_name(config, tmp_path):
    replay = read_replay(config, ["biases=mine/network.spice"])
    assert replay.results == tmp_path / "small_results" / "biases=mine_network.spice"
