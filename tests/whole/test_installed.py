"""The wheel in an environment outside of the checkout, which nobody may write to."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest
from commands import RECIPE, WORK, Place
from own_cells import MEMBRANE
from permissions import BOUND

from cosim.workbench.experiment_files import experiment_names
from cosim.workbench.places import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.ngspice]

PARTS = ("cosim", "ebn_model", "netlists", "Simulations")

SHORT = '[stimulus]\nspikes = ["4 ms"]\nduration = "6 ms"\n'
BENCH = """\
* line: a node that follows the supply
.include ../cells.spice
.include bias_supply.spice
rline vdda out 1k
cline out 0 1n
.save v(out)
.tran 1u 1m
.meas tran top max v(out)
"""
IN_A_THREAD = """
import sys, threading
from cosim.__main__ import main

statuses = []
sys.argv = ["ebn-cosim", "run", "short.toml", "--view", "mixed"]
thread = threading.Thread(target=lambda: statuses.append(main()))
thread.start()
thread.join()
print(statuses)
"""


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def permit(folder, *, writing):
    """Give or take the right to write to a folder and all that is in it."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o200 if writing else path.stat().st_mode & ~0o222)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with results and caches in it, which can't be written to."""
    folder = tmp_path_factory.mktemp("checkout")
    left_out = shutil.ignore_patterns("results", "__pycache__")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    for left in ("Simulations/simulation_1/results/old.json", "cosim/__pycache__/old.pyc"):
        path = folder / left
        path.parent.mkdir()
        path.touch()
    permit(folder, writing=False)
    yield folder
    permit(folder, writing=True)


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    """The wheel of that checkout, as its owner's rights allow to build it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip_wheel = ["pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run(
        [*BOUND, sys.executable, "-m", *pip_wheel, "--wheel-dir", folder, checkout],
        check=True,
        capture_output=True,
    )
    [path] = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """An environment with the wheel, and with the packages that these tests run with."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = ["install", "--no-deps", "--no-index", "--no-compile", wheel]
    subprocess.run([folder / "bin" / "pip", *install], check=True, capture_output=True)
    [packages] = folder.glob("lib/python*/site-packages")
    # Paths alone: what their own .pth files would add, such as the checkout, stays out.
    others = {str(Path(path)) for path in sys.path if Path(path).name.endswith("-packages")}
    packages.joinpath("dependencies.pth").write_text("\n".join(others), encoding="utf-8")
    permit(folder, writing=False)
    yield folder
    permit(folder, writing=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


def run(program, *arguments, folder, home, path=None):
    """A process without a terminal, in a session of its own."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    added = {"PYTHONPATH": str(path)} if path else {}
    return subprocess.run(
        [*BOUND, program, *map(str, arguments)],
        cwd=folder,
        env={**kept, **added, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        start_new_session=True,
    )


@pytest.fixture
def command(environment, home, tmp_path):
    """Runs the installed command in a folder of the user's; gives what it printed."""

    def run_command(*arguments, folder=tmp_path, status=0):
        done = run(environment / "bin" / "ebn-cosim", *arguments, folder=folder, home=home)
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    return run_command


@pytest.fixture
def python(environment, home, tmp_path):
    return partial(run, environment / "bin" / "python", folder=tmp_path, home=home)


def test_the_wheel_has_all_that_the_checkout_has_and_no_more(wheel):
    wanted = {}
    for part in PARTS:
        place = part if part in ("cosim", "ebn_model") else f"cosim/data/{part}"
        for path in ROOT.joinpath(part).rglob("*"):
            if path.is_file() and not {"__pycache__", "results"} & {*path.parts}:
                name = path.relative_to(ROOT / part).as_posix()
                wanted[f"{place}/{name}"] = path.read_bytes()
    with ZipFile(wheel) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert {name: text for name, text in found.items() if ".dist-info/" not in name} == wanted
    assert any(name.endswith("/licenses/LICENSE") for name in found)


def test_the_installation_is_what_runs_and_cannot_be_written_to(python, environment):
    done = python("-c", "import cosim, ebn_model; print(cosim.__file__); print(ebn_model.__file__)")
    assert {Path(line).parents[4] for line in done.stdout.split()} == {environment}
    code = "import cosim, pathlib; pathlib.Path(cosim.__file__).with_name('new').touch()"
    assert "PermissionError" in python("-c", code).stderr


def test_it_lists_the_experiments(command):
    assert [line.partition(":")[0] for line in command("list").splitlines()] == experiment_names()


def test_it_runs_and_redraws_an_experiment_of_its_own(command, tmp_path):
    """Against the published spikes, which come with it."""
    printed = command("run", "simulation_1", "--view=model")
    assert "model against published" in printed
    folder = tmp_path / "results" / "simulation_1"
    assert read_json(folder / "summary.json")["passed"] is not False
    assert command("figures", "simulation_1") == f"{folder / 'figure.png'}\n"


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("network", "network_results/summary.json"),
        ("study", "out/study/summary.json"),
        ("replay", "out/summary.json"),
    ],
)
def test_processes_of_ours_work_for_it(command, tmp_path, name, result):
    place = Place(tmp_path)
    command(*WORK[name], folder=place.folder)
    assert read_json(tmp_path / result)
    assert not [*tmp_path.rglob(".unfinished-*")]


def test_a_compiled_loop_is_kept_in_the_home(python, home):
    code = "from ebn_model.network.decoding_kernel import add_spikes as f; import numpy as np"
    call = "f(np.zeros((3, 1)), np.ones(1, dtype=int), np.ones((1, 1)), 0.5, 9)"
    done = python("-c", f"{code}; {call}; print(f.stats.cache_path)")
    kept = Path(done.stdout.strip())
    assert kept.is_relative_to(home), done.stderr
    assert list(kept.glob("*.nbc"))


def test_a_datasheet_goes_to_the_working_directory(command, tmp_path):
    command("bench-cells", "flip_flop")
    folder = tmp_path / "results" / "cells" / "published-generic180-27C"
    assert read_json(folder / "datasheet.json")["passed"] is True


def test_a_calibrated_table_is_the_users_and_can_be_used(command, tmp_path):
    tmp_path.joinpath("near.toml").write_text(RECIPE, encoding="utf-8")
    printed = command("calibrate", "near.toml")
    made = tmp_path / "results" / "calibration"
    assert {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()} == {
        "biases/generic180/near.spice",
        "measured/near.json",
        "measured/near_row.json",
        "near_report.json",
    }
    table = made / "biases" / "generic180" / "near.spice"
    assert f"{table}: use it with --biases {table}\n" in printed
    tmp_path.joinpath("short.toml").write_text(SHORT, encoding="utf-8")
    command("run", "short.toml", "--view=mixed", f"--biases={table}")
    deck = (tmp_path / "short_results" / "mixed" / "deck.cir").read_text(encoding="utf-8")
    i_omega = read_json(made / "near_report.json")["table"]["i_omega"]
    assert f".param i_omega={i_omega!r}" in deck


def test_it_runs_in_another_thread_than_the_main_one(python, tmp_path):
    tmp_path.joinpath("short.toml").write_text(SHORT, encoding="utf-8")
    done = python("-c", IN_A_THREAD)
    assert done.stdout.endswith("\n[0]\n"), done.stdout + done.stderr


def test_a_checkout_that_cannot_be_written_to_needs_out(checkout, home, tmp_path):
    in_checkout = partial(run, sys.executable, "-m", "cosim", home=home, path=checkout)
    refused = in_checkout("bench-cells", "flip_flop", folder=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"ebn-cosim: cannot write to {checkout}/Simulations/cells")
    done = in_checkout("bench-cells", "flip_flop", "--out=out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_project_with_files_of_one_s_own_needs_no_checkout(command, environment, tmp_path):
    """Technology, cell, bench and simulation; nothing in the installation is touched."""
    before = {path: path.stat().st_mtime_ns for path in environment.rglob("*")}
    command("new", "mychip")
    own = tmp_path / "mychip"
    [brought] = environment.rglob("cosim/data/netlists")
    for ending in (".toml", ".spice"):
        shutil.copy(brought / "technology" / f"generic180{ending}", own / "technology")
        (own / "technology" / f"generic180{ending}").rename(own / "technology" / f"mine{ending}")
    facts = own / "technology" / "mine.toml"
    text = facts.read_text(encoding="utf-8").replace("generic180.spice", "mine.spice")
    facts.write_text(text, encoding="utf-8")
    shutil.copytree(brought / "biases" / "generic180", own / "biases" / "mine")
    own.joinpath("ebn-cosim.toml").write_text('technology = "mine"\n', encoding="utf-8")
    own.joinpath("cells", "dpi_membrane.cir").write_text(MEMBRANE, encoding="utf-8")
    own.joinpath("benches", "line.cir").write_text(BENCH, encoding="utf-8")
    own.joinpath("benches", "line.toml").write_text(
        '[top]\nname = "highest voltage"\nunit = "V"\nmin = "0.9 * supply"\nreason = "slow"\n',
        encoding="utf-8",
    )
    stimulus = own / "simulations" / "short" / "config.toml"
    stimulus.parent.mkdir()
    stimulus.write_text(SHORT, encoding="utf-8")
    command("run", "short", "--view=mixed", folder=own)
    summary = read_json(stimulus.parent / "results" / "summary.json")
    assert summary["experiment"]["technology"] == "mine"
    deck = stimulus.parent / "results" / "mixed" / "deck.cir"
    assert "xa4 v_mem reset" in deck.read_text(encoding="utf-8")
    command("bench-cells", "line", folder=own)
    [sheet] = own.glob("results/cells/*/datasheet.json")
    assert read_json(sheet)["benches"]["line"]["passed"] is True
    assert before == {path: path.stat().st_mtime_ns for path in environment.rglob("*")}
