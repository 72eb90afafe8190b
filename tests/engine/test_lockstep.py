"""Runs in step with this process; the controllers are unpickled in processes of their own."""

import os
import signal
import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from children import none_left

from cosim.engine.closed_loop import Action
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.worker import STEPPED_SIMULATION
from cosim.workbench.errors import CosimError, SimulationError, WorkerError
from cosim.workbench.lockstep import in_step
from cosim.workbench.task import Task
from cosim.workbench.task_process import Link

pytestmark = pytest.mark.ngspice

STEP, STEPS = 1e-6, 20
DECK = """\
vdrive in 0 pwl(0 0)
r1 in out 1k
c1 out 0 1n
.tran 10n 20.5u 0 1u
"""


@dataclass
class Follower:
    """Every STEP: says what v(out) is, and drives `in` to what it is told."""

    number: int
    delay: float
    link: Link
    levels = {"vdrive": 0.0}  # noqa: RUF012
    edge = 10e-9
    probes = ("v(out)",)
    first_event = STEP

    def __post_init__(self):
        self._steps = 0

    def act(self, now, values):
        level = self.link.receive()
        if level == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if level == "fail":
            raise SimulationError("told to")
        time.sleep(self.delay)
        self.link.send((self.number, values["v(out)"]))
        self._steps += 1
        return Action({"vdrive": level}, now + STEP if self._steps < STEPS else None)

    def record(self):
        return {"steps": np.array([self._steps])}


def followers(delays=(0.0, 0.0, 0.0)):
    """Three runs in lockstep."""
    deck = Deck("follower").append(DECK, "test")
    jobs = [
        Job(f"run {n}", deck, ("v(out)",), t_stop=20.5e-6, controller=partial(Follower, n, delay))
        for n, delay in enumerate(delays)
    ]
    return in_step(STEPPED_SIMULATION, jobs)


def pass_on(delays):
    """A ring: each run is driven to one more than the one before it has; all answers."""
    seen, levels = [], [1.0, 0.0, 0.0]
    with followers(delays) as runs:
        for _ in range(STEPS):
            answers = runs.exchange(levels)
            assert [index for index, _ in answers] == [0, 1, 2]
            values = [value for _, value in answers]
            seen.append(values)
            levels = [1.0 - values[2], values[0], values[1]]
        vectors = runs.results()
    return np.array(seen), vectors


def test_runs_are_kept_in_step():
    seen, vectors = pass_on((0.0, 0.0, 0.0))
    assert seen[0] == pytest.approx(0, abs=1e-9)
    assert 0.3 < seen[-1, 0] < 0.9
    assert [v["steps"][0] for v in vectors] == [STEPS] * 3
    for number, run in enumerate(vectors):
        at = np.interp(STEP * np.arange(1, STEPS + 1), run["time"], run["v(out)"])
        assert at == pytest.approx(seen[:, number], abs=1e-9)


def test_who_answers_first_makes_no_difference():
    one, _ = pass_on((0.0, 0.0, 0.0))
    other, _ = pass_on((0.01, 0.0, 0.005))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("order", "error", "reason"),
    [
        ("die", WorkerError, "run 1: the process was killed by SIGKILL"),
        ("fail", SimulationError, "run 1: told to"),
    ],
)
def test_the_end_of_a_run_is_the_end_of_all(order, error, reason):
    with none_left(), pytest.raises(error, match=reason), followers() as runs:
        runs.exchange([0.0, 0.0, 0.0])
        runs.exchange([0.0, order, 0.0])
        runs.exchange([0.0, 0.0, 0.0])


def parent(_argument, _link):
    return os.getpid(), os.getppid()


def test_they_are_forks_of_one_process_which_imports_for_all():
    task = Task(parent, isolated=True)
    with none_left(), in_step(task, range(4)) as runs:
        forks, parents = zip(*runs.results(), strict=True)
    assert len(set(forks)) == 4
    assert len(set(parents)) == 1 and parents[0] != os.getpid()


def test_a_run_that_never_starts_is_an_error():
    bad = Job(
        "run",
        Deck("bad").append("r1 a 0 nonsense\n.op", "test"),
        controller=partial(Follower, 0, 0.0),
    )
    with pytest.raises(CosimError, match="run"), in_step(STEPPED_SIMULATION, [bad] * 2) as runs:
        runs.exchange([0.0, 0.0])


def test_leaving_early_ends_the_runs():
    with none_left(), pytest.raises(KeyboardInterrupt), followers() as runs:
        runs.exchange([0.0, 0.0, 0.0])
        raise KeyboardInterrupt
