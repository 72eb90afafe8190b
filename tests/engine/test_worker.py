import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.version import ngspice_version
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import DeckError, SimulationError, WorkerError
from cosim.workbench.pool import LocalPool

pytestmark = pytest.mark.ngspice

RC = "v1 in 0 1\nr1 in out {tau}\nc1 out 0 1n ic=0\n"
SHORT = RC + ".tran 10n 5u uic\n"
LONG = RC + ".tran 10n 3m 0 10n uic\n"
ENDLESS = RC + ".tran 1n 10m 0 1n uic\n"


def job(label, text=SHORT, tau="1k", **expectations):
    deck = Deck(label).append(text, "bench").append(f".param tau={tau}", "parameters")
    return Job(label, deck, ("v(out)",), **expectations)


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder in which the workers' folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_results_come_with_the_index_of_their_job(scratch, processes):
    jobs = [job(f"tau {n}", tau=f"{n}k") for n in (1, 2, 3)]
    results = dict(run_jobs(jobs, LocalPool(2)))
    assert sorted(results) == [0, 1, 2]
    for index, vectors in results.items():
        expected = 1 - np.exp(-vectors["time"] / ((index + 1) * 1e-6))
        np.testing.assert_allclose(vectors["v(out)"], expected, atol=1e-3)
    assert len(processes) == 2
    assert not list(scratch.iterdir())


def test_no_jobs_give_no_results():
    assert list(run_jobs([])) == []


def test_no_more_workers_than_asked_for_run_at_once(processes):
    at_once = []
    for _ in run_jobs((job("short") for _ in range(4)), LocalPool(2)):
        at_once.append(sum(process.poll() is None for process in processes))
    assert len(processes) == max(at_once) == 2


def test_progress_names_the_job():
    seen = []
    dict(run_jobs([job("long", LONG, t_stop=3e-3)], on_progress=lambda *event: seen.append(event)))
    assert {index for index, _ in seen} == {0}
    assert all(0 < time <= 3e-3 for _, time in seen)


def test_raw_path_is_relative_to_the_parents_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dict(run_jobs([job("rc", raw_path=Path("rc.raw"))]))
    assert (tmp_path / "rc.raw").read_bytes().startswith(b"Title: * rc\n")


@pytest.mark.parametrize(
    "bad, error",
    [
        (job("bad deck", SHORT + "r2 in 0 {load}\n"), DeckError),
        (job("truncated", t_stop=1.0), SimulationError),
    ],
)
def test_a_failed_run_raises_its_error_and_ends_the_others(scratch, processes, bad, error):
    with pytest.raises(error, match=f"^{bad.label}: "):
        dict(run_jobs([job("endless", ENDLESS), bad], LocalPool(2)))
    assert [process.poll() for process in processes] == [-signal.SIGKILL] * 2
    assert not list(scratch.iterdir())


def test_a_failed_run_does_not_spoil_the_next(scratch):
    with pytest.raises(DeckError):
        dict(run_jobs([job("bad", "r1 1 0 {load}\n.op")]))
    assert len(dict(run_jobs([job("good")]))) == 1


def test_an_unexpected_exception_keeps_its_type_and_names_the_run():
    bad = Job("wrong vectors", job("rc").deck, (3,))
    with pytest.raises(AttributeError) as caught:
        dict(run_jobs([bad]))
    assert isinstance(caught.value.__cause__, WorkerError)
    assert "wrong vectors" in str(caught.value.__cause__)


def test_a_killed_worker_is_an_error(scratch, processes):
    endless = job("endless", ENDLESS, t_stop=10e-3)
    with pytest.raises(WorkerError, match=r"^endless: .* killed by SIGKILL.*\n(.*\n)*.*Doing anal"):
        dict(run_jobs([endless], on_progress=lambda index, time: processes[0].kill()))
    assert not list(scratch.iterdir())


def test_a_worker_leaves_interrupts_to_its_parent(processes):
    long = job("long", LONG, t_stop=3e-3)
    results = run_jobs([long], on_progress=lambda *_: processes[0].send_signal(signal.SIGINT))
    assert len(list(results)) == 1


def crash(_read):
    os.kill(os.getpid(), signal.SIGSEGV)


def test_a_crash_of_ngspice_is_an_error():
    begins_at_rest = SHORT.replace(" uic", "")
    with pytest.raises(WorkerError, match=r"^crash: the process was killed by SIGSEGV"):
        dict(run_jobs([job("crash", begins_at_rest, t_stop=5e-6, check_start=crash)]))


def stop(_read):
    os.kill(os.getpid(), signal.SIGSTOP)


def test_a_run_that_is_stopped_is_an_error(scratch, processes):
    stopped = job("stopped", SHORT.replace(" uic", ""), t_stop=5e-6, check_start=stop)
    others = [job("endless", ENDLESS, t_stop=10e-3)]
    with pytest.raises(WorkerError, match=r"^stopped: no progress for 2 s; .*\n(.*\n)*.*Circuit"):
        dict(run_jobs([stopped, *others], LocalPool(2, patience=2)))
    assert [process.poll() for process in processes] == [-signal.SIGKILL] * 2
    assert not list(scratch.iterdir())


HOSTILE = """\
print("a file of the user's was imported")
raise SystemExit(3)
"""


def test_files_in_the_working_directory_do_not_reach_a_run(tmp_path, monkeypatch):
    """Neither modules nor ngspice's start files, nor what the environment says of either."""
    expected = dict(run_jobs([job("rc")]))[0]
    version = ngspice_version()
    for name in ("random", "numpy", "cosim", "json"):
        tmp_path.joinpath(f"{name}.py").write_text(HOSTILE, encoding="utf-8")
    settings = "option scale=2 reltol=0.1\nset filetype=ascii\nquit\n"
    for name in (".spiceinit", "spinit", "scripts/spinit"):
        tmp_path.joinpath(name).parent.mkdir(exist_ok=True)
        tmp_path.joinpath(name).write_text(settings, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for variable in ("PYTHONPATH", "HOME", "SPICE_LIB_DIR", "SPICE_SCRIPTS", "SPICE_USERINIT_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setenv("SPICE_ASCIIRAWFILE", "1")
    raw = tmp_path / "rc.raw"
    found = dict(run_jobs([job("rc", raw_path=raw)]))[0]
    assert ngspice_version() == version
    assert found.keys() == expected.keys()
    assert all(found[name].tobytes() == expected[name].tobytes() for name in expected)
    assert b"Binary:" in raw.read_bytes()


@pytest.mark.parametrize(
    ("is_working_directory", "message"), [(False, "of this folder"), (True, "attribute 'fail'")]
)
def test_modules_come_in_the_parents_order(tmp_path, monkeypatch, is_working_directory, message):
    """As where PYTHONPATH has other versions than are installed; the working directory is last."""
    source = "def fail():\n    raise AttributeError('of this folder')\n"
    tmp_path.joinpath("pip.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    # Set, so that what was there is restored.
    monkeypatch.setitem(sys.modules, "pip", None)
    del sys.modules["pip"]
    controller = importlib.import_module("pip").fail
    if is_working_directory:
        monkeypatch.chdir(tmp_path)
    with pytest.raises((AttributeError, WorkerError), match=message):
        dict(run_jobs([job("rc", controller=controller)]))


@pytest.mark.parametrize("name", ["a b", "$HOME", "it's", 'say "hi"', "ü;ö"])
def test_the_folder_of_temporary_files_may_have_any_name(tmp_path, monkeypatch, name):
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    raw, deck = folder / "rc.raw", folder / "deck.cir"
    assert len(dict(run_jobs([job("rc", raw_path=raw, deck_path=deck)]))) == 1
    assert b"Binary:" in raw.read_bytes()
    assert "r1 in out {tau}" in deck.read_text(encoding="utf-8")
    assert {path.name for path in folder.iterdir()} == {"rc.raw", "deck.cir"}


def test_an_exception_in_the_progress_callback_ends_the_workers(scratch, processes):
    def fail(index, time):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        dict(run_jobs([job("endless", ENDLESS, t_stop=10e-3)], on_progress=fail))
    assert processes[0].poll() == -signal.SIGKILL
    assert not list(scratch.iterdir())


def test_closing_the_iterator_ends_the_workers(scratch, processes):
    results = run_jobs([job("short"), job("endless", ENDLESS)], LocalPool(2))
    assert next(results)[0] == 0
    results.close()
    assert processes[1].poll() == -signal.SIGKILL
    assert not list(scratch.iterdir())


PARENT = """\
import subprocess
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.workbench.pool import LocalPool

deck = Deck("endless").append({text!r}, "bench").append(".param tau=1k", "parameters")
jobs = [Job(f"endless {{n}}", deck, t_stop=10e-3) for n in range(2)]
original = subprocess.Popen.__init__

def report(self, *arguments, **options):
    original(self, *arguments, **options)
    print(self.pid, flush=True)

subprocess.Popen.__init__ = report
results = run_jobs(jobs, LocalPool(2), on_progress=lambda *event: print("running", flush=True))
next(results)
"""


def running(pid):
    """Whether a process lives; one that has ended may wait as a zombie for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def within(seconds, condition):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_a_parent_that_dies_leaves_nothing_behind(tmp_path, number):
    """Without a `__main__` guard in the parent's script, too."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(text=ENDLESS))
    folder = tmp_path / "scratch"
    folder.mkdir()
    command = [sys.executable, script]
    with subprocess.Popen(
        command,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        assert parent.stdout.readline() == "running\n"
        assert len(list(folder.iterdir())) == 2
        parent.send_signal(number)
        assert parent.wait(timeout=10) == -number
    assert within(10, lambda: not any(map(running, pids)))
    assert within(10, lambda: not list(folder.iterdir()))


SPOILED = """\
from cosim.engine.deck import Deck
from cosim.engine.ngspice import NgSpice
from cosim.engine.job import Job

ngspice = NgSpice()
for text in ("r1 1 0 {load}\\n.op", "r1 1 0 1k\\ni1 0 1 1m\\n.op"):
    try:
        ngspice.simulate(Job("a run", Deck("t").append(text, "bench")))
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
"""


def test_a_spoiled_library_is_not_used_again():
    run = subprocess.run([sys.executable, "-c", SPOILED], capture_output=True, text=True)
    first, second = run.stdout.splitlines()
    assert first == "DeckError: a run: bench:1: Undefined parameter [load]"
    assert second.startswith("CosimError: a run: an earlier deck has left ngspice unusable")
    assert run.stderr == ""
