"""Files of experiments: by name, of which kind, and where their results go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cosim.workbench.places import (
    SIMULATIONS,
    find_project,
    in_project,
    project,
    results_of,
    simulations,
)
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
    project: that the file states, where the command has none: the experiment runs in it, but its
        results are where they would be without it.
    """

    path: Path
    stated_as: str
    kind: str
    values: dict[str, Any]
    project: Path | None = None

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
            with in_project(None if self.project else project()):
                return results_of(self.name)
        return self.path.parent / ("results" if self._in_folder else f"{self.name}_results")

    @contextmanager
    def in_project(self) -> Iterator[None]:
        """Within the block, the project is that of the command, or else the file's."""
        with in_project(self.project or project()):
            yield

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
        InputError: unknown name (lists those there are), no such file, no TOML, no kind stated, or
            a project that is none.
    """
    file = _as_stated(name, folder)
    return replace(file, project=None) if project() else file


def read_named(name: str, by: ExperimentFile) -> ExperimentFile:
    """Read the file of an experiment that another one's file names, and runs in its own project.

    Args:
        name: see `read_file`; a path is as seen from the other one's file.
        by: the other one.

    Raises:
        InputError: as `read_file` does; or it states a project that it wouldn't run in.
    """
    file = _as_stated(name, by.path.parent)
    by_command = project() if by.project is None else None
    if file.project not in (None, by.project) and not by_command:
        raise InputError(
            f'{file.path}: project = "{file.project}": {by.path} names this file, but runs in '
            f"{by.project or 'no project'}; state the same project there"
        )
    return replace(file, project=None)


def _as_stated(name: str, folder: Path) -> ExperimentFile:
    """The file of an experiment with the project that it states, whatever the command has."""
    path = _path(name, folder)
    values = read_toml(path)
    kind = values.pop("kind", DEFAULT_KIND if "stimulus" in values else None)
    if not isinstance(kind, str):
        raise InputError(
            f'{path}: states neither a [stimulus] nor another kind of experiment, kind = "..."'
        )
    return ExperimentFile(path, name, kind, values, _project(values.pop("project", None), path))


def _project(stated: Any, path: Path) -> Path | None:
    """The project that the file at a path states."""
    if stated is None:
        return None
    if not isinstance(stated, str):
        raise InputError(f"{path}: project = {stated!r} is no path of a folder")
    return find_project(path.parent / stated)


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
