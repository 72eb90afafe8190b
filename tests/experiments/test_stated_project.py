"""An experiment's file that states the project it runs in."""

import pytest

from cosim.cli import main
from cosim.experiments import command, overview
from cosim.experiments.protocol import DEFAULT
from cosim.experiments.registry import kind_of
from cosim.workbench import experiment_files
from cosim.workbench.checks import information
from cosim.workbench.experiment_files import read_file
from cosim.workbench.places import SIMULATIONS, in_project, project
from cosim.workbench.report import Report
from ebn_model.errors import InputError


class Noting:
    """A kind that notes in which project it was asked what."""

    takes = frozenset()
    not_on_a_cluster = ""

    def __init__(self):
        self.asked = []

    def read(self, file, _request):
        self.asked.append(("read", file.name, project()))
        return [file]

    def run(self, experiments, _work):
        for one in experiments:
            self.asked.append(("run", one.name, project()))
            yield Report(one.name, one.path.parent, [information("a", "b", "c")])

    def report(self, experiments, redraw=False):
        for one in experiments:
            self.asked.append(("redrawn" if redraw else "report", one.name, project()))
            yield Report(one.name, one.path.parent, [])


@pytest.fixture
def folders(tmp_path):
    """Two projects, and two files, of which `inside` states the first of them."""
    for name in ("mine", "other"):
        tmp_path.joinpath(name).mkdir()
        tmp_path.joinpath(name, "ebn-cosim.toml").touch()
    text = 'kind = "noting"\n'
    tmp_path.joinpath("inside.toml").write_text(f'{text}project = "mine"\n', encoding="utf-8")
    tmp_path.joinpath("outside.toml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def kind(monkeypatch):
    noting = Noting()
    for module in (command, overview):
        monkeypatch.setattr(module, "kind_of", lambda _file: noting)
    return noting


def test_each_file_runs_in_its_own_project(folders, kind):
    files = [str(folders / name) for name in ("inside.toml", "outside.toml")]
    for name in ("run", "report", "figures"):
        assert main([name, *files]) == 0
    mine = folders / "mine"
    read = [("read", "inside", mine), ("read", "outside", None)]
    assert kind.asked == [
        *read,
        ("run", "inside", mine),
        ("run", "outside", None),
        *read,
        ("report", "inside", mine),
        ("report", "outside", None),
        *read,
        ("redrawn", "inside", mine),
        ("redrawn", "outside", None),
    ]
    assert project() is None


def test_the_page_on_all_results_is_made_in_the_file_s_project(folders, kind):
    overview._entry(read_file(str(folders / "inside.toml")))
    mine = folders / "mine"
    assert kind.asked == [("read", "inside", mine), ("report", "inside", mine)]


def test_the_project_of_the_command_comes_first(folders, kind):
    other = folders / "other"
    assert main(["--project", str(other), "run", str(folders / "inside.toml")]) == 0
    assert kind.asked == [("read", "inside", other), ("run", "inside", other)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('project = "nowhere"', "nowhere is no project"),
        ("project = 3", "project = 3 is no path of a folder"),
    ],
)
def test_a_project_that_is_none_is_named(folders, line, message):
    path = folders / "odd.toml"
    path.write_text(f'kind = "dies"\n{line}\n', encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_file(str(path))


def test_results_stay_where_they_are_without_the_project(folders, monkeypatch):
    values = {"kind": "dies", "project": str(folders / "mine")}
    monkeypatch.setattr(experiment_files, "read_toml", lambda _path: dict(values))
    stated = read_file("dies")
    with stated.in_project():
        assert stated.results() == SIMULATIONS / "dies" / "results"
    with in_project(folders / "other"):
        assert read_file("dies").results() == folders / "other" / "results" / "dies"


STIMULUS = '[stimulus]\nspikes = ["4 ms", "9 ms"]\nstart_weight = 8\n'
NAMING = {
    "bias_comparison": 'stimuli = ["stim.toml"]\ntables = ["published", "rule"]\n',
    "dies": '[cases.one]\nsimulation = "stim.toml"\n',
    "sizing": """areas = [0.5, 1.0]
smallest_gate = 4.0
simulations = ["stim.toml"]
biases = "published"
dies = 3
[layout]
analog = 3.0
logic = 10.0
capacitors = 1.2
density = { generic180 = 1.0 }
""",
    "technologies": """technologies = ["generic180"]
[typical]
simulations = ["stim.toml"]
[corners]
simulation = "stim.toml"
corners = ["tt"]
""",
}
"""Files that name another experiment's file, by their kind."""


@pytest.fixture(params=NAMING)
def read_naming(folders, request):
    """Reads a file that names another one, with what both state of their projects."""

    def read(named, naming):
        folders.joinpath("stim.toml").write_text(named + STIMULUS, encoding="utf-8")
        path = folders / "naming.toml"
        text = f'kind = "{request.param}"\n{naming}{NAMING[request.param]}'
        path.write_text(text, encoding="utf-8")
        file = read_file(str(path))
        with file.in_project():
            return kind_of(file).read(file, DEFAULT)

    return read


@pytest.mark.parametrize("naming", ["", 'project = "other"\n'])
def test_a_file_that_is_named_by_another_one_is_not_run_in_another_project(read_naming, naming):
    with pytest.raises(InputError, match=r"stim\.toml: project = .*mine.*naming\.toml names"):
        read_naming('project = "mine"\n', naming)


def test_a_file_that_is_named_by_another_one_may_state_the_same_project(read_naming):
    assert read_naming('project = "mine"\n', 'project = "mine"\n')
    assert read_naming("", 'project = "mine"\n')


def test_the_project_of_the_command_comes_first_in_files_that_are_named(folders, read_naming):
    with in_project(folders / "other"):
        assert read_naming('project = "mine"\n', "")
