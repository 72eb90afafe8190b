"""The kinds of experiments: each is a folder beside this file with a module `kind`."""

from importlib import import_module
from pathlib import Path

from cosim import experiments
from cosim.experiments.protocol import Kind
from cosim.workbench.experiment_files import ExperimentFile
from ebn_model.errors import InputError


def kind_names() -> list[str]:
    """Names of all kinds, sorted."""
    return sorted(
        file.parent.name for path in experiments.__path__ for file in Path(path).glob("*/kind.py")
    )


def kind_of(file: ExperimentFile) -> Kind:
    """The kind of a file: `KIND` in the module `cosim.experiments.NAME.kind`.

    Raises:
        InputError: there is no such kind (lists those there are).
    """
    if file.kind not in kind_names():
        raise InputError(
            f"{file.path}: unknown kind {file.kind!r}; there are: {', '.join(kind_names())}"
        )
    return import_module(f"cosim.experiments.{file.kind}.kind").KIND
