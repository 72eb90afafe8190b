"""A user's project: what its file says, and files of its own in place of ours."""

import shutil

import pytest
from experiment_calls import read_experiment
from own_cells import MEMBRANE

from cosim.cells.bench import bench_names
from cosim.circuits.bias_tables import bias_folder, read_biases
from cosim.circuits.cells_command import description
from cosim.circuits.conditions import Conditions, deck_under
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.new_project import make_project
from cosim.circuits.own_cells import CellError, own_cells
from cosim.circuits.project import NONE, project_settings
from cosim.experiments.calibration.folders import Folders
from cosim.technologies.technology import FOLDER, read_technology, technology_names
from cosim.workbench.experiment_files import experiment_names, read_file
from cosim.workbench.netlist_digests import changed_netlists, check_measured, netlist_digests
from cosim.workbench.places import NETLISTS, PROJECT_FILE, in_project
from ebn_model.errors import InputError


def state(folder, text):
    folder.joinpath(PROJECT_FILE).write_text(text, encoding="utf-8")


def write_cell(folder, name, text):
    path = folder / "cells" / f"{name}.cir"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_new_project_is_ours_with_places_for_files(project):
    assert project_settings() == NONE.model_copy(update={"about": "mychip"})
    folders = {path.parent.name for path in project.glob("*/README.md")}
    assert folders == {"cells", "biases", "benches", "technology", "simulations"}
    assert Conditions() == Conditions(technology="generic180")


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    tmp_path.joinpath("mine.txt").touch()
    with pytest.raises(InputError, match="is there already"):
        make_project(tmp_path)
    with pytest.raises(InputError, match="unknown technology 'sky'"):
        make_project(tmp_path / "new", "sky")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_supply_holds_whichever_way_the_technology_is_stated(project, monkeypatch):
    text = FOLDER.joinpath("sky130.toml").read_text(encoding="utf-8")
    project.joinpath("technology", "mine.toml").write_text(text, encoding="utf-8")
    state(project, 'technology = "technology/mine.toml"\nsupply = "1.7 V"\n')
    monkeypatch.chdir(project / "cells")
    for stated in ("mine", "../technology/mine.toml", str(project / "technology" / "mine.toml")):
        assert Conditions(technology=stated).supply == 1.7
    assert Conditions(technology="sky130").supply == 1.8


def test_what_the_file_says_holds_where_nothing_else_is_stated(project):
    state(project, 'technology = "sky130"\nsupply = "1.7 V"\n[tables]\nneuron = "rule"\n')
    assert (Conditions().technology, Conditions().supply) == ("sky130", 1.7)
    # The supply is that of the project's technology.
    assert Conditions(technology="gf180").supply == 3.3
    assert Conditions(supply="1.6 V").supply == 1.6
    path = project / "simulations" / "mine.toml"
    path.write_text('[stimulus]\nspikes = ["4 ms"]\n', encoding="utf-8")
    experiment = read_experiment(path)
    assert (experiment.technology, experiment.biases) == ("sky130", "rule")
    with in_project(None):
        assert Conditions().technology == "generic180"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("technologie = 'sky130'", "unknown key 'technologie'; known are about, technology"),
        ("technology = 'sky'", "unknown technology 'sky'; there are: generic180"),
        ("rails = ['v ssp']", "rails: 'v ssp' is no name of a node"),
        ("supply = 1.8V", r"ebn-cosim\.toml: "),
        ("[tables]\nrows = 'x'", "unknown key 'tables.rows'; known are neuron, row"),
        ("[probes]\ni_men = 'x'", "unknown probe 'i_men'; there are: i_mem"),
        ("[probes]\ni_mem = 'x1 x2'", "'x1 x2' is neither a number nor like xm3"),
    ],
)
def test_a_fault_in_the_file_is_named(project, text, message):
    state(project, text)
    with pytest.raises(InputError, match=message):
        Conditions()


def test_rails_are_nodes_of_all_cells_of_a_deck(project):
    state(project, 'rails = ["v_low", "v_well"]')
    assert ".global v_low v_well" in deck_under("", Conditions()).text
    with in_project(None):
        assert ".global" not in deck_under("", Conditions()).text


def test_an_own_table_comes_before_ours(project):
    text = bias_folder("generic180").joinpath("rule.spice").read_text(encoding="utf-8")
    tables = project / "biases" / "generic180"
    tables.mkdir()
    tables.joinpath("published.spice").write_text(text, encoding="utf-8")
    tables.joinpath("mine.spice").write_text(text, encoding="utf-8")
    assert read_biases("published") == read_biases("mine") == read_biases("rule")
    with in_project(None):
        assert read_biases("published") != read_biases("rule")
        with pytest.raises(InputError, match="unknown bias table 'mine'"):
            read_biases("mine")


def test_a_table_for_other_cells_does_not_stand_in_for_an_own_one(project):
    """Own cells need their own currents in each technology."""
    tables = project / "biases" / "generic180"
    tables.mkdir()
    shutil.copy(bias_folder("generic180") / "published.spice", tables)
    with pytest.raises(InputError, match=r"own .* 'published' is for generic180 only; .* gf180$"):
        read_biases("published", "gf180")
    # Of what the project has no table of its own of, ours is the one there is.
    assert read_biases("rule", "gf180") == read_biases("rule", str(FOLDER / "gf180.toml"))


def test_comments_at_the_ends_of_a_tables_lines_are_as_in_ngspice(project):
    """Also blanks before, and upper case."""
    rule = read_biases("rule")
    lines = [
        f"  .PARAM {name.upper()}={value!r} $ why" for name, value in rule.model_dump().items()
    ]
    tables = project / "biases" / "generic180"
    tables.mkdir()
    tables.joinpath("mine.spice").write_text("\n".join(lines), encoding="utf-8")
    assert read_biases("mine") == rule


def test_an_own_technology_is_found_by_name(project):
    for ending in (".toml", ".spice"):
        shutil.copy(FOLDER / f"generic180{ending}", project / "technology" / f"mine{ending}")
    state(project, 'technology = "mine"')
    assert "mine" in technology_names()
    assert read_technology("mine").folder == project / "technology"
    with pytest.raises(InputError, match=r"technology mine has no bias tables in .*mychip"):
        read_biases("rule", "mine")
    state(project, 'technology = "technology/mine.toml"')
    assert Conditions().facts.name == "mine"


def test_an_own_simulation_comes_before_ours_and_has_its_results_beside_it(project):
    own = project / "simulations" / "simulation_1"
    own.mkdir()
    # Without a file it is no simulation.
    assert read_file("simulation_1").title.startswith("Simulation 1")
    own.joinpath("config.toml").write_text("title='Mine'\n[stimulus]\nspikes=[]\n")
    assert read_file("simulation_1").title == "Mine"
    assert read_file("simulation_1").results() == own / "results"
    assert read_file("simulation_2").results() == project / "results" / "simulation_2"
    assert experiment_names().count("simulation_1") == 1


def test_an_own_bench_is_one_of_all(project):
    project.joinpath("benches", "mine.toml").touch()
    assert "mine" in bench_names()
    with in_project(None):
        assert "mine" not in bench_names()


def test_calibrated_tables_stay_in_the_project(project):
    tables = project / "biases" / "generic180"
    assert Folders.of(None) == Folders(tables, tables, project / "results" / "calibration")
    tables = project / "biases" / "sky130"
    assert Folders.of(None, Conditions(technology="sky130")).tables == tables


def test_an_own_cell_takes_the_place_of_ours_in_every_deck(project, biases):
    before = TransistorCircuit(biases)._netlist
    path = write_cell(project, "dpi_membrane", MEMBRANE)
    assert own_cells() == {"dpi_membrane": path}
    after = TransistorCircuit(biases)._netlist
    # So the key of a result, which has the digest, tells one from the other.
    assert after.sha256 != before.sha256
    assert "xa4 v_mem reset" in after.text and "xa4 v_mem reset" not in before.text
    assert after.text.count(".subckt dpi_membrane") == 1


def test_measured_constants_are_not_those_of_an_own_cell(project):
    ours = netlist_digests([NETLISTS / "cells" / "dpi_membrane.cir"])
    assert changed_netlists(ours) == []
    path = write_cell(project, "dpi_membrane", MEMBRANE)
    assert changed_netlists(ours) == ["cells/dpi_membrane.cir"]
    own = netlist_digests([path])
    assert own.keys() == ours.keys() and own != ours
    assert changed_netlists(own) == []


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ('about = "other words"\n[tables]\nneuron = "rule"\n', []),
        ('supply = "1.7 V"\n', [PROJECT_FILE]),
        ('rails = ["v_ssp"]\n', [PROJECT_FILE]),
        ('[probes]\ni_tau_syn = "xtau"\n', [PROJECT_FILE]),
    ],
)
def test_measured_constants_follow_what_the_project_says_of_the_circuit(project, text, changed):
    state(project, 'about = "some words"\n')
    before = netlist_digests([project / PROJECT_FILE])
    state(project, text)
    assert changed_netlists(before) == changed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MEMBRANE.replace("dpi_membrane", "membrane"), "defines no subcircuit dpi_membrane"),
        (MEMBRANE.replace(" reset vdd", " vdd", 1), "it lacks reset$"),
        (MEMBRANE.replace("in v_mem", "i_in v_mem", 1), "it lacks in and has i_in besides"),
        (MEMBRANE.replace("in v_mem v_th", "v_mem in v_th", 1), "in another order: v_mem in v_th"),
    ],
)
def test_a_cell_with_other_pins_is_refused(project, text, message):
    path = write_cell(project, "dpi_membrane", text)
    with pytest.raises(CellError, match=message) as error:
        deck_under("x", Conditions())
    assert str(path) in str(error.value)


def test_pins_may_be_in_capitals_and_over_lines(project):
    text = MEMBRANE.replace("in v_mem v_th v_tau", "IN V_MEM\n+ V_TH V_TAU", 1)
    write_cell(project, "dpi_membrane", text)
    deck_under("x", Conditions())


def test_what_a_cell_must_offer_is_listed(project):
    state(project, '[probes]\ni_tau_mem = "xa1"')
    text = description("dpi_membrane")
    assert "  pins  in v_mem v_th v_tau reset vdd vss" in text
    assert "i_tau_mem (A): leak of the membrane, I_tau; xa1" in text
    assert f"dpi_membrane: {NETLISTS}" in text
    assert "  parameters  c\n" in text
    path = write_cell(project, "dpi_membrane", MEMBRANE)
    assert description("dpi_membrane").startswith(f"dpi_membrane: {path}\n")


def test_a_network_without_circuits_does_not_take_our_constants_for_an_own_cell(project):
    check_measured("network_row")
    write_cell(project, "dpi_membrane", MEMBRANE)
    with pytest.raises(InputError, match=r"cells/dpi_membrane\.cir changed; networks without"):
        check_measured("network_row")
