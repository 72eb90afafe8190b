"""Experiments with a network: what a file says, with a user's changes, seeds and sweeps."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Le, MinLen
from pydantic import Field

from cosim.experiments.network.changes import simulated_parameters, with_changes
from cosim.experiments.network.final_trial import State
from cosim.experiments.protocol import DEFAULT, Request
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.settings import Positive, Section
from ebn_model.configurations import Parameters
from ebn_model.errors import InputError
from ebn_model.network.parameters import TaskParameters
from ebn_model.validation import validated

Seed = Annotated[int, Ge(0)]


class PublishedTrial(Section):
    """Published numbers of the final trial with one kind of weights.

    decoding_error: in the paper's formula. spikes: of all neurons.
    deviation: how far the mean of ours may be from the error; None is shown, but not judged.
    """

    decoding_error: float
    spikes: int
    deviation: Positive | None = None


class NetworkTolerances(Section):
    """Requirements on the mean over the seeds; None is shown, but not judged.

    correlation: least one of learned and optimal weights. distance: least and greatest distance.
    unscaled_error, rate: greatest ones of the learned network, mean of its validation trials; Hz.
    """

    correlation: Annotated[float, Ge(-1), Le(1)] | None = None
    distance: tuple[float, float] | None = None
    unscaled_error: Positive | None = None
    rate: Positive | None = None


class NetworkSettings(Section):
    """Settings of an experiment with a network.

    configuration: the set of parameters that `parameters` changes (configurations.py).
    iterations: trials of learning. seeds: one training each; the figure shows the first.
    published: what was published of the final trial, by state.
    """

    title: str = ""
    configuration: str
    iterations: Annotated[int, Ge(0)] = 51
    seeds: Annotated[tuple[Seed, ...], MinLen(1)] = (1,)
    parameters: dict[str, Any] = Field(default_factory=dict)
    task: TaskParameters = TaskParameters()
    tolerances: NetworkTolerances = NetworkTolerances()
    published: dict[State, PublishedTrial] = Field(default_factory=dict)


@dataclass(frozen=True)
class NetworkExperiment:
    """Trainings of one kind of network, one for each seed.

    parameters: of the network. seeds: without those that are named twice.
    runs: folder that gets a folder for each training. results: for what comes out of all.
    changes: what the user changed, "KEY=VALUE" each; what is required doesn't bind then.
    """

    name: str
    settings: NetworkSettings
    parameters: Parameters
    seeds: tuple[int, ...]
    runs: Path
    results: Path
    changes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Title of the experiment, by default its name, with what was changed."""
        title = self.settings.title or self.name
        return f"{title}, with {', '.join(self.changes)}" if self.changes else title


def read_networks(file: ExperimentFile, request: Request = DEFAULT) -> list[NetworkExperiment]:
    """Read an experiment, once for each combination of what the user changed.

    Args:
        file: of the experiment.
        request: `out`; seeds instead of the file's; changes, "KEY=VALUE" or
            "KEY=VALUE,VALUE,..." each, where KEY is a parameter of the network (bits,
            rule.dead_zone), of the task (task.amplitude), or configuration or iterations; VALUE
            none takes a parameter back. Results of changed experiments go to folders of their own,
            named for the change.

    Raises:
        InputError: an unknown key, or a value that can't be; names file and key.
    """
    lists = [_spread(change) for change in request.changes]
    return [_experiment(file, combination, request) for combination in product(*lists)]


def _spread(change: str) -> list[str]:
    key, separator, text = change.partition("=")
    if not separator:
        raise InputError(f"{change!r} is not of the form KEY=VALUE")
    return [f"{key}={value}" for value in text.split(",")]


def _experiment(
    file: ExperimentFile, changes: tuple[str, ...], request: Request
) -> NetworkExperiment:
    source = " with ".join([str(file.path), *map(repr, changes)])
    values = with_changes(file.values, map(_pair, changes))
    settings = validated(NetworkSettings, values, source)
    results, seeds = file.results(request.out), tuple(dict.fromkeys(request.seeds))
    runs = results / ",".join(changes) if changes else results
    chosen = (f"seed={','.join(map(str, seeds))}",) if seeds else ()
    return NetworkExperiment(
        name=file.name,
        settings=settings,
        parameters=simulated_parameters(settings.configuration, settings.parameters, source),
        seeds=seeds or tuple(dict.fromkeys(settings.seeds)),
        runs=runs,
        results=runs.joinpath(*chosen),
        changes=changes + chosen,
    )


def _pair(change: str) -> tuple[str, str | None]:
    key, _, text = change.partition("=")
    return key, None if text == "none" else text
