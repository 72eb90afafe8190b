"""docs/own_circuit.md: what the page says, done as it says, in an empty folder."""

import csv
import json
import re
from pathlib import Path

import pytest
from pages import page_text, run_command, texts
from pdk_models import need_models

from cosim.workbench.places import PROJECT_FILE

pytestmark = [pytest.mark.slow, pytest.mark.ngspice]

PAGE = "docs/own_circuit.md"
COMMANDS = re.findall(r"^    ((?:ebn-cosim|cp) .*?)(?: +#.*)?$", page_text(PAGE), re.M)
SETTINGS, PROBES, LIMITS = texts(PAGE, "toml")
[SPIKES] = texts(PAGE, "csv")
[BENCH] = texts(PAGE, "spice")


@pytest.fixture(scope="module")
def chip(tmp_path_factory):
    """Function that runs the page's command with these words in the page's project."""
    need_models("sky130")
    folder = tmp_path_factory.mktemp("empty")

    def command(*words, status=0, project=True):
        [line] = [one for one in COMMANDS if one.split()[: len(words)] == [*words]]
        return run_command(line, folder / "mychip" if project else folder, status)

    command("ebn-cosim", "new", project=False)
    own = folder / "mychip"
    text = SETTINGS.replace("[probes]                   # see below\n", PROBES)
    own.joinpath(PROJECT_FILE).write_text(text, encoding="utf-8")
    own.joinpath("spikes.csv").write_text(SPIKES, encoding="utf-8")
    own.joinpath("benches", "follower.cir").write_text(BENCH, encoding="utf-8")
    own.joinpath("benches", "follower.toml").write_text(LIMITS, encoding="utf-8")
    for line in COMMANDS:
        if line.startswith("cp "):
            command(*line.split()[:2])
    return own, command


def read_json(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def values(folder, bench):
    [path] = folder.glob(f"results/cells/*/{bench}/run.json")
    return read_json(path)["values"]


def test_the_cells_and_what_is_read_in_them_are_listed(chip):
    folder, command = chip
    printed = command("ebn-cosim", "cells")
    assert f"dpi_membrane: {folder / 'cells' / 'dpi_membrane.cir'}" in printed
    assert "v_hold (V): high in the refractory period; net4" in printed


def test_the_datasheet_measures_both_cells_and_the_own_bench(chip):
    folder, command = chip
    # The biases are those of another circuit, and some values fail.
    command("ebn-cosim", "bench-cells", "dpi_membrane", status=1)
    assert values(folder, "dpi_membrane")["i_tau"] == pytest.approx(10.6e-12, rel=0.1)
    spikes = values(folder, "spike_generator")
    assert spikes["threshold"] == pytest.approx(13.7e-9, rel=0.05)
    assert 0.5e-3 < spikes["refractory"] < 5e-3
    command("ebn-cosim", "bench-cells", "follower")
    assert 0 < values(folder, "follower")["fall"] < 1e-3


def test_calibration_meets_its_targets_and_the_row_replays(chip):
    folder, command = chip
    command("ebn-cosim", "calibrate", "network")
    tables = folder / "biases" / "sky130"
    assert tables.joinpath("network.spice").is_file()
    report = read_json(folder / "results" / "calibration" / "network_report.json")
    for name, wanted in report["target"].items():
        assert report["measured"][name] == pytest.approx(wanted, rel=1e-3)
    command("ebn-cosim", "replay")
    assert read_json(folder / "replay" / "summary.json")["passed"] is not False


def test_simulation_1_comes_to_rest_once_calibrated(chip):
    folder, command = chip
    command("ebn-cosim", "run", "simulation_1")
    [spikes] = (folder / "results" / "simulation_1").glob("**/mixed/per_spike.csv")
    with spikes.open(encoding="utf-8") as file:
        known = [row["weight_after"] for row in csv.DictReader(file) if row["weight_after"]]
    weights = [int(weight) for weight in known]
    assert weights[0] != weights[-1]
    assert len(set(weights[-20:])) == 1
    assert abs(weights[-1]) < 31
