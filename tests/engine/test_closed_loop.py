"""Runs with a controller, each in a process of its own; the controllers are unpickled there."""

import math
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from cosim.engine.closed_loop import Action, ClosedLoop
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import (
    CosimError,
    DeckError,
    LostEdgeError,
    SimulationError,
    WorkerError,
)

pytestmark = pytest.mark.ngspice

EDGE = 10e-9
TAU = 1e-6
PERIOD = 1e-6
STOP = 20.5e-6
DECK = """\
vdrive in 0 pwl(0 0)
r1 in out 1k
c1 out 0 1n
idrive 0 load pwl(0 0)
r2 load 0 1k
.tran 10n 20.5u 0 1u
"""


@dataclass
class Thermostat:
    """Every PERIOD it drives `in` to `high` where out is below `wanted`, else to `low`.

    The current source follows, inverted, at 1 mA/V.
    """

    wanted: float = 0.3
    low: float = -0.5
    high: float = 1.0
    edge: float = EDGE
    probes: tuple = ("v(out)",)
    first_event: float = PERIOD
    seen: list = field(default_factory=list)

    @property
    def levels(self):
        return {"vdrive": self.low, "idrive": -1e-3 * self.low}

    def act(self, time, values):
        self.seen.append((time, values["v(out)"]))
        level = self.high if values["v(out)"] < self.wanted else self.low
        return Action({"vdrive": level, "idrive": -1e-3 * level}, time + PERIOD)

    def record(self):
        return {"seen": np.array(self.seen)}


class Idle(Thermostat):
    first_event = None

    def __init__(self):
        super().__init__(first_event=None)


class Failing(Thermostat):
    def act(self, time, values):
        if time > 3.5 * PERIOD:
            raise ZeroDivisionError("in the controller")
        return super().act(time, values)


class FailingAtTheEnd(Thermostat):
    def record(self):
        raise ZeroDivisionError("in the record")


class Forgetful(Thermostat):
    def act(self, time, values):
        return Action({"vother": 1.0}, None)


class Late(Thermostat):
    def act(self, time, values):
        return Action({}, time)


class Resistor(Thermostat):
    @property
    def levels(self):
        return {"r1": 1.0}


class Nowhere(Thermostat):
    @property
    def levels(self):
        return {"vnosuch": 1.0}


def job(controller, deck=DECK, **changes):
    vectors = ("v(in)", "v(out)", "v(load)")
    made = Job("a run", Deck("loop").append(deck, "bench"), vectors, STOP, controller=controller)
    return replace(made, **changes)


def run(*arguments, **changes):
    [(_, vectors)] = run_jobs([job(*arguments, **changes)])
    return vectors


@pytest.fixture(scope="module")
def vectors():
    return run(Thermostat)


def nearest(vectors, times):
    """Index of the time point nearest to each time."""
    return abs(vectors["time"][:, np.newaxis] - times).argmin(axis=0)


def test_events_come_at_their_times_with_the_values_of_these_points(vectors):
    times, values = vectors["seen"].T
    np.testing.assert_allclose(times, PERIOD * np.arange(1, 21), rtol=0, atol=1e-15)
    points = nearest(vectors, times)
    np.testing.assert_array_equal(vectors["time"][points], times)
    np.testing.assert_array_equal(vectors["v(out)"][points], values)


def ordered_levels(vectors):
    """Level of `in` from the beginning, and after each event."""
    return np.append(-0.5, np.where(vectors["seen"][:, 1] < 0.3, 1.0, -0.5))


def test_sources_go_straight_to_their_levels(vectors):
    times, levels = vectors["seen"][:, 0], ordered_levels(vectors)
    assert len(set(levels)) == 2
    corners = np.ravel(np.column_stack([times, times + EDGE]))
    course = np.ravel(np.column_stack([levels[:-1], levels[1:]]))
    expected = np.interp(vectors["time"], corners, course)
    np.testing.assert_allclose(vectors["v(in)"], expected, atol=1e-9)
    np.testing.assert_allclose(vectors["v(load)"], -expected, atol=1e-9)


def test_each_edge_ends_at_a_time_point(vectors):
    moved = np.diff(ordered_levels(vectors)) != 0
    ends = vectors["seen"][moved, 0] + EDGE
    assert len(ends) > 3
    np.testing.assert_allclose(vectors["time"][nearest(vectors, ends)], ends, atol=1e-14)


def test_the_circuit_answers_as_in_closed_form(vectors):
    """The initial level holds from the operating point on; edges are as short as 0.01 tau."""
    out, levels = [-0.5], ordered_levels(vectors)
    for level in levels[:-1]:
        out.append(level + (out[-1] - level) * math.exp(-PERIOD / TAU))
    np.testing.assert_allclose(vectors["seen"][:, 1], out[1:], atol=0.01)


def test_levels_that_stay_make_no_edge():
    still = run(partial(Thermostat, wanted=-1.0))
    np.testing.assert_array_equal(still["v(in)"], -0.5)
    assert len(still["seen"]) == 20
    assert not (abs(still["time"][:, np.newaxis] - (still["seen"][:, 0] + EDGE)) < 1e-12).any()


def test_a_controller_without_events_sets_the_levels():
    idle = run(Idle)
    np.testing.assert_allclose(idle["v(in)"], -0.5)
    assert idle["seen"].size == 0


def test_each_run_has_a_new_controller(vectors):
    both = dict(run_jobs([job(Thermostat), job(Thermostat)]))
    for again in both.values():
        for name, values in vectors.items():
            assert values.tobytes() == again[name].tobytes()


SEVERAL = """\
import sys

sys.path.insert(0, {folder!r})

from cosim.engine.ngspice import NgSpice
from test_closed_loop import Thermostat, job

ngspice = NgSpice()
closed = [ngspice.simulate(job(Thermostat)) for _ in range(2)]
print({{name: (closed[0][name] == closed[1][name]).all() for name in closed[0]}})
print(ngspice.simulate(job(None))["v(in)"].any())
"""


def test_controllers_leave_nothing_to_the_next_run_of_a_process():
    script = SEVERAL.format(folder=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    same, moved = done.stdout.splitlines()
    assert same.count("True") == 5
    assert "False" not in same
    assert moved == "False"


DURATIONS = """\
import sys

sys.path.insert(0, {folder!r})

import random
from functools import partial

from cosim.engine.ngspice import NgSpice
from test_closed_loop import DECK, SlowThermostat, job

ngspice = NgSpice()
random.seed({seed})
for duration in [0.02, 0.05, *(10 ** random.uniform(-3, 0) for _ in range(60))]:
    step = duration / random.randint(20, 2000)
    deck = DECK.replace("20.5u 0 1u", f"{{duration!r}} 0 {{step!r}}")
    controller = partial(SlowThermostat, period=duration / random.uniform(3, 30))
    for closed in (controller, None):
        time = ngspice.simulate(job(closed, deck, t_stop=duration))["time"]
        print(abs(time[-1] / duration - 1))
"""


@dataclass
class SlowThermostat(Thermostat):
    period: float = 1e-3

    def __post_init__(self):
        self.first_event = self.period

    def act(self, time, values):
        return replace(super().act(time, values), next_event=time + self.period)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_of_any_duration_ends_at_its_end(seed):
    """Also without a controller, in a process that had one: ngspice never forgets that."""
    script = DURATIONS.format(folder=str(Path(__file__).parent), seed=seed)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    distances = [float(line) for line in done.stdout.splitlines()]
    assert len(distances) == 124
    assert max(distances) < 1e-14


# What goes wrong.


def test_an_exception_in_the_controller_stops_the_run_and_is_raised():
    endless = DECK.replace("20.5u 0 1u", "20m 0 1n")
    with pytest.raises(ZeroDivisionError, match="in the controller") as error:
        run(Failing, endless)
    assert isinstance(error.value.__cause__, WorkerError)


def test_an_exception_in_the_record_is_raised():
    with pytest.raises(ZeroDivisionError, match="in the record"):
        run(FailingAtTheEnd)


@pytest.mark.parametrize(
    ("controller", "error", "message"),
    [
        (Nowhere, DeckError, "source vnosuch can't be driven: .*vnosuch"),
        (Resistor, DeckError, "source r1 can't be driven: .*pwl"),
        (Forgetful, CosimError, "the controller drives vother, but gave it no initial level"),
        (Late, CosimError, "the controller's event at 1e-06 s is not after 1e-06 s"),
        (partial(Thermostat, first_event=0.0), CosimError, "event at 0 s is not after 0 s"),
        (partial(Thermostat, probes=("v(oout)",)), DeckError, r"no real vector v\(oout\) .*out"),
    ],
)
def test_what_cannot_be_done_is_named(controller, error, message):
    with pytest.raises(error, match=f"^a run: .*{message}"):
        run(controller)


def test_faults_of_the_deck_are_found_as_without_a_controller():
    with pytest.raises(DeckError, match=r"^a run: bench:7: unknown subckt: x1 in nosuch"):
        run(Thermostat, DECK + "x1 in nosuch\n")
    with pytest.raises(SimulationError, match=r"the run stopped at|Timestep too small"):
        run(Thermostat, DECK.replace("20.5u", "20u"))


# The engine's side alone.


class Recorder:
    """Takes the place of ngspice."""

    def __init__(self, controller):
        self.courses, self.breakpoints = {}, []
        self.loop = ClosedLoop(
            controller, lambda name: 0.0, self.courses.__setitem__, self.breakpoints.append
        )


def test_no_step_goes_beyond_an_event_or_the_end_of_an_edge():
    recorder = Recorder(Thermostat())
    assert recorder.loop.step_done(0.0) == PERIOD
    assert recorder.loop.step_done(0.9 * PERIOD) == PERIOD
    assert recorder.loop.step_done(PERIOD) == PERIOD + EDGE
    assert recorder.courses["vdrive"] == (PERIOD, -0.5, PERIOD + EDGE, 1.0)
    assert recorder.loop.step_done(PERIOD + EDGE) == 2 * PERIOD
    assert recorder.breakpoints == [PERIOD, PERIOD + EDGE, 2 * PERIOD]


@pytest.mark.parametrize("missed", [PERIOD, PERIOD + EDGE])
def test_a_missed_corner_is_an_error(missed):
    loop = Recorder(Thermostat()).loop
    if missed > PERIOD:
        loop.step_done(PERIOD)
    with pytest.raises(LostEdgeError, match=f"edge at {missed:g} s has no time point"):
        loop.step_done(missed + 1e-9)


def test_a_source_that_is_still_moving_turns_where_it_is():
    recorder = Recorder(Thermostat(edge=2 * PERIOD))
    recorder.loop.step_done(PERIOD)
    recorder.loop._controller.wanted = -1.0
    recorder.loop.step_done(2 * PERIOD)
    expected = (2 * PERIOD, 0.25, 4 * PERIOD, -0.5)
    assert recorder.courses["vdrive"] == pytest.approx(expected)


class Pausing(Thermostat):
    """Does nothing every PERIOD, after its first event."""

    def act(self, time, values):
        return Action({}, time + PERIOD, pause=True)


def test_a_pause_has_a_time_point_but_no_breakpoint():
    recorder = Recorder(Pausing())
    assert recorder.loop.step_done(PERIOD) == 2 * PERIOD
    assert recorder.breakpoints == [PERIOD]
    with pytest.raises(LostEdgeError, match="has no time point"):
        recorder.loop.step_done(2 * PERIOD + 1e-9)


def test_steps_to_a_pause_are_alike():
    """Neither beyond it, nor close before it."""
    loop = Recorder(Pausing()).loop
    loop.step_done(PERIOD)
    for step, expected in ((0.3, 0.3), (0.6, 0.5), (0.99, 0.5), (1.0, 1.0), (7.0, 1.0)):
        assert loop.next_step(PERIOD, step * PERIOD) == pytest.approx(expected * PERIOD)


def test_steps_to_a_breakpoint_are_not_shortened():
    loop = Recorder(Thermostat()).loop
    assert loop.next_step(0.0, 0.6 * PERIOD) == 0.6 * PERIOD
    assert loop.next_step(0.0, 2 * PERIOD) == PERIOD


class Restarting(Thermostat):
    """Does nothing, too, but at breakpoints."""

    def act(self, time, values):
        return Action({}, time + PERIOD)


def test_ngspice_stops_at_pauses_with_few_points():
    grid = PERIOD * np.arange(1, 21)
    few, many = (run(controller)["time"] for controller in (Pausing, Restarting))
    for time in (few, many):
        assert abs(time[:, np.newaxis] - grid).min(axis=0).max() < 1e-12
    assert np.count_nonzero(few > 2 * PERIOD) < np.count_nonzero(many > 2 * PERIOD) / 2
