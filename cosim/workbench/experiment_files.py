"""Files of experiments: by name, of which kind, and where their results go."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosim.workbench.places import SIMULATIONS, results_of, simulations
from cosim.workbench.settings import read_toml
from ebn_model.errors import InputError

CONFIG = "config.toml"
DEFAULT_KIND = "neuron"
"""Of a file that states none but has a stimulus, as users write them."""


@dataclass(frozen=True)
class ExperimentFile:
    """A file of an experiment, parsed.

    path: of the file. stated_as: its name or path as the user gave it. kind: of experiment.
    values: all else that the file states.
    """

    path: Path
    stated_as: str
    kind: str
    values: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the experiment: a folder's config.toml is named for the folder."""
        return self.path.parent.name if self._in_folder else self.path.stem

    @property
    def title(self) -> str:
        """The stated title, by default the name."""
        return str(self.values.get("title") or self.name)

    def results(self, out: Path | None = None) -> Path:
        """The folder for results: in `out`, by default beside a file of the user's."""
        if out:
            return Path(out) / self.name
        if self.path == SIMULATIONS / self.name / CONFIG:
            return results_of(self.name)
        return self.path.parent / ("results" if self._in_folder else f"{self.name}_results")

    @property
    def _in_folder(self) -> bool:
        return self.path.name == CONFIG


def experiment_names() -> list[str]:
    """Folders under Simulations/, and under the project's, that hold an experiment, sorted."""
    return [*simulations(CONFIG)]


def read_file(name: str, folder: Path = Path()) -> ExperimentFile:
    """Read the file of an experiment.

    Args:
        name: a folder under Simulations/, or the path of a .toml file anywhere.
        folder: what a relative path starts from.

    Raises:
        InputError: unknown name (lists those there are), no such file, no TOML, or no kind stated.
    """
    path = _path(name, folder)
    values = read_toml(path)
    kind = values.pop("kind", DEFAULT_KIND if "stimulus" in values else None)
    if not isinstance(kind, str):
        raise InputError(
            f'{path}: states neither a [stimulus] nor another kind of experiment, kind = "..."'
        )
    return ExperimentFile(path, name, kind, values)


def _path(name: str, folder: Path) -> Path:
    if name.endswith(".toml"):
        path = folder / name
        if not path.is_file():
            raise InputError(f"no file {str(path)!r}")
        return path.resolve()
    if name not in experiment_names():
        raise InputError(
            f"no simulation {name!r}; there are: {', '.join(experiment_names())}; "
            "or give the path of a stimulus file, NAME.toml"
        )
    return simulations(CONFIG)[name]
