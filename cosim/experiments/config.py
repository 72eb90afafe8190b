"""Experiments: what Simulations/NAME/config.toml says, validated, with changes by the user."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, field_validator

from cosim.circuit import SolverOptions, read_biases
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, validated
from ebn_model.stimulus import Stimulus, regular_spikes
from ebn_model.units import Ampere, Celsius, Second

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Share = Annotated[float, Ge(0), Le(1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StimulusSettings(_Section):
    """Regular spikes and the conditions of the run; times in s, weight in LSB, see Stimulus."""

    start_weight: int
    first_spike: Second
    period: Second
    count: Annotated[int, Ge(1)]
    pulse_width: Second
    duration: Second
    reset_until: Second = 0.0
    extra_synapse: bool = False

    def stimulus(self) -> Stimulus:
        """What the circuit and the model get; raises InputError where that can't be."""
        return Stimulus(
            spike_times=regular_spikes(self.first_spike, self.period, self.count),
            pulse_width=self.pulse_width,
            duration=self.duration,
            start_weight=self.start_weight,
            reset_until=self.reset_until,
            extra_synapse=self.extra_synapse,
        )


class Tolerances(_Section):
    """What the verdict requires; None is shown, but not judged.

    Circuit against published table: turning_points with their allowed deviation in LSB, least
    number of equal decisions, greatest RMS of I_mem at the rising edges in A.
    Model against circuit: least shares of equal decisions one step ahead (where I_mem is farther
    than dead_band, in A, from the thresholds) and free-running, greatest RMS of I_mem in A.
    """

    turning_points: list[int] | None = None
    turning_point_deviation: Annotated[int, Ge(0)] = 0
    decisions: Annotated[int, Ge(0)] | None = None
    i_mem_rise_rms: Annotated[Ampere, Gt(0)] | None = None
    model_one_step: Share = 0.98
    model_free_running: Share = 0.95
    model_i_mem_rms: Annotated[Ampere, Gt(0)] = 0.2e-9
    dead_band: Annotated[Ampere, Ge(0)] = 10e-12


class Experiment(_Section):
    """One experiment: a bias table, a technology, a stimulus, and what is expected.

    temperature: degrees C. bias_changes: currents in A that replace those of the bias table.
    """

    title: str
    biases: str
    technology: str = "generic180"
    temperature: Annotated[Celsius, Gt(-273.15), Le(200)] = 27.0
    stimulus: StimulusSettings
    bias_changes: dict[str, Ampere] = {}
    solver: SolverOptions = SolverOptions()
    tolerances: Tolerances = Tolerances()

    @field_validator("biases")
    @classmethod
    def _known_table(cls, name: str) -> str:
        read_biases(name)
        return name

    @field_validator("stimulus")
    @classmethod
    def _possible(cls, settings: StimulusSettings) -> StimulusSettings:
        settings.stimulus()
        return settings

    def bias_table(self) -> BiasTable:
        """The table with the changes; raises InputError for a current out of range."""
        values = read_biases(self.biases).model_dump()
        return validated(BiasTable, {**values, **self.bias_changes}, "bias_changes")


def read_experiment(path: Path, changes: Iterable[str] = ()) -> Experiment:
    """Read and validate a config.toml.

    Args:
        path: the file.
        changes: "KEY=VALUE" each, where KEY is a bias current, a key of the file, or
            section.key. A value becomes a number or one of the known names: no text of a user
            gets into a deck.

    Raises:
        InputError: not there, malformed, or a key or value that can't be; names file and key.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    source = str(path)
    for change in changes:
        _apply(values, change)
        source += f" with {change!r}"
    _check_keys(values, source)
    experiment = validated(Experiment, values, source)
    try:
        experiment.bias_table()
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    return experiment


def _sections() -> dict[str, type[BaseModel]]:
    """The sections of a file, by name."""
    fields = {name: field.annotation for name, field in Experiment.model_fields.items()}
    sections = {
        name: kind
        for name, kind in fields.items()
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }
    return {"bias_changes": BiasTable, **sections}


def _check_keys(values: dict, source: str) -> None:
    """Raise InputError for an unknown key, naming those that there are."""
    tables = {"": (values, Experiment)}
    for name, kind in _sections().items():
        if isinstance(values.get(name), dict):
            tables[f"{name}."] = (values[name], kind)
    for prefix, (table, kind) in tables.items():
        for key in table.keys() - kind.model_fields.keys():
            raise InputError(
                f"{source}: unknown key {prefix + key!r}; known are {', '.join(kind.model_fields)}"
            )


def _apply(values: dict, change: str) -> None:
    key, separator, value = change.partition("=")
    places = dict(_changeable())
    if not separator:
        raise InputError(f"{change!r} is not of the form KEY=VALUE")
    if key not in places:
        raise InputError(f"unknown key {key!r}; known are {', '.join(places)}")
    section, name = places[key]
    table = values.setdefault(section, {}) if section else values
    if not isinstance(table, dict):
        raise InputError(f"{section!r} is not a section in the file")
    table[name] = value


def _changeable() -> Iterator[tuple[str, tuple[str, str]]]:
    """What can be changed: (key, (section or "", name there))."""
    for section, kind in _sections().items():
        prefix = "" if section == "bias_changes" else f"{section}."
        for name in kind.model_fields:
            yield prefix + name, (section, name)
    for name in ("biases", "technology", "temperature"):
        yield name, ("", name)
