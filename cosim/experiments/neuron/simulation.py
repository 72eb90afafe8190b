"""Simulations by name: an experiment, what was published of it, and where its results go."""

from collections.abc import Collection
from dataclasses import dataclass
from operator import eq
from pathlib import Path

import numpy as np

from cosim.circuits.conditions import Conditions
from cosim.experiments.neuron.config import Experiment, read_experiment
from cosim.experiments.protocol import DEFAULT, Request
from cosim.technologies.technology import same_technology
from cosim.workbench.experiment_files import CONFIG, ExperimentFile
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest
from ebn_model.errors import InputError
from ebn_model.results import SpikeTable, read_spike_table
from ebn_model.stimulus import Stimulus

VIEWS = ("transistor", "mixed", "model")
"""Names of all views, the most detailed one first."""
USUAL = ("transistor", "model")
"""Views that run unless the user chooses."""


@dataclass(frozen=True)
class Simulation:
    """A simulation as it is to be run.

    published: the published spikes, None where there are none.
    results: folder for what comes out. views: what runs, of VIEWS.
    changes: what the user changed, "KEY=VALUE" each; see `as_stated`.
    """

    name: str
    experiment: Experiment
    published: SpikeTable | None
    results: Path
    views: tuple[str, ...]
    changes: tuple[str, ...] = ()

    @property
    def as_stated(self) -> bool:
        """True if the circuit and what it gets are the file's: how it is solved changes neither."""
        return all(change.startswith(("solver.", "tolerances.")) for change in self.changes)

    @property
    def title(self) -> str:
        """Title of the experiment, by default its name, with what was changed."""
        title = self.experiment.title or self.name
        return f"{title}, with {', '.join(self.changes)}" if self.changes else title


def read_simulation(file: ExperimentFile, request: Request = DEFAULT) -> Simulation:
    """Read an experiment.

    Args:
        file: of the experiment.
        request: changes (see `read_experiment`), `out`, `view`, and the bias table and conditions
            to take: where the file states others, results beside it go to a folder of their own,
            named for them.

    Raises:
        InputError: an unknown view, or a fault in the file.
    """
    changes, results = request.changes, file.results(request.out)
    experiment = read_experiment(file, changes)
    asked = read_experiment(file, (*changes, *request.conditions))
    if asked.conditions != experiment.conditions:
        changes = (*changes, *request.conditions)
        experiment = asked
        results = results if request.out else results / asked.label
    if request.biases not in (None, experiment.biases):
        if not request.out and "biases" in experiment.model_fields_set:
            results /= Path(request.biases).name
        changes = (*changes, f"biases={request.biases}")
        experiment = read_experiment(file, changes)
    table = file.path.parent / "published.csv"
    has_table = file.path.name == CONFIG and table.is_file()
    if not has_table and (required := experiment.tolerances.of_published):
        raise InputError(
            f"{file.path}: tolerances.{required[0]} is about published spikes: {table.name} beside "
            f"a {CONFIG}, which isn't there"
        )
    return Simulation(
        name=file.name,
        experiment=experiment,
        published=read_spike_table(table) if has_table else None,
        results=results,
        views=chosen_views(request.view) or USUAL,
        changes=changes,
    )


def check_conditions(
    file: ExperimentFile, by: ExperimentFile, conditions: Conditions, chosen: Collection[str]
) -> None:
    """Refuse a simulation's file whose own conditions would be lost where another one runs it.

    Args:
        file: of the simulation. by: the experiment's that names it.
        conditions: those that it runs under there.
        chosen: keys that hold there whatever the simulation's file states: `by` states them.

    Raises:
        InputError: a condition that the file states is another one there; names both files.
    """
    own = read_experiment(file)
    for key in Conditions.model_fields:
        if key not in own.model_fields_set or key in chosen:
            continue
        stated, used = getattr(own, key), getattr(conditions, key)
        same = same_technology if key == "technology" else eq
        if not same(stated, used):
            raise InputError(
                f"{file.path}: {key} = {stated}: {by.path} names this file, but runs it with "
                f"{key} = {'none' if used is None else used}; leave it out here, or state it there"
            )


def check_out(request: Request) -> None:
    """Raise InputError for changes without a place of their own for the results."""
    if request.changes and not request.out:
        raise InputError("--set needs --out DIR, so that the simulation's own results stay")


def chosen_views(view: str | None) -> tuple[str, ...]:
    """The views that are meant by the name of one, or by "all"; none without a name.

    Raises:
        InputError: an unknown view.
    """
    if view is None:
        return ()
    if view not in (*VIEWS, "all"):
        raise InputError(f"unknown view {view!r}; there are: {', '.join(VIEWS)}")
    return USUAL if view == "all" else (view,)


def stimulus_digest(stimulus: Stimulus) -> str:
    """Digest of all that a stimulus states, each spike included."""
    values = {name: np.asarray(value).tolist() for name, value in vars(stimulus).items()}
    return digest(to_json(values))
