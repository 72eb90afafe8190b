"""Settings of an experiment with dies: which, and what is run on each."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, MinLen
from pydantic import Field, ValidationInfo, field_validator

from cosim.circuits.bias_tables import TableName, TableOrPath, seen_from
from cosim.circuits.conditions import Conditions
from cosim.experiments.neuron.config import Experiment
from cosim.experiments.neuron.simulation import Simulation, check_conditions, read_simulation
from cosim.experiments.protocol import DEFAULT, Request
from cosim.experiments.trim import Trim, fill_in_currents, untrimmed_table
from cosim.technologies.technology import technology_names
from cosim.workbench.experiment_files import DEFAULT_KIND, ExperimentFile, read_named
from cosim.workbench.settings import (
    Section,
    Share,
    apply_change,
    by_name,
)
from ebn_model.errors import InputError
from ebn_model.validation import validated

TOP = ("dies", "first_die", "waveforms", *Conditions.model_fields)
"""Keys that a user can change."""
OF_SUMMARY = {
    *("by_bits", "quantities", "causes", "waveforms", "nominal", "settings"),
    *("passed", "verdict", "versions", "sources"),
    *("key", "files", "sha256"),
}
"""Keys of summary.json beside the names of cases and technologies."""


class Case(Section):
    """A simulation that each die runs in the mixed view.

    simulation: a folder under Simulations/, or the path of a file. biases: bias table, a path as
    seen from the file of the dies; by default the simulation's. technology: by default that of all
    cases; another one has its own supply.
    label: in tables and figure, by default the case's name. trim: of the bias currents of each die,
    none by default. dies: only the first ones, so many.
    model: whether each die's constants are measured, and the decisions of a model with them
    compared with the circuit's, one step ahead. model_one_step: least share of equal ones that are
    outside the dead band, of all dies together.
    both_views: whether each die runs in the transistor view, too, and what it learns there is
    compared. Until the first different decision I_mem may differ by the dead band.
    """

    simulation: str
    biases: TableOrPath | None = None
    technology: str | None = None
    label: str = ""
    trim: Trim | None = None
    dies: Annotated[int, Ge(1)] | None = None
    model: bool = False
    model_one_step: Share = 0.99
    both_views: bool = False


class OtherTechnology(Section):
    """Cases, by name, that run on dies of another technology, too; dies: only the first ones."""

    dies: Annotated[int, Ge(1)]
    cases: Annotated[tuple[str, ...], MinLen(1)]


class DiesSettings(Conditions):
    """Settings of an experiment with dies; `die` stays as it is.

    dies: how many. first_die: number of the first one; the others follow.
    cases: simulations, by name. technologies: other ones that some cases run in, too, by their
    names, each with a supply of its own; a user who changes conditions leaves them out.
    quantities: bias tables under which the cells are measured.
    causes: those of them under which the share of each device in the spread is looked for.
    waveforms: of so many dies of each case, and of each reason not to settle, they are kept.
    """

    title: str = ""
    dies: Annotated[int, Ge(1)] = 200
    first_die: Annotated[int, Ge(0)] = 0
    cases: dict[str, Case] = Field(default_factory=dict)
    technologies: dict[str, OtherTechnology] = Field(default_factory=dict)
    quantities: tuple[TableName, ...] = ()
    causes: tuple[TableName, ...] = ()
    waveforms: Annotated[int, Ge(0)] = 3

    @field_validator("causes")
    @classmethod
    def _of_quantities(cls, causes: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for table in causes:
            if table not in info.data.get("quantities", (table,)):
                raise InputError(f"{table!r} is none of quantities, whose spread it would explain")
        if causes and info.data.get("variation", "local") != "local":
            raise InputError("the share of each device is looked for in local variation only")
        return causes


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

    def numbers_of(self, case: str) -> range:
        """The dies that run a case, by its name; all of them under a bias table's cells."""
        chosen = self.settings.cases.get(case)
        return self.numbers[: chosen.dies if chosen else None]

    def label_of(self, case: str) -> str:
        """Label of a case in tables and figure, by the name of the case."""
        return self.settings.cases[case].label or case


def read_dies(file: ExperimentFile, request: Request = DEFAULT) -> DiesExperiment:
    """Read an experiment, or a neuron's file, which is then the only case.

    Of the request it takes changes, conditions, number of dies and `out`; a bias table, and changes
    of what a neuron's file states, with such a file only.

    Raises:
        InputError: an unknown key, simulation or table, or a value that can't be; names the file.
    """
    if file.kind == DEFAULT_KIND:
        return _neuron_on_dies(file, request)
    if request.biases:
        raise InputError(f"{file.path}: its cases and quantities state the bias tables")
    values = deepcopy(file.values)
    for case in values.get("cases", {}).values():
        if isinstance(case, dict) and isinstance(case.get("biases"), str):
            case["biases"] = seen_from(file.path.parent, case["biases"])
    settings = _settings(file, values, request, request.changes)
    if not settings.cases and not settings.quantities:
        raise InputError(f"{file.path}: neither cases nor quantities state what is run")
    simulations = {name: _simulation(case, settings, file) for name, case in settings.cases.items()}
    return DiesExperiment(file.name, settings, simulations, _results(file, settings, request))


def _neuron_on_dies(file: ExperimentFile, request: Request) -> DiesExperiment:
    simulation = read_simulation(file, replace(request, dies=None, first_die=None))
    if simulation.experiment.die is not None:
        raise InputError(f"{file.path}: die: state --first-die and --dies instead")
    values = {"title": f"{simulation.title}, on dies", "cases": {file.name: {"simulation": ""}}}
    conditions = simulation.experiment.conditions.model_dump()
    settings = _settings(file, {**values, **conditions}, replace(request, conditions=()), ())
    results = simulation.results / "dies"
    return DiesExperiment(file.name, settings, {file.name: simulation}, results)


def _settings(
    file: ExperimentFile, values: dict, request: Request, changes: Iterable[str]
) -> DiesSettings:
    source = str(file.path)
    for change in (*changes, *request.conditions):
        apply_change(values, change, {key: ("", key) for key in TOP})
        source += f" with {change!r}"
    if any(values.get(key) != file.values.get(key) for key in Conditions.model_fields):
        values.pop("technologies", None)
    fill_in_currents(values.get("cases", {}), source)
    stated = {"dies": request.dies, "first_die": request.first_die}
    values |= {key: value for key, value in stated.items() if value is not None}
    settings = validated(DiesSettings, values, source)
    if settings.die is not None:
        raise InputError(f"{source}: die: state first_die and dies instead")
    every = chain(settings.cases.items(), _elsewhere(settings, source))
    cases = by_name(every, source, "cases")
    if taken := cases.keys() & (OF_SUMMARY | settings.technologies.keys()):
        raise InputError(f"{source}: cases: {min(taken)} is something else in summary.json")
    if values.get("supply") is not None and any(case.technology for case in cases.values()):
        raise InputError(f"{source}: supply: each of the technologies has its own")
    return settings.model_copy(update={"cases": cases})


def _elsewhere(settings: DiesSettings, source: str) -> Iterator[tuple[str, Case]]:
    """The cases that run in other technologies, too, named for them."""
    for technology, other in settings.technologies.items():
        if technology not in technology_names():
            known = ", ".join(technology_names())
            raise InputError(f"{source}: technologies: no {technology!r}; there are: {known}")
        for name in other.cases:
            if name not in settings.cases:
                raise InputError(f"{source}: technologies.{technology}: no case {name!r}")
            label = f"{settings.cases[name].label or name}, {technology}"
            update = {"technology": technology, "dies": other.dies, "label": label}
            yield f"{technology}_{name}", settings.cases[name].model_copy(update=update)


def _results(file: ExperimentFile, settings: DiesSettings, request: Request) -> Path:
    results = file.results(request.out)
    return results if settings.conditions == Conditions() else results / settings.label


def _simulation(case: Case, settings: DiesSettings, file: ExperimentFile) -> Simulation:
    """A case's simulation under the conditions of all dies."""
    conditions, chosen = settings.conditions, settings.model_fields_set - {"die"}
    if case.technology:
        other = validated(Conditions, {"technology": case.technology}, str(file.path))
        there = {"technology": other.technology, "supply": other.supply}
        conditions, chosen = conditions.model_copy(update=there), chosen | there.keys()
    stated = conditions.model_dump(exclude={"die"})
    request = Request(
        conditions=tuple(f"{key}={value}" for key, value in stated.items()),
        biases=case.biases,
        out=file.path.parent,
    )
    own = read_named(case.simulation, file)
    check_conditions(own, file, conditions, chosen)
    found = read_simulation(own, request)
    if case.trim:
        _check_trim(case.trim, found.experiment, file)
    return found


def _check_trim(trim: Trim, experiment: Experiment, file: ExperimentFile) -> None:
    """Refuse a trim of currents that the simulation states itself."""
    table = untrimmed_table(experiment)
    changes = trim.currents(dict.fromkeys(trim.biases, 0), table)
    try:
        experiment.model_copy(update={"bias_changes": changes}).bias_table()
    except InputError as error:
        raise InputError(f"{file.path}: trim of {experiment.title}: {error}") from None
