"""Recipes: what may be in one, and which are found."""

import pytest

from cosim.cli import main
from cosim.experiments.calibration import recipe
from cosim.workbench import places
from ebn_model.errors import InputError

RECORDINGS = """
about = 'x'
base = 'published'
[recordings]
simulations = { simulation_1 = "25 ms" }
free = ["i_in", "i_tau_mem"]
within = ["8 nA", "10 nA"]
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("about='x'", "base"),
        ("about='x'\nbase='published'\ntypo=1", "unknown key 'typo'"),
        ("about='x'\nbase='published'\n[target]\nkick=1", "unknown 'kick'; known are tau_mem"),
        ("about='x'\nbase='published'\n[target]\nslope='1 V'", "unit V, expected A"),
        (
            "about='x'\nbase='published'\n[biases.i_x]\nvalue='1 nA'\nreason='r'",
            "unknown bias 'i_x'",
        ),
        (
            RECORDINGS + "[recordings.priors.i_tau_mem]\nvalue='30 ms'\ndeviation=1\nreason='r'",
            "unknown time constant 'i_tau_mem'; known are tau_mem, tau_exc, tau_inh",
        ),
        (
            RECORDINGS + "[recordings.priors.tau_exc]\nvalue='1 ms'\ndeviation=1\nreason='r'",
            "tau_exc is expected, but i_tau_exc isn't fitted",
        ),
        (
            RECORDINGS + "[recordings.priors.tau_mem]\nvalue='30 ms'\ndeviation=inf\nreason='r'",
            "deviation: Input should be a finite number",
        ),
        ("about=", "mine.toml"),
    ],
)
def test_a_faulty_recipe_is_refused(text, message, tmp_path, monkeypatch):
    tmp_path.joinpath("biases").mkdir()
    tmp_path.joinpath("biases", "mine.toml").write_text(text)
    monkeypatch.setattr(places, "NETLISTS", tmp_path)
    with pytest.raises(InputError, match=message):
        recipe.read_recipe("mine")


def test_a_recipe_may_choose_a_current_by_technology(tmp_path):
    path = tmp_path / "mine.toml"
    text = """
        about = "for a test"
        base = "published"
        [biases.i_lsb]
        value = "2 nA"
        reason = "most"
        [biases.i_lsb.technologies.sky130]
        value = "1 nA"
        reason = "this one"
    """
    path.write_text(text, encoding="utf-8")
    mine = recipe.read_recipe(str(path))
    assert mine.chosen("sky130")["i_lsb"].value == 1e-9
    assert mine.chosen("sky130")["i_lsb"].reason == "this one"
    assert mine.chosen("generic180")["i_lsb"].value == 2e-9
    mine.check_technologies({"generic180", "sky130"})
    with pytest.raises(InputError, match=r"biases\.i_lsb\.technologies: no 'sky130'; there are: "):
        mine.check_technologies({"generic180", "sky310"})


def test_an_unknown_recipe_names_those_there_are():
    with pytest.raises(InputError, match="no recipe 'nowhere'; there are: network, published"):
        recipe.read_recipe("nowhere")


def test_a_recipe_of_the_users_is_read_by_its_path(tmp_path, monkeypatch):
    for folder, base in (("a", "rule"), ("b", "table.spice")):
        tmp_path.joinpath(folder).mkdir()
        text = f"about = 'x'\nbase = '{base}'\n"
        tmp_path.joinpath(folder, "mine.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert recipe.read_recipe("a/mine.toml").base == "rule"
    assert recipe.read_recipe("b/mine.toml").base == "b/table.spice"


def test_no_recipe_overwrites_the_table_of_another(tmp_path, capsys):
    for folder in ("a", "b"):
        tmp_path.joinpath(folder).mkdir()
        tmp_path.joinpath(folder, "mine.toml").write_text("about='x'\nbase='rule'\n")
    stated = [str(tmp_path / folder / "mine.toml") for folder in ("a", "b")]
    assert main(["calibrate", *stated, "--out", str(tmp_path / "out")]) == 2
    assert "b/mine.toml: another recipe makes a table 'mine', too" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
