"""Settings of a network that the circuits of its rows teach: dies, trials, and what is required."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge

from cosim.circuits.bias_tables import stated_values
from cosim.circuits.conditions import Conditions
from cosim.circuits.row import DACS
from cosim.experiments.network.changes import check_as_rows, parameters_of_dies
from cosim.experiments.network_of_dies import NetworkOfDies
from cosim.experiments.protocol import DEFAULT, Request
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.settings import (
    Positive,
    Section,
    Share,
    apply_change,
)
from ebn_model.chip.parameters import ChipParameters
from ebn_model.units import Current
from ebn_model.validation import validated


class TeachingTolerances(Section):
    """Requirements of the verdict; None is shown, but not judged.

    one_step: least share of decisions outside the dead band that a die's model makes, too, when it
        is given I_mem and weight of the die's circuit at the rising edge.
    dead_band: A around a threshold, within which either decision is right.
    error_ratio: greatest ratio of the unscaled errors of what circuits taught and of what the same
        dies' model taught, each the mean after the last trials.
    last: how many trials these are.
    """

    one_step: Share | None = 0.99
    dead_band: Annotated[Current, Ge(0)] = 60e-12
    error_ratio: Positive | None = 1.1
    last: Annotated[int, Ge(1)] = 5


class TeachingSettings(NetworkOfDies):
    """Settings of a chip that learns as circuits, one row for each neuron.

    view: of the circuits. dacs: of the multiplexed view, for each row. seed: of decoder and trials.
    trials: how many the chip learns from, from codes 0 on.
    """

    view: Literal["mixed", "multiplexed"] = "multiplexed"
    dacs: Annotated[int, Ge(1)] = DACS
    seed: Annotated[int, Ge(0)] = 1
    trials: Annotated[int, Ge(1)] = 10
    tolerances: TeachingTolerances = TeachingTolerances()


@dataclass(frozen=True)
class TeachingExperiment:
    """A chip that learns as circuits, as it is to be run.

    parameters: of the network, its neurons being yet to be measured. results: folder for what
    comes out.
    """

    name: str
    settings: TeachingSettings
    parameters: ChipParameters
    results: Path

    @property
    def dies(self) -> range:
        """The numbers of the dies, one for each neuron."""
        first = self.settings.first_die
        return range(first, first + self.parameters.neurons)


_PLACES = {
    **{
        name: ("", name)
        for name in (
            *("trials", "first_die", "seed", "view", "dacs", "biases"),
            *Conditions.model_fields,
        )
    },
    **{f"tolerances.{name}": ("tolerances", name) for name in TeachingTolerances.model_fields},
}
"""Keys that a user can change: (section or "", name there)."""


def read_teaching(file: ExperimentFile, request: Request = DEFAULT) -> TeachingExperiment:
    """Read an experiment; of the request it takes changes, conditions, biases, view and `out`.

    Results of changed experiments go to folders of their own, named for the changes.

    Raises:
        InputError: an unknown key, or a value that can't be; names the file.
    """
    values, source = stated_values(file), str(file.path)
    stated = {"biases": request.biases, "view": request.view}
    changes = [
        *request.changes,
        *request.conditions,
        *(f"{key}={value}" for key, value in stated.items() if value),
    ]
    made, settings = [], validated(TeachingSettings, values, source)
    for change in changes:
        apply_change(values, change, _PLACES)
        source += f" with {change!r}"
        before, settings = settings, validated(TeachingSettings, values, source)
        # What is as it was needs no folder of its own; more trials go on where fewer ended.
        made += [change] if _place(settings) != _place(before) else []
    settings.check(source)
    parameters = parameters_of_dies(settings.configuration, settings.parameters, source)
    check_as_rows(parameters, True, source)
    results = file.results(request.out)
    if made:
        results /= ",".join(made).replace("/", "_")
    return TeachingExperiment(file.name, settings, parameters, results)


def _place(settings: TeachingSettings) -> dict[str, Any]:
    """The settings that results of one folder have in common."""
    return settings.model_dump(exclude={"trials", "tolerances", "title"})
