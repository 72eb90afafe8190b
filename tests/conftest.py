"""Fixtures of several test files: published biases, their circuit, its measured cells, benches."""

import os
import re
import signal
import subprocess
from functools import cache

import pytest
from permissions import permissions_bind

from cosim.cells import characterise
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.new_project import make_project
from cosim.circuits.start_check import start_check
from cosim.engine import simulator
from cosim.engine.deck import read_netlist
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.workbench import process
from cosim.workbench.places import NETLISTS, in_project

# A job in a shell's background ignores interrupts, and so would the processes of its tests.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def version_without_ngspice():
    """Where there is no library, as in `make test-fast`, stand-ins have a version all the same."""
    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("NGSPICE_LIBRARY_PATH") == "/nonexistent":
            patch.setattr(simulator, "find_library", lambda: None)
            patch.setattr(simulator, "ngspice_version", lambda: str(simulator.OLDEST_TESTED))
        yield


@pytest.fixture
def permissions():
    """Permissions of files bind, for root as well."""
    with permissions_bind():
        yield


@pytest.fixture(scope="session")
def biases():
    return read_biases("published")


@pytest.fixture(scope="session")
def circuit(biases):
    return TransistorCircuit(biases)


@pytest.fixture(scope="session")
def measured_with():
    """Function from a bias table's name to the model's parameters, measured on the cells once."""

    @cache
    def measure(table):
        cells = characterise.jobs(read_biases(table))
        vectors = dict(run_jobs(cells))
        return characterise.parameters([vectors[index] for index in range(len(cells))])

    return measure


@pytest.fixture(scope="session")
def measured(measured_with):
    """The model's parameters with the published biases."""
    return measured_with("published")


@pytest.fixture
def processes(monkeypatch):
    """The processes that are started for tasks, in order."""
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(process.subprocess, "Popen", Recorded)
    return started


SLOWEST_BENCHES = ("up_down_counter", "runt_pulses", "input_edges")
"""These go first, so that no processor waits for them at the end."""


@pytest.fixture(scope="session")
def bench_results():
    """Vectors of every bench but those of noise, by name, each run as its file says.

    Of noise, only some devices' can be read (see cosim/experiments/ledger/noise_run.py).
    """
    jobs = []
    for path in sorted((NETLISTS / "benches").glob("*.cir")):
        deck = read_netlist(path)
        if re.search(r"^\.noise ", deck.text, re.M):
            continue
        tran = re.search(r"^\.tran \S+ (\d+)([mu]) ", deck.text, re.M)
        stop = int(tran[1]) * {"m": 1e-3, "u": 1e-6}[tran[2]] if tran else None
        jobs.append(Job(path.stem, deck, t_stop=stop, check_start=start_check(deck)))
    jobs.sort(key=lambda job: job.label not in SLOWEST_BENCHES)
    return {jobs[index].label: vectors for index, vectors in run_jobs(jobs)}


@pytest.fixture
def project(tmp_path):
    """The folder of a new project, which everything in the test works for."""
    folder = tmp_path / "mychip"
    make_project(folder)
    with in_project(folder):
        yield folder
