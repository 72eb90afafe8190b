"""Settings of the kind `technologies`: which ones, what runs in them, and what is required."""

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt, MinLen
from pydantic import Field

from cosim.circuits.bias_tables import TableName, read_biases
from cosim.circuits.conditions import Conditions, Temperature
from cosim.experiments.neuron.simulation import VIEWS, Simulation, check_conditions, read_simulation
from cosim.experiments.protocol import DEFAULT, Request
from cosim.experiments.replay.settings import ReplayExperiment, read_replay
from cosim.technologies.technology import read_technology
from cosim.workbench.experiment_files import ExperimentFile, read_named
from cosim.workbench.settings import Positive, Section, Share, by_name
from ebn_model.errors import InputError
from ebn_model.units import Current
from ebn_model.validation import validated

Names = Annotated[tuple[str, ...], MinLen(1)]
_DIGITS = 6
"""Decimals of a supply in V, so that a share of the nominal one stays within its range."""


class Typical(Section):
    """Runs at the typical corner.

    benches: the bias table of the datasheet, None for no datasheet. simulations: folders under
    Simulations/, or paths as seen from this file; views: of them. replay: likewise, None for none.
    """

    benches: TableName | None = None
    simulations: Names
    views: Names = VIEWS
    replay: str | None = None


class Slope(Section):
    """Shift of the window per LSB over what an LSB changes I_mem by, under a bias table.

    over_kick: least ratio; None: just shown.
    """

    biases: TableName
    over_kick: Positive | None = None


class Corners(Section):
    """Runs at all corners: a simulation, in the mixed view.

    supplies: shares of the technology's.
    deviation: share by which I_mem may end beside the published run's end.
    slope: what is measured there, too; by default nothing.
    """

    simulation: str
    corners: Names
    temperatures: Annotated[tuple[Temperature, ...], MinLen(1)] = (27.0,)
    supplies: Annotated[tuple[Positive, ...], MinLen(1)] = (1.0,)
    deviation: Share = 0.1
    slope: Slope | None = None


class Required(Section):
    """Least number of decisions as published, greatest RMS deviation of I_mem at the rising edges
    in A, and of a replay the least share of equal decisions one step ahead; None: just shown."""

    decisions: Annotated[int, Ge(0)] | None = None
    i_mem_rise_rms: Annotated[Current, Gt(0)] | None = None
    one_step: Share | None = None


class TechnologiesSettings(Section):
    """Settings of a comparison of technologies.

    technologies: names, or paths of .toml files as seen from this file.
    required: by the name of a simulation, and `replay`.
    """

    title: str = ""
    technologies: Names
    typical: Typical
    corners: Corners
    required: dict[str, Required] = Field(default_factory=dict)


@dataclass(frozen=True)
class TechnologyPlan:
    """All that runs in one technology.

    benches: the bias table of the datasheet, None for none.
    simulations: by name, at the typical corner; replay: there, too.
    corners: conditions of the runs of the corners' simulation, which is `learning`.
    """

    name: str
    results: Path
    benches: str | None
    simulations: dict[str, Simulation]
    replay: ReplayExperiment | None
    learning: Simulation
    corners: tuple[Conditions, ...]


@dataclass(frozen=True)
class TechnologyComparison:
    """A comparison of technologies as it is to be run; plans: by the technology's name."""

    name: str
    title: str
    settings: TechnologiesSettings
    results: Path
    plans: dict[str, TechnologyPlan]


def read_comparison(file: ExperimentFile, request: Request = DEFAULT) -> TechnologyComparison:
    """Read a comparison; of the request it takes `out`.

    Raises:
        InputError: a fault in the file, or in those that it names.
    """
    source = str(file.path)
    settings = validated(TechnologiesSettings, file.values, source)
    for view in settings.typical.views:
        if view not in VIEWS:
            raise InputError(f"{source}: unknown view {view!r}; there are: {', '.join(VIEWS)}")
    results = file.results(request.out)
    each = [_plan(technology, file, settings, results) for technology in settings.technologies]
    plans = by_name(((plan.name, plan) for plan in each), source, "technologies")
    for name in settings.required:
        if name not in ("replay", *each[0].simulations):
            raise InputError(f"{source}: required.{name}: no such simulation, nor the replay")
    return TechnologyComparison(file.name, settings.title or file.name, settings, results, plans)


def _plan(
    technology: str, file: ExperimentFile, settings: TechnologiesSettings, results: Path
) -> TechnologyPlan:
    if technology.endswith(".toml"):
        technology = str(file.path.parent / technology)
    facts, typical, corners = read_technology(technology), settings.typical, settings.corners
    supply = validated(Conditions, {"technology": technology}, str(file.path)).supply
    for table in (typical.benches, corners.slope and corners.slope.biases):
        if table:
            read_biases(table, technology)
    here = results / facts.name
    request = Request(out=here, conditions=(f"technology={technology}",))

    def simulation(name: str) -> Simulation:
        return read_simulation(_file_of(name, "neuron", file), request)

    points = [
        validated(
            Conditions,
            {
                "technology": technology,
                "corner": corner,
                "temperature": temperature,
                "supply": round(share * supply, _DIGITS),
            },
            f"{file.path}: corners",
        )
        for corner, share, temperature in product(
            corners.corners, corners.supplies, corners.temperatures
        )
    ]
    learning = _file_of(corners.simulation, "neuron", file)
    check_conditions(learning, file, points[0], _chosen(corners))
    simulations = [replace(simulation(name), views=typical.views) for name in typical.simulations]
    rows = None
    if typical.replay:
        rows = read_replay(_file_of(typical.replay, "replay", file), request)
    return TechnologyPlan(
        name=facts.name,
        results=here,
        benches=typical.benches,
        simulations=by_name(
            ((one.name, one) for one in simulations), str(file.path), "simulations"
        ),
        replay=rows,
        learning=read_simulation(learning, request),
        corners=tuple(points),
    )


def _chosen(corners: Corners) -> set[str]:
    """The conditions that a comparison states itself, whatever its simulation does."""
    varied = {"temperatures": "temperature", "supplies": "supply"}
    stated = {key for name, key in varied.items() if name in corners.model_fields_set}
    return {"technology", "corner", *stated}


def _file_of(name: str, kind: str, comparison: ExperimentFile) -> ExperimentFile:
    """The file of an experiment that must be of a kind."""
    file = read_named(name, comparison)
    if file.kind != kind:
        raise InputError(f"{file.path} is of the kind {file.kind!r}, not {kind!r}")
    return file
