"""Settings of the kind `sizing`: which circuit, how large, and what is run on how many dies."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, MinLen
from pydantic import Field, ValidationInfo, field_validator

from cosim.circuits.bias_tables import TableName
from cosim.circuits.conditions import Conditions
from cosim.experiments.dies.settings import DiesExperiment, read_dies
from cosim.experiments.ledger.settings import Layout, Names, Use
from cosim.experiments.protocol import DEFAULT, Request
from cosim.workbench.experiment_files import ExperimentFile, read_named
from cosim.workbench.places import project
from cosim.workbench.settings import Positive, Section, by_name
from ebn_model.errors import InputError
from ebn_model.validation import validated


class SizingSettings(Section):
    """Settings of a sizing.

    areas: factors of the decisive devices' area. chosen: the one that the circuit has been given.
    smallest_gate: W*L from which a device is decisive, um^2.
    simulations: folders under Simulations/, or paths as seen from this file. biases: bias table.
    first_die, dies: of each area, the same ones. use, layout: see the kind `ledger`.
    """

    title: str = ""
    areas: Annotated[tuple[Positive, ...], MinLen(2)]
    chosen: Positive = 1.0
    smallest_gate: Positive
    simulations: Names
    biases: TableName
    first_die: Annotated[int, Ge(0)] = 0
    dies: Annotated[int, Ge(2)]
    use: Use = Field(default_factory=Use)
    layout: Layout

    @field_validator("chosen")
    @classmethod
    def _is_run(cls, chosen: float, info: ValidationInfo) -> float:
        if chosen not in info.data.get("areas", (chosen,)):
            raise InputError(f"{chosen:g} is none of areas")
        return chosen


@dataclass(frozen=True)
class Sizing:
    """A sizing as it is to be run; base: the circuit's project, None for that of netlists/."""

    name: str
    title: str
    settings: SizingSettings
    results: Path
    base: Path | None
    file: ExperimentFile

    def folder(self, area: float) -> Path:
        """The results at an area."""
        return self.results / f"area_{area:g}"

    def circuit(self, area: float) -> Path:
        """The project of the circuit with an area."""
        return self.folder(area) / "circuit"

    def dies(self, area: float) -> DiesExperiment:
        """The dies of an area; asked for in the project of its circuit."""
        settings = self.settings
        values = {
            "title": f"{self.title}: {area:g} times the area",
            "first_die": settings.first_die,
            "dies": settings.dies,
            "waveforms": 0,
            "quantities": [settings.biases],
            "cases": self._cases(),
        }
        found = read_dies(replace(self.file, stated_as=self.name, kind="dies", values=values))
        return DiesExperiment(self.name, found.settings, found.simulations, self.folder(area))

    def _cases(self) -> dict[str, dict[str, str]]:
        """Cases of the dies, by the simulations' names."""
        each = (
            (
                read_named(name, self.file).name,
                {"simulation": name, "biases": self.settings.biases},
            )
            for name in self.settings.simulations
        )
        return by_name(each, str(self.file.path), "simulations")


def read_sizing(file: ExperimentFile, request: Request = DEFAULT) -> Sizing:
    """Read a sizing; of the request it takes changes of dies and first_die, and `out`.

    Raises:
        InputError: a fault in the file, an unknown simulation or table, or a technology
            whose capacitors aren't known.
    """
    source = str(file.path)
    stated = {"dies": request.dies, "first_die": request.first_die}
    values = file.values | {key: value for key, value in stated.items() if value is not None}
    settings = validated(SizingSettings, values, source)
    found = Sizing(
        name=file.name,
        title=settings.title or file.name,
        settings=settings,
        results=file.results(request.out),
        base=project(),
        file=file,
    )
    found.dies(settings.chosen)
    technology = Conditions().facts.name
    if technology not in settings.layout.density:
        raise InputError(f"{source}: layout.density has no {technology}")
    return found
