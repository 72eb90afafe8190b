"""Settings of the kind `ledger`: technologies, conditions of use, and what areas are made of."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt, MinLen
from pydantic import Field, FiniteFloat, field_validator

from cosim.circuits.bias_tables import TableName, read_biases
from cosim.circuits.conditions import Conditions
from cosim.experiments.protocol import DEFAULT, Request
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.settings import Positive, Section, read_toml
from ebn_model.errors import InputError
from ebn_model.stimulus import Stimulus, regular_spikes
from ebn_model.units import Hertz, Second
from ebn_model.validation import validated

Names = Annotated[tuple[str, ...], MinLen(1)]


class Use(Section):
    """Use of the neuron, of which its energy is measured.

    rate: of the input, Hz, which is silent for a period at first. pulse_width: s.
    pulses: their number. start_weight: LSB.
    """

    rate: Annotated[Hertz, Gt(0)] = 200.0
    pulse_width: Annotated[Second, Gt(0)] = 1e-3
    pulses: Annotated[int, Ge(2)] = 6
    start_weight: int = 3

    def stimulus(self) -> Stimulus:
        """The pulses, each followed by a whole period."""
        period = 1 / self.rate
        spikes = regular_spikes(period, period, self.pulses)
        return Stimulus(spikes, self.pulse_width, (self.pulses + 1) * period, self.start_weight)


class Layout(Section):
    """Area that layout makes of devices; no layout exists.

    analog, logic: area over the sum of gates' W*L. capacitors: area over that of the plates.
    density: of capacitors by technology, fF/um^2.
    """

    analog: Positive
    logic: Positive
    capacitors: Positive
    density: dict[str, Positive]


class Wrong(Section):
    """Decisions with noise, in time.

    distances: of I_mem from the threshold, in standard deviations of the noise, none 0.
    samples: outcomes at each. seed: of the noise. probability: least one with which outcomes are as
    far from a Gaussian law as those that are found.
    """

    distances: Annotated[tuple[FiniteFloat, ...], MinLen(3)]
    samples: Annotated[int, Ge(10)]
    seed: Annotated[int, Ge(0)] = 1
    probability: Positive

    @field_validator("distances")
    @classmethod
    def _decided(cls, distances: tuple[float, ...]) -> tuple[float, ...]:
        if 0 in distances:
            raise InputError("at the threshold itself no decision is wrong")
        return distances


class PublishedCircuit(Section):
    """Figures of a published circuit.

    node, supply, area, conditions: in words; "" where they weren't found. event: what the energy in
    J is for. learning: whether it learns on the chip. source: where each figure stands.
    """

    name: str
    year: int
    node: str = ""
    supply: str = ""
    event: str = ""
    energy: Positive | None = None
    area: str = ""
    conditions: str = ""
    learning: bool
    source: Annotated[str, MinLen(1)]


class Published(Section):
    """The file of published circuits."""

    circuits: tuple[PublishedCircuit, ...]


class LedgerSettings(Section):
    """Settings of a ledger.

    technologies: names, or paths of .toml files as seen from this file.
    biases: the bias table; spiking: that of the spike generator.
    supply_step: share by which the supply is raised and lowered.
    published: file of published circuits, as seen from this one.
    delays: quantities of benches that are delays, by bench.
    """

    title: str = ""
    technologies: Names
    biases: TableName
    spiking: TableName
    supply_step: Annotated[FiniteFloat, Gt(0)] = 0.05
    use: Use = Field(default_factory=Use)
    layout: Layout
    wrong: Wrong
    published: str
    delays: dict[str, Names]


@dataclass(frozen=True)
class Ledger:
    """A ledger as it is to be made; conditions: nominal, by the technology's name.

    published: circuits of others.
    """

    name: str
    title: str
    settings: LedgerSettings
    results: Path
    conditions: dict[str, Conditions]
    published: tuple[PublishedCircuit, ...]


def read_ledger(file: ExperimentFile, request: Request = DEFAULT) -> Ledger:
    """Read a ledger; of the request it takes `out`.

    Raises:
        InputError: a fault in the file, an unknown technology or table, or a technology whose
            capacitors aren't known.
    """
    source = str(file.path)
    settings = validated(LedgerSettings, file.values, source)
    conditions: dict[str, Conditions] = {}
    for stated in settings.technologies:
        name = str(file.path.parent / stated) if stated.endswith(".toml") else stated
        nominal = validated(Conditions, {"technology": name}, source)
        for table in (settings.biases, settings.spiking):
            read_biases(table, name)
        if nominal.facts.name not in settings.layout.density:
            raise InputError(f"{source}: layout.density has no {nominal.facts.name}")
        conditions[nominal.facts.name] = nominal
    others = file.path.parent / settings.published
    return Ledger(
        name=file.name,
        title=settings.title or file.name,
        settings=settings,
        results=file.results(request.out),
        conditions=conditions,
        published=validated(Published, read_toml(others), str(others)).circuits,
    )
