"""Settings of an experiment with dies: which, and what is run on each."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import Field

from cosim.circuits.conditions import Conditions
from cosim.experiments.neuron.simulation import Simulation, read_simulation
from cosim.experiments.protocol import DEFAULT, Request
from cosim.workbench.experiment_files import ExperimentFile, read_file
from cosim.workbench.settings import Section, Sections, apply_change, check_keys, section_fields
from ebn_model.errors import InputError
from ebn_model.parameters import validated

TOP = ("dies", "first_die", *Conditions.model_fields)
"""Keys that a user can change."""


class Case(Section):
    """A simulation that each die runs in the mixed view.

    simulation: a folder under Simulations/, or the path of a file. biases: bias table; by default
    the simulation's. label: in tables and figure, by default the case's name.
    """

    simulation: str
    biases: str | None = None
    label: str = ""


class DiesSettings(Conditions):
    """Settings of an experiment with dies; `die` stays as it is.

    dies: how many. first_die: number of the first one; the others follow.
    cases: simulations, by name. quantities: bias tables under which the cells are measured.
    """

    title: str = ""
    dies: Annotated[int, Ge(1)] = 200
    first_die: Annotated[int, Ge(0)] = 0
    cases: dict[str, Case] = Field(default_factory=dict)
    quantities: tuple[str, ...] = ()


@dataclass(frozen=True)
class DiesExperiment:
    """Dies, as they are to be run; results: folder for what comes out."""

    name: str
    settings: DiesSettings
    simulations: dict[str, Simulation]
    results: Path

    @property
    def numbers(self) -> range:
        """The dies."""
        first = self.settings.first_die
        return range(first, first + self.settings.dies)


def read_dies(file: ExperimentFile, request: Request = DEFAULT) -> DiesExperiment:
    """Read an experiment; of the request it takes changes, conditions and `out`.

    Raises:
        InputError: an unknown key, simulation or table, or a value that can't be; names the file.
    """
    values, source = deepcopy(file.values), str(file.path)
    sections: Sections = {"": DiesSettings, **dict(section_fields(DiesSettings))}
    check_keys(values, sections, source)
    for change in (*request.changes, *request.conditions):
        apply_change(values, change, {key: ("", key) for key in TOP})
        source += f" with {change!r}"
    settings = validated(DiesSettings, values, source)
    if settings.die is not None:
        raise InputError(f"{source}: die: state first_die and dies instead")
    if not settings.cases and not settings.quantities:
        raise InputError(f"{source}: neither cases nor quantities state what is run")
    results = file.results(request.out)
    if settings.conditions != Conditions():
        results /= settings.label
    return DiesExperiment(
        file.name,
        settings,
        {name: _simulation(case, settings, file) for name, case in settings.cases.items()},
        results,
    )


def _simulation(case: Case, settings: DiesSettings, file: ExperimentFile) -> Simulation:
    """A case's simulation under the conditions of all dies."""
    conditions = settings.conditions.model_dump(exclude={"die"})
    request = Request(
        conditions=tuple(_stated(conditions.items())), biases=case.biases, out=file.path.parent
    )
    return read_simulation(read_file(case.simulation, file.path.parent), request)


def _stated(values: Iterable[tuple[str, Any]]) -> Iterable[str]:
    return (f"{key}={value}" for key, value in values)
