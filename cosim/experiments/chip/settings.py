"""Settings of an experiment with networks of dies: chips, situations, and how long they learn."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import Field

from cosim.circuits.bias_tables import stated_values
from cosim.circuits.conditions import Conditions, Temperature
from cosim.experiments.network.changes import parameters_of_dies, with_changes
from cosim.experiments.network_of_dies import NetworkOfDies
from cosim.experiments.protocol import DEFAULT, Request
from cosim.experiments.trim import Trim, fill_in_currents
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.settings import Positive, Section, apply_change
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.network.parameters import TaskParameters
from ebn_model.validation import validated
from ebn_model.weight_counter import MAX_SUB_LSBS

TOP = ("chips", "first_die", "iterations", "further", "biases", *Conditions.model_fields)
"""Keys that a user can change."""


class Situation(Section):
    """A situation that all methods have to cope with.

    label: in tables and figure. temperature, mismatch_scale: of the chip's dies, by default those
    of all situations; all dies are measured under them. trim: of each die's currents, at the
    temperature of all situations; none by default. input_gain: standard deviation of the gains of
    the input's synapses. window_follows: whether each neuron's window lies as far below its own
    spike threshold as the nominal one does. new_decoder: length of the random vector that is added
    to each neuron's column of the decoder, which has the length 1 before and after; whoever
    programs or transfers codes does not know of it. changes: of the network's parameters and of the
    task, by key. over_nominal: greatest unscaled error of codes that were refined on the chip, over
    that of the nominal model; None is shown, but not judged.
    """

    label: str
    temperature: Temperature | None = None
    mismatch_scale: Positive | None = None
    trim: Trim | None = None
    input_gain: Annotated[float, Ge(0)] = 0.0
    window_follows: bool = False
    new_decoder: Annotated[float, Ge(0)] = 0.0
    changes: dict[str, Any] = Field(default_factory=dict)
    over_nominal: Positive | None = None


class FineLearning(Section):
    """Changes for the further trials of learning.

    window: factor of each window's half-width; on a chip, of i_sl. sub_lsbs: of the counters.
    """

    window: Annotated[float, Gt(0), Le(1)] = 0.75
    sub_lsbs: Annotated[int, Ge(0), Le(MAX_SUB_LSBS)] = 3


class ChipSettings(NetworkOfDies):
    """Settings of networks of dies, each of which is a chip.

    chips: how many; the first one begins with first_die, each other one with the next die that is
    in none yet. iterations: trials of learning from codes 0, on the nominal model and on the chip.
    further: those of learning on, on either, as `fine` says.
    """

    chips: Annotated[int, Ge(1)] = 10
    iterations: Annotated[int, Ge(1)] = 40
    further: Annotated[int, Ge(1)] = 20
    fine: FineLearning = FineLearning()
    situations: Annotated[dict[str, Situation], MinLen(1)]


@dataclass(frozen=True)
class ChipExperiment:
    """Networks of dies, as they are to be run.

    parameters, tasks: of the network in each situation, by its name, its neurons being yet to be
    measured; those of the name "" are as designed. results: folder for what comes out.
    """

    name: str
    settings: ChipSettings
    parameters: dict[str, ChipParameters]
    tasks: dict[str, TaskParameters]
    results: Path

    def dies(self, chip: int) -> range:
        """The numbers of a chip's dies, one for each neuron."""
        neurons = self.parameters[""].neurons
        first = self.settings.first_die + chip * neurons
        return range(first, first + neurons)


def read_chip(file: ExperimentFile, request: Request = DEFAULT) -> ChipExperiment:
    """Read an experiment; of the request it takes changes, conditions, bias table and `out`.

    Raises:
        InputError: an unknown key, or a value that can't be; names the file.
    """
    values, source = stated_values(file), str(file.path)
    biases = [f"biases={request.biases}"] if request.biases else []
    changes = [*request.changes, *request.conditions, *biases]
    for change in changes:
        apply_change(values, change, {key: ("", key) for key in TOP})
        source += f" with {change!r}"
    fill_in_currents(values.get("situations", {}), source)
    settings = validated(ChipSettings, values, source)
    settings.check(source)
    parameters, tasks = {}, {}
    situations = {"": Situation(label="nominal"), **settings.situations}
    for name, situation in situations.items():
        place = f"{source}: situations.{name}" if name else source
        parameters[name], tasks[name] = _network(settings, situation, place)
    results = file.results(request.out)
    if settings.conditions != Conditions():
        results /= settings.label
    return ChipExperiment(file.name, settings, parameters, tasks, results)


def _network(
    settings: ChipSettings, situation: Situation, source: str
) -> tuple[ChipParameters, TaskParameters]:
    for key in ("configuration", "iterations"):
        if key in situation.changes:
            raise InputError(f"{source}.changes: {key} is the same in all situations")
    values = with_changes(
        {
            "configuration": settings.configuration,
            "parameters": settings.parameters,
            "task": settings.task.model_dump(),
        },
        situation.changes.items(),
    )
    parameters = parameters_of_dies(settings.configuration, values["parameters"], source)
    return parameters, validated(TaskParameters, values["task"], source)
