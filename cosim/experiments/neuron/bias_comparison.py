"""Comparisons of bias tables: stimuli, each run with several tables, side by side."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from annotated_types import MinLen
from pydantic import field_validator

from cosim.circuits.neuron import read_biases
from cosim.experiments.neuron.simulation import Simulation, read_simulation
from cosim.experiments.neuron.views import VIEWS
from cosim.workbench.experiment_files import find_file, name_and_results
from cosim.workbench.settings import Section, check_keys, read_toml
from ebn_model.errors import InputError
from ebn_model.parameters import validated


class ComparisonSettings(Section):
    """What a file says.

    stimuli: folders under Simulations/, or paths of stimulus files as seen from this file.
    tables: bias tables, in the order of the legend; the first is what the others differ from.
    views: what runs; the figure shows the most detailed one, and the model's decision window.
    """

    title: str = ""
    stimuli: Annotated[tuple[str, ...], MinLen(1)]
    tables: Annotated[tuple[str, ...], MinLen(2)]
    views: Annotated[tuple[str, ...], MinLen(1)] = ("mixed", "model")

    @field_validator("tables")
    @classmethod
    def _known_tables(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            read_biases(name)
        return names

    @field_validator("views")
    @classmethod
    def _known_views(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in VIEWS:
                raise InputError(f"unknown view {name!r}; there are: {', '.join(VIEWS)}")
        return names

    @field_validator("stimuli", "tables", "views")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"{name!r} is listed twice")
        return names


@dataclass(frozen=True)
class Case:
    """A stimulus, and its simulations by bias table."""

    name: str
    title: str
    simulations: dict[str, Simulation]


@dataclass(frozen=True)
class BiasComparison:
    """A comparison with its surroundings: one case per stimulus."""

    name: str
    title: str
    results: Path
    views: tuple[str, ...]
    cases: list[Case]

    @property
    def simulations(self) -> list[Simulation]:
        """All that is to be run."""
        return [one for case in self.cases for one in case.simulations.values()]


def is_comparison(path: Path) -> bool:
    """Whether a file states a comparison; raises InputError where it can't be read."""
    return "tables" in read_toml(path)


def read_comparison(
    name: str, changes: Iterable[str] = (), out: Path | None = None
) -> BiasComparison:
    """Read a comparison.

    Args:
        name, out: as for `read_simulation`.
        changes: "KEY=VALUE" each, for all its simulations.

    Raises:
        InputError: unknown name, or a fault in its files or those of its stimuli.
    """
    path = find_file(name)
    values = read_toml(path)
    check_keys(values, {"": ComparisonSettings}, str(path))
    settings = validated(ComparisonSettings, values, str(path))
    name, results = name_and_results(path, out)
    return BiasComparison(
        name=name,
        title=settings.title or name,
        results=results,
        views=settings.views,
        cases=[
            _case(stimulus, path, tuple(changes), settings.tables, results)
            for stimulus in settings.stimuli
        ],
    )


def _case(
    stimulus: str, path: Path, changes: tuple[str, ...], tables: tuple[str, ...], results: Path
) -> Case:
    """The simulations of a stimulus, whose results go to the comparison's."""
    file = find_file(stimulus, path.parent)
    if is_comparison(file):
        raise InputError(f"{path}: {stimulus!r} is a comparison, not a stimulus")
    name, _ = name_and_results(file)
    simulations = {}
    for table in tables:
        own = read_simulation(str(file), changes, biases=table)
        title = own.experiment.title or name
        simulations[table] = replace(
            own,
            name=f"{name}, {table}",
            experiment=own.experiment.model_copy(update={"title": title}),
            results=results / name / table,
        )
    return Case(name, title, simulations)
