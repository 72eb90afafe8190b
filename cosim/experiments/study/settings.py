"""Settings of a study: methods, situations, and groups of both with their seeds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, MinLen
from pydantic import Field, FiniteFloat

from cosim.experiments.network.changes import simulated_parameters, with_changes
from cosim.experiments.network.settings import Seed
from cosim.experiments.protocol import DEFAULT, Request
from cosim.experiments.study.condition import Condition, State
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.settings import Section, check_known
from ebn_model.errors import InputError
from ebn_model.network.parameters import TaskParameters
from ebn_model.validation import validated, with_values

_OF_METHOD = {"configuration", "iterations"}
"""Settings of a method that changes may replace as they do parameters."""

Quantity = Literal["paper_error", "fitted_error", "filtered_error", "unscaled_error"]


class Method(Section):
    """One way to come by a network's weights.

    label: name in tables and figure. configuration: see configurations.py. changes: of its
    parameters, by key. weights: which ones are judged. start: where learning starts from.
    iterations: trials of learning.
    """

    label: str
    configuration: str
    changes: dict[str, Any] = Field(default_factory=dict)
    weights: State = "learned"
    start: Literal["initial", "optimal"] = "initial"
    iterations: Annotated[int, Ge(0)] = 51


class Situation(Section):
    """Situation that a method has to cope with; changes: of parameters and task, by key."""

    label: str
    changes: dict[str, Any] = Field(default_factory=dict)


class Seeds(Section):
    """Consecutive seeds."""

    first: Seed
    count: Annotated[int, Ge(1)]

    @property
    def numbers(self) -> range:
        """The seeds."""
        return range(self.first, self.first + self.count)


class Group(Section):
    """Methods that are compared in the same situations, on the same seeds.

    situations: by name. sweep: instead of them, the values of one or several keys that change
    together; those of the first one tell its steps apart. seeds: by name.
    quantity: what methods are compared by, see condition_run.Outcome.
    reference: the method that the others are compared with seed by seed. log: whether both axes
    of the sweep's figure are logarithmic; the values' is anyway where they would lie too close.
    """

    title: str
    methods: Annotated[list[str], MinLen(1)]
    situations: list[str] = Field(default_factory=list)
    sweep: dict[str, Annotated[list[FiniteFloat], MinLen(1)]] = Field(default_factory=dict)
    seeds: str
    quantity: Quantity = "fitted_error"
    reference: str | None = None
    log: bool = False


class StudySettings(Section):
    """Settings of a study, by name."""

    title: str
    seeds: dict[str, Seeds]
    task: TaskParameters = TaskParameters()
    methods: dict[str, Method]
    situations: dict[str, Situation]
    groups: dict[str, Group]


@dataclass(frozen=True)
class Study:
    """A study as it is to be run; results: folder for what comes out."""

    name: str
    settings: StudySettings
    results: Path


def read_study(file: ExperimentFile, request: Request = DEFAULT) -> Study:
    """Validate a study's file; of the request it takes `out`.

    Raises:
        InputError: a name or value that can't be; names file and key.
    """
    source = str(file.path)
    settings = validated(StudySettings, file.values, source)
    for name, group in settings.groups.items():
        place = f"{source}: groups.{name}"
        check_known(group.methods, settings.methods, f"{place}.methods")
        check_known(group.situations, settings.situations, f"{place}.situations")
        check_known([group.seeds], settings.seeds, f"{place}.seeds")
        if group.reference is not None:
            check_known([group.reference], group.methods, f"{place}.reference")
        if bool(group.situations) == bool(group.sweep):
            raise InputError(f"{place}: either situations or sweep must say what is compared in")
        _check_sweep(group.sweep, f"{place}.sweep")
    return Study(file.name, settings, file.results(request.out))


def conditions(settings: StudySettings, group: str) -> Iterator[Condition]:
    """All conditions of a group, situation by situation.

    Raises:
        InputError: a change that can't be; names group, method and situation.
    """
    stated = settings.groups[group]
    for (situation, x, changes), name in product(_situations(settings, stated), stated.methods):
        method = settings.methods[name]
        source = f"groups.{group}: {name} in {situation}"
        values = with_changes(
            {**method.model_dump(include=_OF_METHOD), "task": settings.task.model_dump()},
            [*method.changes.items(), *changes.items()],
        )
        method = with_values(method, {key: values[key] for key in _OF_METHOD}, source)
        yield Condition(
            group=group,
            method=name,
            situation=situation,
            x=x,
            state=method.weights,
            start=method.start,
            iterations=method.iterations,
            parameters=simulated_parameters(method.configuration, values["parameters"], source),
            task=validated(TaskParameters, values["task"], source),
        )


def _situations(
    settings: StudySettings, group: Group
) -> Iterator[tuple[str, float | None, dict[str, Any]]]:
    """Name, value of the sweep, and changes."""
    for name in group.situations:
        yield name, None, settings.situations[name].changes
    if group.sweep:
        for values in zip(*group.sweep.values(), strict=True):
            changes = dict(zip(group.sweep, values, strict=True))
            key, x = next(iter(changes.items()))
            yield f"{key}={x:.12g}", x, changes


def _check_sweep(sweep: Mapping[str, list[float]], place: str) -> None:
    """Check that a sweep has a value of each key at each step, and the first key's once."""
    if len({len(values) for values in sweep.values()}) > 1:
        raise InputError(f"{place}: keys that change together need as many values each")
    for key, values in [*sweep.items()][:1]:
        if len({*values}) < len(values):
            raise InputError(f"{place}.{key}: a value is stated twice")
