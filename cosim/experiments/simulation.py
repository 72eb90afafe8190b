"""Simulations by name: an experiment, what was published of it, and where its results go."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cosim.experiments.config import Experiment, read_experiment
from cosim.experiments.provenance import ROOT
from ebn_model.errors import InputError
from ebn_model.results import SpikeTable, read_spike_table

SIMULATIONS = ROOT / "Simulations"


@dataclass(frozen=True)
class Simulation:
    """An experiment with its surroundings.

    published: the published spikes, None where there are none.
    results: folder for what comes out.
    changes: what the user changed, "KEY=VALUE" each; the published result doesn't bind then.
    """

    name: str
    experiment: Experiment
    published: SpikeTable | None
    results: Path
    changes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Title of the experiment, with what was changed."""
        title = self.experiment.title
        return f"{title}, with {', '.join(self.changes)}" if self.changes else title


def simulation_names() -> list[str]:
    """Folders under Simulations/ that hold an experiment, sorted."""
    return sorted(path.parent.name for path in SIMULATIONS.glob("*/config.toml"))


def read_simulation(name: str, changes: Iterable[str] = (), out: Path | None = None) -> Simulation:
    """Read an experiment.

    Args:
        name: a folder under Simulations/, or the path of a config.toml anywhere.
        changes: "KEY=VALUE" each, see `read_experiment`.
        out: folder that gets NAME/ with the results; by default they go beside config.toml.

    Raises:
        InputError: unknown name (lists those there are), or a fault in its files.
    """
    config = Path(name) if name.endswith(".toml") else SIMULATIONS / name / "config.toml"
    if not config.is_file():
        raise InputError(f"no simulation {name!r}; there are: {', '.join(simulation_names())}")
    folder = config.resolve().parent
    table = folder / "published.csv"
    changes = tuple(changes)
    return Simulation(
        name=folder.name,
        experiment=read_experiment(config, changes),
        published=read_spike_table(table) if table.is_file() else None,
        results=Path(out) / folder.name if out else folder / "results",
        changes=changes,
    )
