"""The compiled network against numpy, bare arithmetic and Brian2: `python -m cosim.speed.network`.

All that is compared runs in turns in one process, so that the machine's other load hits all of it;
the best of the rounds counts. Before, each has run once: what is compiled is compiled then.
"""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from timeit import timeit

import numpy as np

from cosim.speed.numpy_network import floor, train, train_bare
from cosim.workbench.interrupts import interruptible
from ebn_model.lif.network import LifNetwork
from ebn_model.network.evaluation import Trial, draw_trial
from ebn_model.network.parameters import NetworkParameters, TaskParameters
from ebn_model.network.seeds import Purpose

ROUNDS = 10
LEAST_TIME = 0.05
"""Of a measurement, s."""
SEED = 1
TRAINING_DURATION, INFERENCE_DURATION = 1.0, 4.0
"""Simulated time of a run, s."""
TRAINING_NEURONS, INFERENCE_NEURONS = 20, 1000

STRICT, FAST = "strict kernel", "fast kernel"
NUMPY, BARE = "numpy loop", "numpy loop, bare"
NOISY = "strict kernel, noise"
FLOOR, BRIAN = "two divisions", "Brian2"
TRAINING_GOAL = 100
"""Least ratio of the time of the numpy loop to that of the strict kernel."""
INFERENCE_GOAL = 1.3
"""Greatest ratio of the time of the strict kernel to that of the two divisions."""


@dataclass(frozen=True)
class Case:
    """Runs of the same task by their names; what they are of, and s of simulated time."""

    title: str
    duration: float
    runs: dict[str, Callable[[], object]]


def main() -> int:
    """Measure and print."""
    times = _measure(_training())
    print(
        f"{NUMPY} / {STRICT}: {times[NUMPY] / times[STRICT]:.0f} (goal: at least {TRAINING_GOAL})"
    )
    print(f"{BARE} / {STRICT}: {times[BARE] / times[STRICT]:.0f}")
    times = _measure(_inference())
    ratio = times[STRICT] / times[FLOOR]
    print(f"{STRICT} / {FLOOR}: {ratio:.2f} (goal: at most {INFERENCE_GOAL})")
    print(f"{FAST} / {FLOOR}: {times[FAST] / times[FLOOR]:.2f}")
    if importlib.util.find_spec("brian2"):
        times = _measure(_small_inference())
        print(f"{BRIAN} / {STRICT}: {times[BRIAN] / times[STRICT]:.0f}")
    else:
        print("Brian2 isn't installed: not compared")
    return 0


def _measure(case: Case) -> dict[str, float]:
    """Best time of each run, s, after printing it."""
    best = dict.fromkeys(case.runs, np.inf)
    numbers = {name: _repetitions(run) for name, run in case.runs.items()}
    for _ in range(ROUNDS):
        for name, run in case.runs.items():
            seconds = timeit(run, number=numbers[name]) / numbers[name]
            best[name] = min(best[name], seconds)
    print(case.title)
    width = max(map(len, best))
    for name, seconds in best.items():
        print(f"  {name:{width}} {seconds / case.duration * 1e3:9.2f} ms per simulated s")
    return best


def _repetitions(run: Callable[[], object]) -> int:
    """Number of runs, one after the other, that take LEAST_TIME: a training is many, too."""
    run()
    return max(1, round(LEAST_TIME / timeit(run, number=1)))


def _training() -> Case:
    """Without noise: half of the compiled loop's time with it is numpy's random numbers."""
    network, trial = _network_and_trial(TRAINING_NEURONS, TRAINING_DURATION)
    command = trial.command
    drive = static_input(network, command)
    return Case(
        f"training, {TRAINING_NEURONS} neurons",
        TRAINING_DURATION,
        {
            STRICT: lambda: network.run(command, learn=True),
            NOISY: lambda: network.run(command, learn=True, seed=trial.seed),
            NUMPY: lambda: train(network, drive),
            BARE: lambda: train_bare(network, drive),
        },
    )


def _inference() -> Case:
    network, trial = _programmed(INFERENCE_NEURONS)
    p, steps = network.parameters, len(trial.command) - 1

    def divisions():
        floor(np.zeros(p.neurons), np.zeros(p.neurons), p.tau_mem, p.tau_fast, p.dt, steps)

    runs = {
        STRICT: lambda: network.run(trial.command),
        FAST: lambda: network.run(trial.command, kernel="fast"),
        FLOOR: divisions,
    }
    return Case(f"inference, {INFERENCE_NEURONS} neurons", INFERENCE_DURATION, runs)


def _small_inference() -> Case:
    """Few neurons: Brian2 lets many of a large network fire at once, which then runs away."""
    from cosim.speed.brian_network import prepare

    network, trial = _programmed(TRAINING_NEURONS)
    runs = {
        STRICT: lambda: network.run(trial.command),
        BRIAN: prepare(network, trial.command),
    }
    return Case(f"inference, {TRAINING_NEURONS} neurons", INFERENCE_DURATION, runs)


def static_input(network: LifNetwork, command: np.ndarray) -> np.ndarray:
    """Input of each neuron, V, shape (steps + 1, N)."""
    return command @ (network.decoder * network.parameters.tau_mem)


def _programmed(neurons: int) -> tuple[LifNetwork, Trial]:
    network, trial = _network_and_trial(neurons, INFERENCE_DURATION)
    return replace(network, state=network.optimal_state), trial


def _network_and_trial(neurons: int, duration: float) -> tuple[LifNetwork, Trial]:
    parameters = NetworkParameters(neurons=neurons, initial="zero")
    trial = draw_trial(parameters, TaskParameters(duration=duration), SEED, Purpose.TEST)
    return LifNetwork.build(parameters, SEED), trial


if __name__ == "__main__":
    sys.exit(interruptible(main))
