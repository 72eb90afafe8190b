"""What `make platforms` reads, compares and refuses; no fresh system is made here."""

import json
import os
import subprocess

import pytest

from platforms import __main__ as command
from platforms import machine, newest_ngspice, outcome, tree
from platforms.machine import PlatformError
from platforms.newest_ngspice import Ngspice
from platforms.outcome import IncompleteError, Outcome
from platforms.tree import Tree, fresh_tree

pytestmark = pytest.mark.slow

SPIKES = (
    "spike,t_rise_ms,t_fall_ms,i_mem_rise_nA,i_mem_fall_nA,decision,weight_before,weight_after\n"
)
STEPS = "time_ms,pre,decision,weight_circuit,weight_model\n"


@pytest.fixture
def simulations(tmp_path):
    """Write what the experiments leave: decisions, I_mem in nA and weights of a step."""

    def write(name="one", decision="INC", i_mem=0.5, weight=3, passed=True):
        folder = tmp_path / name
        for experiment, (comparison, quantity) in outcome.DECISIONS.items():
            results = folder / experiment / "results"
            results.mkdir(parents=True)
            line = {"comparison": comparison, "quantity": quantity, "measured": "9 of 10"}
            summary = {"passed": passed, "verdict": [line]}
            results.joinpath("summary.json").write_text(json.dumps(summary), encoding="utf-8")
        for experiment in outcome.SPIKES:
            for view in outcome.VIEWS:
                table = folder / experiment / "results" / view / "per_spike.csv"
                table.parent.mkdir()
                table.write_text(f"{SPIKES}0,4,5,{i_mem},0,{decision},8,9\n", encoding="utf-8")
        table = folder / "network_replay/results/trajectories/row_003.csv"
        table.parent.mkdir()
        table.write_text(f"{STEPS}1,0,INC,{weight},9\n", encoding="utf-8")
        return folder

    return write


def test_decisions_are_those_of_the_verdicts(simulations):
    found = Outcome("Debian")
    outcome.read_decisions(simulations(), found)
    assert found.decisions == dict.fromkeys(outcome.DECISIONS, "9 of 10")
    assert found.passed


def test_a_verdict_that_fails_or_is_missing_is_a_fault(simulations):
    found = Outcome("Debian")
    folder = simulations(passed=False)
    (folder / "simulation_2/results/summary.json").unlink()
    (folder / "network_replay/results/summary.json").write_text('{"passed": true, "verdict": []}')
    outcome.read_decisions(folder, found)
    assert found.faults[0] == "simulation_1: the verdict is not pass"
    assert found.faults[1].startswith("simulation_2: no summary")
    assert found.faults[2].startswith("network_replay: the verdict has no 'decisions along")


@pytest.mark.parametrize(
    ("counts", "text", "faults"),
    [
        ((10, 0, 0, 0), "10 of 10", []),
        ((10, 0, 0, 1), "9 of 10, 1 skipped", []),
        ((10, 2, 1, 0), "7 of 10", ["3 of 10 tests failed"]),
        ((0, 0, 0, 0), "0 of 0", ["0 of 0 tests failed"]),
    ],
)
def test_tests_are_counted(tmp_path, counts, text, faults):
    names = ("tests", "failures", "errors", "skipped")
    attributes = " ".join(f'{name}="{n}"' for name, n in zip(names, counts, strict=True))
    report = tmp_path / "tests.xml"
    report.write_text(f"<testsuites><testsuite {attributes}/></testsuites>", encoding="utf-8")
    found = Outcome("Debian")
    outcome.read_tests(report, found)
    assert (found.tests, found.faults) == (text, faults)


def test_tests_without_a_report_are_a_fault(tmp_path):
    found = Outcome("Debian")
    outcome.read_tests(tmp_path / "tests.xml", found)
    assert found.faults[0].startswith("the tests left no report")


@pytest.mark.parametrize(
    ("changes", "agreement", "fault"),
    [
        ({}, "all; 0 pA", None),
        ({"i_mem": 0.504}, "all; 4 pA", None),
        ({"i_mem": 0.506}, "all; 6 pA", "I_mem differs by 6 pA RMS"),
        (
            {"decision": "SL"},
            "no",
            "other decisions in simulation_1 transistor, simulation_1 mixed",
        ),
        ({"weight": 4}, "no", "other decisions in network_replay row_003"),
    ],
)
def test_platforms_are_compared_with_the_first(simulations, changes, agreement, fault):
    first = outcome.read_waveforms(simulations())
    own = outcome.read_waveforms(simulations("other", **changes))
    found = Outcome("Debian")
    outcome.compare(own, first, found)
    assert found.agreement == agreement
    assert [text.startswith(fault or "") for text in found.faults] == [True] * bool(fault)


@pytest.mark.parametrize(
    "missing",
    [
        "simulation_2/results/mixed/per_spike.csv",
        "network_replay/results/trajectories/row_003.csv",
    ],
)
def test_a_run_that_is_missing_is_named(simulations, missing):
    folder = simulations()
    folder.joinpath(missing).unlink()
    with pytest.raises(IncompleteError, match=missing.split("/")[0]):
        outcome.read_waveforms(folder)


def test_the_table_has_a_line_for_each_and_lists_what_failed():
    decisions = dict(zip(outcome.DECISIONS, ("100", "93", "175"), strict=True))
    one = Outcome("Debian 12", "39.3", "3.11.2", "9 of 9", decisions)
    other = Outcome("Debian 13", faults=["make sim ended with exit code 2"])
    *_, first, second, empty, fault = outcome.markdown([one, other]).splitlines()
    assert first == "| Debian 12 | 39.3 | 3.11.2 | 9 of 9 | 100 | 93 | 175 | – |"
    assert second == "| Debian 13 | – | – | – | – | – | – | – |"
    assert (empty, fault) == ("", "- Debian 13: make sim ended with exit code 2")


def test_settings_of_pip_become_variables():
    settings = """\
:env:.cert='/etc/other.crt'
global.extra-index-url='https://one/simple file:///srv/two/simple'
global.timeout='60'
install.timeout='90'
"""
    assert machine.pip_variables(settings) == {
        "PIP_EXTRA_INDEX_URL": "https://one/simple file:///srv/two/simple",
        "PIP_TIMEOUT": "90",
    }


def test_paths_in_settings_are_found(tmp_path):
    for name in ("wheels", "index", "index/simple"):
        tmp_path.joinpath(name).mkdir()
    values = {
        "PIP_FIND_LINKS": f"{tmp_path}/wheels {tmp_path}/missing",
        "PIP_INDEX_URL": f"file://{tmp_path}/index/simple",
        "http_proxy": "http://proxy:3128/",
    }
    assert machine.named_paths(values) == [tmp_path / "index", tmp_path / "wheels"]


def test_the_mirror_is_the_one_that_is_named_or_that_apt_uses(monkeypatch):
    monkeypatch.setattr(machine, "need", lambda commands: None)
    monkeypatch.setattr(machine, "output", lambda command: "http://a/debian\nhttp://b/debian\n")
    monkeypatch.delenv("DEBIAN_MIRROR", raising=False)
    assert machine.debian_mirror() == "http://a/debian"
    monkeypatch.setattr(machine, "output", lambda command: "")
    with pytest.raises(PlatformError, match="set DEBIAN_MIRROR"):
        machine.debian_mirror()
    monkeypatch.setenv("DEBIAN_MIRROR", "http://c/debian")
    assert machine.debian_mirror() == "http://c/debian"


@pytest.mark.parametrize(
    ("version", "upstream"),
    [("39.3+ds-1", "39.3"), ("46+ds-1~bpo12+1", "46"), ("3.13.5-1", "3.13.5"), ("1:2.0", "2.0")],
)
def test_the_upstream_part_of_a_version(version, upstream):
    assert machine.upstream(version) == upstream


def test_a_command_that_fails_is_an_error_with_its_messages():
    with pytest.raises(PlatformError, match=r"(?s)exit 3 failed:.*no luck"):
        machine.output(["sh", "-c", "echo no luck >&2; exit 3"])


def test_what_is_missing_is_said(monkeypatch, tmp_path, capsys):
    with pytest.raises(PlatformError, match=r"no-such-command: sudo apt-get install package$"):
        machine.need({"no-such-command": "package"})
    monkeypatch.setattr(machine, "KEYRING", tmp_path / "missing.gpg")
    with pytest.raises(PlatformError, match="apt-get install debian-archive-keyring"):
        machine.keyring()
    monkeypatch.setattr(tree.os, "geteuid", lambda: 1000)
    assert command.main([]) == 2
    assert "platforms: needs root" in capsys.readouterr().err


def test_an_unknown_platform_gets_the_list(monkeypatch, capsys):
    monkeypatch.setattr(command, "check_means", lambda: None)
    assert command.main(["debian-11"]) == 2
    assert "there are debian-12, debian-12-backports, debian-13" in capsys.readouterr().err


def test_an_unpacked_ngspice_is_chosen_by_its_variables(tmp_path):
    library = tmp_path / "usr/lib/some-arch/libngspice.so.0"
    library.parent.mkdir(parents=True)
    library.touch()
    ngspice = Ngspice("46", tmp_path)
    assert ngspice.environment("/bin")["NGSPICE_LIBRARY_PATH"] == str(library)
    assert ngspice.environment("/bin", seen_as=tmp_path.parent / "x") == {
        "NGSPICE_LIBRARY_PATH": f"{tmp_path.parent}/x/usr/lib/some-arch/libngspice.so.0",
        "PATH": f"{tmp_path.parent}/x/usr/bin:/bin",
    }


def test_without_the_newest_ngspice_nothing_runs(monkeypatch, capsys, tmp_path):
    def fails():
        raise PlatformError("no mirror")

    monkeypatch.setattr(newest_ngspice, "debian_mirror", fails)
    monkeypatch.setattr(newest_ngspice, "need", lambda commands: None)
    monkeypatch.setattr(newest_ngspice, "keyring", lambda: tmp_path)
    assert newest_ngspice.main(["touch", str(tmp_path / "ran")]) == 2
    assert "no ngspice of Debian 12's backports: no mirror" in capsys.readouterr().err
    assert not tmp_path.joinpath("ran").exists()


def test_a_base_that_cannot_be_made_leaves_none(monkeypatch, tmp_path):
    monkeypatch.setattr(tree, "_NAMESPACE", ())
    monkeypatch.setattr(tree, "debian_mirror", lambda: "file:///nowhere")
    monkeypatch.setattr(tree, "keyring", lambda: tmp_path / "keys")
    folder = tmp_path / "bin"
    folder.mkdir()
    fake = folder / "debootstrap"
    fake.write_text('#!/bin/sh\nmkdir "$5"; echo broken; exit 1\n', encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    cache = tmp_path / "cache"
    with (
        pytest.raises(PlatformError, match=r"debootstrap of trixie failed; see .*log"),
        fresh_tree("trixie", cache, tmp_path / "log"),
    ):
        pass
    assert "broken" in (tmp_path / "log").read_text(encoding="utf-8")
    assert [path.name for path in cache.iterdir()] == ["trixie.new"]


def can_have_own_mounts():
    """Root can, but not within a chroot, as on the platforms themselves."""
    tried = subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL)
    return tried.returncode == 0


@pytest.mark.skipif(not can_have_own_mounts(), reason="mounts need root, and no chroot")
def test_a_tree_has_its_mounts_for_itself(monkeypatch, tmp_path):
    """With the system of this machine in place of a fresh one."""
    root = tmp_path / "root"
    for name in ("proc", "dev", "srv", f".{tree.CHECKOUT}"):
        root.joinpath(name).mkdir(parents=True)
    monkeypatch.setattr(tree, "_ENTER", tree._ENTER.replace('exec chroot "$root"', "exec"))
    monkeypatch.setattr(tree, "CHECKOUT", str(root / tree.CHECKOUT.lstrip("/")))
    log = tmp_path / "log"
    here = Tree(root, {"PIP_FIND_LINKS": "/etc"})
    assert here.run(f"mountpoint {root}/proc {root}/dev; pwd; echo $A $PIP_FIND_LINKS; exit 3",
                    log, {"A": "b"}) == 3  # fmt: skip
    text = log.read_text(encoding="utf-8")
    assert f"{tree.CHECKOUT}\nb /etc\n" in text
    mounts = subprocess.run(["cat", "/proc/self/mounts"], capture_output=True, encoding="utf-8")
    assert str(root) not in mounts.stdout
