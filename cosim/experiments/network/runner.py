"""Trainings of experiments with networks, in parallel; what is up to date is kept."""

from collections.abc import Iterable
from operator import attrgetter

from cosim.experiments.network.progress import TrainingProgress
from cosim.experiments.network.report import make_network_report
from cosim.experiments.network.settings import NetworkExperiment
from cosim.experiments.network.training_run import run_training, training_runs
from cosim.experiments.protocol import Work
from cosim.workbench.output import check_writable
from cosim.workbench.pool import in_order
from cosim.workbench.progress import progress_bars
from cosim.workbench.report import Report
from cosim.workbench.task import Task


def run_networks(experiments: Iterable[NetworkExperiment], work: Work) -> list[Report]:
    """Train what isn't up to date, and report on each experiment.

    Checkpoints are printed where there are no more experiments than names: not in sweeps.

    Raises:
        InputError: a network that can't be.
        CosimError: a process was lost, or results can't be written (OutputError).
    """
    experiments = list(experiments)
    for experiment in experiments:
        check_writable(experiment.results)
    trainings = [(one, run) for one in experiments for run in training_runs(one)]
    stale = [(one, run) for one, run in trainings if work.force or not run.is_current()]
    sweep = len(experiments) > len({experiment.name for experiment in experiments})
    with progress_bars() as add_bar:
        progress = TrainingProgress(stale, add_bar, None if sweep else print)
        task = Task(run_training, attrgetter("label"))
        with work.placement.pool() as pool:
            in_order(pool.run(task, [run for _, run in stale], progress))
    return [make_network_report(experiment) for experiment in experiments]
