"""Progress of trainings on the terminal, one bar for each experiment, in simulated milliseconds."""

from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

from cosim.experiments.network.settings import NetworkExperiment
from cosim.experiments.network.training_run import TrainingRun
from cosim.workbench.progress import AddBar
from ebn_model.network.training import Checkpoint


class TrainingProgress:
    """Takes the messages of `run_training` by the number of the training."""

    def __init__(
        self,
        trainings: list[tuple[NetworkExperiment, TrainingRun]],
        add_bar: AddBar,
        show: Callable[[str], None] | None,
    ):
        """trainings: by number, those of an experiment after each other.

        show: gets a line of text for each checkpoint.
        """
        self._trainings, self._show = trainings, show
        self._bars: list[Callable[[float], None]] = []
        for _, group in groupby(trainings, lambda training: id(training[0])):
            experiments, runs = zip(*group, strict=True)
            lengths = [run.duration for run in runs]
            bar = add_bar(experiments[0].name, lengths)
            self._bars += [partial(bar, place) for place in range(len(lengths))]

    def __call__(self, number: int, message: Any) -> None:
        """Show a checkpoint, or the simulated time in s."""
        experiment, run = self._trainings[number]
        if isinstance(message, Checkpoint):
            if self._show:
                self._show(_line(experiment, run, message))
            return
        self._bars[number](message)


def _line(experiment: NetworkExperiment, run: TrainingRun, checkpoint: Checkpoint) -> str:
    return (
        f"{experiment.name}, seed {run.seed}, iteration {checkpoint.iteration}: "
        f"decoding error {checkpoint.decoding_error:.3f}, "
        f"distance to optimal weights {checkpoint.distance:.3f}"
    )
