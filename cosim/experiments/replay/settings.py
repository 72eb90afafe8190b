"""Replays of a network that learns: what a file says, with a user's changes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt
from pydantic import BeforeValidator, Field, model_validator

from cosim.circuits.bias_tables import TableOrPath, stated_values
from cosim.circuits.conditions import Conditions
from cosim.circuits.project import project_settings
from cosim.circuits.row import DACS, View
from cosim.comparison.tolerances import ReplayTolerances, ReportSettings
from cosim.experiments.network.changes import check_as_rows, chip_parameters_of, with_changes
from cosim.experiments.protocol import DEFAULT, Request
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.settings import Section, apply_change, section_fields
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.network.parameters import TaskParameters
from ebn_model.units import Second
from ebn_model.validation import validated


def _split(value: Any) -> Any:
    """Numbers of rows as the command line has them, "1,4,7"."""
    return value.split(",") if isinstance(value, str) and value != "all" else value


Rows = Annotated[Literal["all"] | tuple[Annotated[int, Ge(0)], ...], BeforeValidator(_split)]


class TrainedNetwork(Section):
    """The network whose spikes are replayed, and how far it has learned.

    configuration: the set of parameters that `parameters` changes, one of the chip.
    seed: of decoder, chip and trials. iterations: trials that it learns from before the stretch.
    """

    configuration: str = "hardware"
    seed: Annotated[int, Ge(0)] = 1
    iterations: Annotated[int, Ge(0)] = 3
    parameters: dict[str, Any] = Field(default_factory=dict)
    task: TaskParameters = TaskParameters()


class Stretch(Section):
    """Replayed time: the beginning of the next trial, from rest, while the network learns on.

    duration: s. rows: numbers of neurons, or "all".
    forced: whether the circuits' neurons spike when the network's do, or by themselves.
    loop: `open`, or how it is closed over all rows: circuits `teach` the network, or `live`, where
        all neurons are circuits (cosim.replay.closed_loop).
    """

    duration: Annotated[Second, Gt(0)] = 1.0
    rows: Rows = "all"
    forced: bool = True
    loop: Literal["open", "teach", "live"] = "open"

    @model_validator(mode="after")
    def _all_in_a_closed_loop(self) -> "Stretch":
        if self.loop != "open" and self.rows != "all":
            raise ValueError("rows must be all in a closed loop")
        return self


class ReplaySettings(Conditions):
    """Settings of a replay.

    Conditions, view and biases are those of the circuits. dacs: of the multiplexed view, for each
    row. first_die: each row is a die of its own, row 0 this one, and its model has that die's
    constants.
    stretch: what is replayed; the table `full` has what `--full` changes of it.
    """

    title: str = ""
    view: View = "mixed"
    dacs: Annotated[int, Ge(1)] = DACS
    biases: TableOrPath = Field(default_factory=lambda: project_settings().tables.row)
    first_die: Annotated[int, Ge(0)] | None = None
    network: TrainedNetwork = TrainedNetwork()
    stretch: Stretch
    full: dict[str, Any] = Field(default_factory=dict)
    tolerances: ReplayTolerances = ReplayTolerances()
    report: ReportSettings = ReportSettings()


@dataclass(frozen=True)
class ReplayExperiment:
    """A replay as it is to be run.

    parameters: of the network. results: folder for what comes out.
    command: the command line that does it. changes: what the user changed, "KEY=VALUE" each.
    """

    name: str
    settings: ReplaySettings
    parameters: ChipParameters
    results: Path
    command: str
    changes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Title of the experiment, by default its name, with what was changed."""
        title = self.settings.title or self.name
        return f"{title}, with {', '.join(self.changes)}" if self.changes else title


_PLACES = {
    **{
        name: ("", name)
        for name in ("view", "dacs", *Conditions.model_fields, "biases", "first_die")
    },
    **{
        f"{section}.{name}": (section, name)
        for section, kind in section_fields(ReplaySettings)
        if section != "network"
        for name in kind.model_fields
    },
    "network.seed": ("network", "seed"),
}
"""Keys that a user can change beside the network's parameters: (section or "", name there)."""


def read_replay(file: ExperimentFile, request: Request = DEFAULT) -> ReplayExperiment:
    """Read an experiment.

    Args:
        file: of the experiment.
        request: changes, "KEY=VALUE" each, where KEY is view, dacs, biases, first_die, one of the
            Conditions (technology, corner, temperature, supply, die, variation, mismatch_scale), a
            key of stretch, tolerances or report (stretch.rows=1,4), network.seed, iterations, or a
            parameter of the network or its task (bits, task.amplitude); one seed, conditions,
            `biases` and `view` in the same way; `full`: the stretch is that of the file's table
            `full`; `out`. Results of changed experiments go to folders of their own, named for the
            change.

    Raises:
        InputError: an unknown key, or a value that can't be; names file and key.
    """
    values, source = stated_values(file), str(file.path)
    made: list[str] = []
    settings = validated(ReplaySettings, values, source)
    full = {**values["stretch"], **settings.full}
    validated(Stretch, full, f"{source}: full")
    if request.full:
        values["stretch"] = full
        settings = validated(ReplaySettings, values, source)
    for change in _changes(file, request):
        _change(values, change)
        source += f" with {change!r}"
        before, settings = settings, validated(ReplaySettings, values, source)
        # What is as it was needs no folder of its own.
        made += [change] if settings != before else []
    if settings.first_die is not None and settings.die is not None:
        raise InputError(f"{source}: die: first_die states those of the rows")
    if settings.first_die is None:
        settings.check_varies()
    network = settings.network
    parameters = chip_parameters_of(network.configuration, network.parameters, source)
    check_as_rows(parameters, settings.first_die is not None, source)
    results = file.results(request.out)
    return ReplayExperiment(
        file.name,
        settings,
        parameters,
        results / ",".join(made).replace("/", "_") if made else results,
        _command_line(file, made, request.full),
        tuple(made),
    )


def _changes(file: ExperimentFile, request: Request) -> list[str]:
    """All that is asked for, as changes."""
    if len(request.seeds) > 1:
        raise InputError(f"{file.name} is a replay, which takes one --seed")
    stated = {"biases": request.biases, "view": request.view}
    return [
        *request.changes,
        *request.conditions,
        *(f"network.seed={seed}" for seed in request.seeds),
        *(f"{key}={value}" for key, value in stated.items() if value),
    ]


def _change(values: dict, change: str) -> None:
    key, separator, value = change.partition("=")
    if not separator or key in _PLACES:
        apply_change(values, change, _PLACES)
        return
    network = {"configuration": TrainedNetwork().configuration, **values.get("network", {})}
    try:
        values["network"] = with_changes(network, [(key, value)])
    except InputError as error:
        raise InputError(f"{error}, {', '.join(_PLACES)}") from None


def _command_line(file: ExperimentFile, changes: list[str], full: bool) -> str:
    words = ["ebn-cosim", "run", file.stated_as, *["--full"] * full]
    return " ".join([*words, *(f"--set {change}" for change in changes)])
