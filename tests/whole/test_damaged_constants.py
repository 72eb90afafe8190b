"""Measured constants that were damaged, or are those of something else, are refused by name."""

import shutil

import pytest
from damage import DAMAGES, named, removed

from cosim.cells.row_constants import row_constants
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.experiments.network.changes import simulated_parameters
from cosim.workbench import netlist_digests
from cosim.workbench.json_files import write_json
from cosim.workbench.places import NETLISTS
from ebn_model import measured
from ebn_model.configurations import configuration
from ebn_model.errors import InputError
from ebn_model.sealed import DamagedError

pytestmark = pytest.mark.usefixtures("permissions")


@pytest.fixture
def constants(tmp_path, monkeypatch):
    """The folder of measured constants, a copy."""
    folder = tmp_path / "measured"
    shutil.copytree(measured.FOLDER, folder)
    monkeypatch.setattr(measured, "FOLDER", folder)
    caches = measured.measured_parameters, measured.measured_biases, measured.measured_netlists
    for cached in caches:
        cached.cache_clear()
    yield folder
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("damaged", [d for d in DAMAGES if d is not removed], ids=named)
def test_damaged_constants_are_refused(constants, damaged):
    path = constants / "network_row.json"
    damaged(path, constants / "rule_row.json")
    with pytest.raises(DamagedError, match=str(path)):
        configuration("hardware")
    with pytest.raises(DamagedError, match=str(path)):
        row_constants("network", Conditions())
    assert configuration("paper").neurons == 20


@pytest.fixture
def edited_netlist(tmp_path, monkeypatch):
    """A copy of the netlists, of which one has another size than when constants were measured."""
    netlists = tmp_path / "netlists"
    shutil.copytree(NETLISTS, netlists)
    monkeypatch.setattr(netlist_digests, "NETLISTS", netlists)
    cell = netlists / "cells" / "dpi_membrane.cir"
    return cell


def test_constants_of_other_netlists_are_not_used(edited_netlist, monkeypatch, caplog):
    cell = edited_netlist
    text = cell.read_text(encoding="utf-8")
    cell.write_text(f"* a comment\n{text}\n", encoding="utf-8")
    assert row_constants("network", Conditions()) == measured.measured_parameters("network_row")
    assert simulated_parameters("hardware", {}, "here").neurons == 20

    monkeypatch.setattr("cosim.cells.characterise.measure_neuron", lambda *_: None)
    monkeypatch.setattr("cosim.cells.row_constants.row_parameters", lambda *_: "measured anew")
    cell.write_text(f"{text}\nc1 in gnd 1f\n", encoding="utf-8")
    assert row_constants("network", Conditions()) == "measured anew"
    assert "network_row.json: cells/dpi_membrane.cir changed; measured anew" in caplog.text
    with pytest.raises(InputError, match=r"before cells/dpi_membrane\.cir changed; .* network"):
        simulated_parameters("hardware", {}, "here")
    assert simulated_parameters("paper", {}, "here").neurons == 20


def test_missing_constants_are_refused(constants):
    constants.joinpath("network_row.json").unlink()
    with pytest.raises(InputError, match="no measured constants 'network_row'; there are: "):
        configuration("hardware")


def test_constants_of_another_table_are_not_used(constants, monkeypatch, caplog):
    class Measured(Exception):  # noqa: N818
        """Benches would run now."""

    def benches(*arguments):
        raise Measured

    monkeypatch.setattr("cosim.cells.characterise.measure_neuron", benches)
    table, neuron = read_biases("rule"), measured.measured_parameters("network_row")
    record = measured.measured_record("network_row", neuron, table, {})
    write_json(record, constants / "network_row.json")
    with pytest.raises(Measured):
        row_constants("network", Conditions())
    assert "network_row.json: of other currents than table network has" in caplog.text
