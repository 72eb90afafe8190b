"""Simulations by name: an experiment, what was published of it, and where its results go."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cosim.experiments.neuron.config import Experiment, read_experiment
from cosim.workbench.experiment_files import CONFIG, find_file, name_and_results
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest
from ebn_model.results import SpikeTable, read_spike_table
from ebn_model.stimulus import Stimulus


@dataclass(frozen=True)
class Simulation:
    """An experiment with its surroundings.

    published: the published spikes, None where there are none.
    results: folder for what comes out.
    changes: what the user changed, "KEY=VALUE" each; see `as_stated`.
    """

    name: str
    experiment: Experiment
    published: SpikeTable | None
    results: Path
    changes: tuple[str, ...] = ()

    @property
    def as_stated(self) -> bool:
        """Whether the circuit and what it gets are the file's: how it is solved changes neither."""
        return all(change.startswith(("solver.", "tolerances.")) for change in self.changes)

    @property
    def title(self) -> str:
        """Title of the experiment, by default its name, with what was changed."""
        title = self.experiment.title or self.name
        return f"{title}, with {', '.join(self.changes)}" if self.changes else title


def read_simulation(
    name: str,
    changes: Iterable[str] = (),
    out: Path | None = None,
    biases: str | None = None,
) -> Simulation:
    """Read an experiment.

    Args:
        name: a folder under Simulations/, or the path of a .toml file anywhere.
        changes: "KEY=VALUE" each, see `read_experiment`.
        out: folder that gets NAME/ with the results; by default they go beside the file.
        biases: bias table to take; where the file states another one, results beside it go to a
            folder of their own, named for the table.

    Raises:
        InputError: unknown name (lists those there are), or a fault in its files.
    """
    path = find_file(name)
    name, results = name_and_results(path, out)
    changes = tuple(changes)
    if biases is not None:
        own = read_experiment(path)
        if biases != own.biases:
            changes = (*changes, f"biases={biases}")
            if not out and "biases" in own.model_fields_set:
                results /= biases
    table = path.parent / "published.csv"
    has_table = path.name == CONFIG and table.is_file()
    return Simulation(
        name=name,
        experiment=read_experiment(path, changes),
        published=read_spike_table(table) if has_table else None,
        results=results,
        changes=changes,
    )


def stimulus_digest(stimulus: Stimulus) -> str:
    """Digest of all that a stimulus states, each spike included."""
    values = {name: np.asarray(value).tolist() for name, value in vars(stimulus).items()}
    return digest(to_json(values))
