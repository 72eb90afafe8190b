"""The network of a replay: it learns for some trials, then the stretch is recorded."""

from dataclasses import dataclass, replace

import numpy as np

from cosim.experiments.network.training import learn
from cosim.experiments.replay.settings import ReplayExperiment
from ebn_model.chip.network import ChipNetwork
from ebn_model.errors import InputError
from ebn_model.network.evaluation import draw_trial
from ebn_model.network.results import NetworkResult
from ebn_model.network.seeds import Purpose


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """A network and the run of it that is replayed.

    Attributes:
        network: before the stretch. command: its input, shape (steps + 1, Nx). result: its run.
    """

    network: ChipNetwork
    command: np.ndarray
    result: NetworkResult


def recorded_run(experiment: ReplayExperiment) -> RecordedRun:
    """Train, and run the stretch with learning, from rest.

    The stretch is the beginning of the trial that comes next, so that a longer one begins with a
    shorter one.

    Raises:
        InputError: the stretch is longer than a trial.
    """
    chosen, stretch = experiment.settings.network, experiment.settings.stretch
    if stretch.duration > chosen.task.duration * (1 + 1e-9):
        raise InputError(
            f"stretch.duration = {stretch.duration:g} s is longer than a trial, "
            f"task.duration = {chosen.task.duration:g} s"
        )
    network = ChipNetwork.build(experiment.parameters, chosen.seed)
    state = learn(network, chosen.task, chosen.seed, chosen.iterations)
    network = replace(network, state=state)
    p = experiment.parameters
    trial = draw_trial(p, chosen.task, chosen.seed, Purpose.TRIAL, chosen.iterations)
    command = trial.command[: round(stretch.duration / p.dt) + 1]
    result = network.run(command, learn=True, seed=trial.seed)
    return RecordedRun(network, command, result)
