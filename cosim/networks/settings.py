"""Experiments with a network: what a file says, with a user's changes, seeds and sweeps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BaseModel, Field

from cosim.experiments.sections import Section, check_keys, read_toml, section_fields
from cosim.experiments.simulation import find_file, name_and_results
from ebn_model.errors import InputError
from ebn_model.network.configurations import configuration
from ebn_model.network.parameters import TaskParameters
from ebn_model.parameters import validated

Seed = Annotated[int, Ge(0)]


class PublishedTrial(Section):
    """What was published of the final trial with one kind of weights.

    decoding_error: in the paper's formula. spikes: of all neurons.
    deviation: how far the mean of ours may be from the error; None is shown, but not judged.
    """

    decoding_error: float
    spikes: int
    deviation: Annotated[float, Gt(0)] | None = None


class NetworkTolerances(Section):
    """What the verdict requires of the mean over the seeds; None is shown, but not judged.

    correlation: least one of learned and optimal weights. distance: least and greatest distance.
    unscaled_error, rate: greatest ones of the learned network, mean of its validation trials; Hz.
    """

    correlation: Annotated[float, Ge(-1), Le(1)] | None = None
    distance: tuple[float, float] | None = None
    unscaled_error: Annotated[float, Gt(0)] | None = None
    rate: Annotated[float, Gt(0)] | None = None


class NetworkSettings(Section):
    """What a file says.

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
    published: dict[str, PublishedTrial] = Field(default_factory=dict)


@dataclass(frozen=True)
class NetworkExperiment:
    """Trainings of one kind of network, one for each seed.

    parameters: of the network. seeds: without those that are named twice.
    runs: folder that gets a folder for each training. results: for what comes out of all.
    changes: what the user changed, "KEY=VALUE" each; what is required doesn't bind then.
    """

    name: str
    settings: NetworkSettings
    parameters: BaseModel
    seeds: tuple[int, ...]
    runs: Path
    results: Path
    changes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Title of the experiment, by default its name, with what was changed."""
        title = self.settings.title or self.name
        return f"{title}, with {', '.join(self.changes)}" if self.changes else title


def is_network(path: Path) -> bool:
    """Whether a file states an experiment with a network; raises InputError if unreadable."""
    return "configuration" in read_toml(path)


def read_network_experiments(
    name: str, changes: Iterable[str] = (), seeds: Iterable[int] = (), out: Path | None = None
) -> list[NetworkExperiment]:
    """Read an experiment, once for each combination of what the user changed.

    Args:
        name: a folder under Simulations/, or the path of a .toml file anywhere.
        changes: "KEY=VALUE" or "KEY=VALUE,VALUE,..." each, where KEY is a parameter of the
            network (bits, rule.dead_zone), of the task (task.amplitude), or configuration or
            iterations; VALUE none takes a parameter back.
        seeds: instead of the file's own.
        out: folder that gets NAME/ with the results; by default they go beside the file, those
            of changed experiments into folders of their own, named for the change.

    Raises:
        InputError: unknown name or key, or a value that can't be; names file and key.
    """
    path = find_file(name)
    values = read_toml(path)
    sections = {"": NetworkSettings, **dict(section_fields(NetworkSettings))}
    check_keys(values, sections, str(path))
    name, results = name_and_results(path, out)
    lists = [_spread(change) for change in changes]
    return [
        _experiment(name, values, combination, tuple(dict.fromkeys(seeds)), results, str(path))
        for combination in product(*lists)
    ]


def _spread(change: str) -> list[str]:
    key, separator, text = change.partition("=")
    if not separator:
        raise InputError(f"{change!r} is not of the form KEY=VALUE")
    return [f"{key}={value}" for value in text.split(",")]


def _experiment(
    name: str,
    values: dict,
    changes: tuple[str, ...],
    seeds: tuple[int, ...],
    results: Path,
    source: str,
) -> NetworkExperiment:
    source = " with ".join([source, *map(repr, changes)])
    settings = validated(NetworkSettings, _changed(values, changes), source)
    base = configuration(settings.configuration)
    merged = _merged(base.model_dump(), settings.parameters)
    runs = results / ",".join(changes) if changes else results
    chosen = (f"seed={','.join(map(str, seeds))}",) if seeds else ()
    return NetworkExperiment(
        name=name,
        settings=settings,
        parameters=validated(type(base), merged, source),
        seeds=seeds or tuple(dict.fromkeys(settings.seeds)),
        runs=runs,
        results=runs.joinpath(*chosen),
        changes=changes + chosen,
    )


def _changed(values: dict, changes: tuple[str, ...]) -> dict:
    """A copy of what the file says with the user's changes."""
    values = {**values, "parameters": _copy(values.get("parameters", {}))}
    values["task"] = dict(values.get("task", {}))
    # The configuration decides which parameters there are.
    for change in sorted(changes, key=lambda text: not text.startswith("configuration=")):
        key, _, text = change.partition("=")
        _put(values, key, None if text == "none" else text)
    return values


def _put(values: dict, key: str, value: str | None) -> None:
    """Put a value into its place."""
    if key in ("configuration", "iterations"):
        values[key] = value
        return
    known = _keys(type(configuration(values["configuration"])))
    tasks = [f"task.{name}" for name in TaskParameters.model_fields]
    if key in tasks:
        values["task"][key.removeprefix("task.")] = value
    elif key in known:
        *sections, name = key.split(".")
        table = values["parameters"]
        for section in sections:
            table = table.setdefault(section, {})
        table[name] = value
    else:
        every = ["configuration", "iterations", *known, *tasks]
        raise InputError(f"unknown key {key!r}; known are {', '.join(every)}")


def _keys(kind: type[BaseModel], prefix: str = "") -> list[str]:
    """Names of all values of a set of parameters, with dots for those of its tables."""
    tables = dict(section_fields(kind))
    keys = [prefix + name for name in kind.model_fields if name not in tables]
    for name, inner in tables.items():
        keys += _keys(inner, f"{prefix}{name}.")
    return keys


def _merged(base: Mapping, changes: Mapping) -> dict:
    """The base with the changes, table by table."""
    merged = dict(base)
    for key, value in changes.items():
        inner = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if inner else value
    return merged


def _copy(values: Any) -> Any:
    return {k: _copy(v) for k, v in values.items()} if isinstance(values, Mapping) else values
