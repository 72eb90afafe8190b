"""Progress of trainings on the terminal, one bar for each experiment, in simulated milliseconds."""

from collections.abc import Callable
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
        """trainings: by number. show: gets a line of text for each checkpoint."""
        self._trainings, self._show = trainings, show
        self._times = [0.0] * len(trainings)
        experiments = {id(experiment): experiment for experiment, _ in trainings}
        self._bars = {
            place: add_bar(experiment.name, self._sum(place, lambda number, run: run.duration))
            for place, experiment in experiments.items()
        }

    def __call__(self, number: int, message: Any) -> None:
        """Show a checkpoint, or the simulated time in s."""
        experiment, run = self._trainings[number]
        if isinstance(message, Checkpoint):
            if self._show:
                self._show(_line(experiment, run, message))
            return
        self._times[number] = message
        place = id(experiment)
        self._bars[place](self._sum(place, lambda other, _: self._times[other]))

    def _sum(self, place: int, value: Callable[[int, TrainingRun], float]) -> float:
        """Sum over the trainings of one experiment."""
        return sum(
            value(number, run)
            for number, (experiment, run) in enumerate(self._trainings)
            if id(experiment) == place
        )


def _line(experiment: NetworkExperiment, run: TrainingRun, checkpoint: Checkpoint) -> str:
    return (
        f"{experiment.name}, seed {run.seed}, iteration {checkpoint.iteration}: "
        f"decoding error {checkpoint.decoding_error:.3f}, "
        f"distance to optimal weights {checkpoint.distance:.3f}"
    )
