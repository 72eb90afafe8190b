"""Experiments: what a configuration or stimulus file says, validated, with a user's changes."""

from collections.abc import Iterable
from typing import Annotated

from annotated_types import Ge, Gt, Le
from pydantic import Field, ValidationInfo, field_validator

from cosim.circuits.bias_tables import TableOrPath, read_biases, stated_values
from cosim.circuits.conditions import Conditions
from cosim.circuits.project import project_settings
from cosim.engine.solver_options import SolverOptions
from cosim.experiments.neuron.stimulus_settings import StimulusSettings
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.settings import (
    Section,
    Share,
    apply_change,
    section_fields,
)
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable
from ebn_model.units import Ampere, Current, Second
from ebn_model.validation import validated
from ebn_model.weight_counter import MAX_SUB_LSBS

ALIKE = 1 / 45
"""Until they decide differently, I_mem of model and circuit may differ by this share of its level,
RMS: by 0.2 nA of 9 nA. The level is I_rest, or the greatest I_mem of the model if that is more."""


class Tolerances(Section):
    """Requirements of the verdict; None is shown, but not judged.

    Circuit against published table: turning_points with their allowed deviation in LSB, least
    number of equal decisions, greatest RMS of I_mem at the rising edges in A; fitted_until: the
    time in s up to which the bias table was fitted, after which the result is a prediction.
    Mixed against transistors: least share of equal decisions, greatest RMS of I_mem in A.
    Model against circuit: least share of equal decisions one step ahead (where I_mem is farther
    than dead_band, in A, from the thresholds), and greatest RMS of I_mem in A until the first
    different decision, by default a share of its level, ALIKE; along the whole trajectory, since
    one different decision sets the weights apart, least share of equal decisions and greatest RMS
    of I_mem in A.
    """

    turning_points: list[int] | None = None
    turning_point_deviation: Annotated[int, Ge(0)] = 0
    decisions: Annotated[int, Ge(0)] | None = None
    i_mem_rise_rms: Annotated[Current, Gt(0)] | None = None
    fitted_until: Annotated[Second, Gt(0)] | None = None
    mixed_decisions: Share = 1.0
    mixed_i_mem_rms: Annotated[Current, Gt(0)] = 50e-12
    model_one_step: Share = 0.98
    model_alike_rms: Annotated[Current, Gt(0)] | None = None
    model_free_running: Share | None = None
    model_i_mem_rms: Annotated[Current, Gt(0)] | None = None
    dead_band: Annotated[Current, Ge(0)] = 10e-12

    @property
    def of_published(self) -> list[str]:
        """Names of the requirements that say something of a published table."""
        names = ("turning_points", "decisions", "i_mem_rise_rms", "fitted_until")
        return [name for name in names if getattr(self, name) is not None]


class Experiment(Conditions):
    """One experiment: conditions, a stimulus, a bias table, and what is expected.

    title: empty where the file states none.
    bias_changes: currents in A that replace those of the bias table.
    sub_lsbs: bits of the weight counter below those that the synapse's DAC sees.
    solver: of its options those that are stated hold, in every view (see `solver_of`).
    """

    title: str = ""
    biases: TableOrPath = Field(default_factory=lambda: project_settings().tables.neuron)
    sub_lsbs: Annotated[int, Ge(0), Le(MAX_SUB_LSBS)] = 0
    stimulus: StimulusSettings
    bias_changes: dict[str, Ampere] = Field(default_factory=dict)
    solver: SolverOptions = SolverOptions()
    tolerances: Tolerances = Tolerances()

    @field_validator("biases")
    @classmethod
    def _known_table(cls, name: str, info: ValidationInfo) -> str:
        if "technology" in info.data:
            read_biases(name, info.data["technology"])
        return name

    @field_validator("stimulus")
    @classmethod
    def _possible(cls, settings: StimulusSettings) -> StimulusSettings:
        settings.stimulus()
        return settings

    def solver_of(self, tested: SolverOptions) -> SolverOptions:
        """A view's options: those that it is tested with, but for what the file states."""
        return tested.model_copy(update=self.solver.model_dump(exclude_unset=True))

    def bias_table(self) -> BiasTable:
        """The table with the changes and the stimulus' constant input.

        Raises:
            InputError: a current out of range, or an input that is stated twice.
        """
        values = {**read_biases(self.biases, self.technology).model_dump(), **self.bias_changes}
        table = validated(BiasTable, values, "bias_changes")
        current, factor = self.stimulus.input_current, self.stimulus.input_factor
        if current is not None and "i_in" in self.bias_changes:
            raise InputError("both stimulus.input_current and bias_changes.i_in state the input")
        i_in = table.i_in * factor if current is None else current
        return validated(BiasTable, {**table.model_dump(), "i_in": i_in}, "stimulus.input_factor")


_PLACES = {
    **{name: ("bias_changes", name) for name in BiasTable.model_fields},
    **{
        f"{section}.{name}": (section, name)
        for section, kind in section_fields(Experiment)
        for name in kind.model_fields
    },
    **{name: ("", name) for name in ("biases", *Conditions.model_fields, "sub_lsbs")},
}
"""Keys that a user can change, with (section or "", name there) of each."""


def read_experiment(file: ExperimentFile, changes: Iterable[str] = ()) -> Experiment:
    """Validate what a file states.

    Args:
        file: of the experiment.
        changes: "KEY=VALUE" each, where KEY is a bias current, a key of the file, or
            section.key. A value becomes a number or one of the known names: no text of a user
            gets into a deck.

    Raises:
        InputError: a key or value that can't be; names file and key.
    """
    values, source = stated_values(file), str(file.path)
    for change in changes:
        apply_change(values, change, _PLACES)
        source += f" with {change!r}"
    experiment = validated(Experiment, values, source)
    try:
        experiment.bias_table()
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    return experiment
