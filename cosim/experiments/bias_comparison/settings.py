"""Comparisons of bias tables: stimuli, each run with several tables, side by side."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from annotated_types import MinLen
from pydantic import ValidationInfo, field_validator

from cosim.circuits.bias_tables import read_biases, seen_from
from cosim.circuits.project import project_settings
from cosim.experiments.neuron.simulation import (
    VIEWS,
    Simulation,
    chosen_views,
    read_simulation,
)
from cosim.experiments.protocol import DEFAULT, Request
from cosim.workbench.experiment_files import ExperimentFile, read_named
from cosim.workbench.settings import Section, by_name
from ebn_model.errors import InputError
from ebn_model.validation import validated


class ComparisonSettings(Section):
    """Settings of a comparison of bias tables.

    stimuli: folders under Simulations/, or paths of stimulus files as seen from this file.
    tables: bias tables, in the order of the legend; the first is what the others differ from. A
        path, as seen from this file, is called by the name of its file.
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
            read_biases(name, project_settings().technology)
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
    def _each_once(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        called = [*map(_called, names)] if info.field_name == "tables" else names
        for name in called:
            if called.count(name) > 1:
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
    """A comparison as it is to be run, with a case for each stimulus."""

    name: str
    title: str
    results: Path
    cases: list[Case]

    @property
    def simulations(self) -> list[Simulation]:
        """All that is to be run."""
        return [one for case in self.cases for one in case.simulations.values()]


def read_comparison(file: ExperimentFile, request: Request = DEFAULT) -> BiasComparison:
    """Read a comparison.

    Args:
        file: of the comparison.
        request: changes, for all its simulations, `out`, and the view that runs.

    Raises:
        InputError: a fault in the file or those of its stimuli.
    """
    values = dict(file.values)
    if isinstance(values.get("tables"), list):
        values["tables"] = [seen_from(file.path.parent, str(table)) for table in values["tables"]]
    settings = validated(ComparisonSettings, values, str(file.path))
    results = file.results(request.out)
    views = chosen_views(request.view) or settings.views
    cases = [
        _case(stimulus, file, replace(request, view=None), settings.tables, views, results)
        for stimulus in settings.stimuli
    ]
    return BiasComparison(
        name=file.name,
        title=settings.title or file.name,
        results=results,
        cases=[*by_name(((case.name, case) for case in cases), str(file.path), "stimuli").values()],
    )


def _case(
    stimulus: str,
    comparison: ExperimentFile,
    request: Request,
    tables: tuple[str, ...],
    views: tuple[str, ...],
    results: Path,
) -> Case:
    """The simulations of a stimulus, whose results go to the comparison's."""
    file = read_named(stimulus, comparison)
    if file.kind != "neuron":
        raise InputError(
            f"{comparison.path}: {stimulus!r} is of the kind {file.kind!r}, not a stimulus"
        )
    simulations = {}
    for table in tables:
        own = read_simulation(file, replace(request, biases=table))
        own.experiment.check_varies()
        title = own.experiment.title or file.name
        simulations[_called(table)] = replace(
            own,
            name=f"{file.name}, {_called(table)}",
            experiment=own.experiment.model_copy(update={"title": title}),
            results=results / file.name / _called(table),
            views=views,
        )
    return Case(file.name, title, simulations)


def _called(table: str) -> str:
    """The name of a bias table, or that of its file."""
    return Path(table).name
