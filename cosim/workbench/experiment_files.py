"""Files of experiments: by name, and where their results go."""

from pathlib import Path

from cosim.workbench.provenance import ROOT
from ebn_model.errors import InputError

SIMULATIONS = ROOT / "Simulations"
CONFIG = "config.toml"


def experiment_names() -> list[str]:
    """Folders under Simulations/ that hold an experiment, sorted."""
    return sorted(path.parent.name for path in SIMULATIONS.glob(f"*/{CONFIG}"))


def find_file(name: str, folder: Path = Path()) -> Path:
    """The file of an experiment.

    Args:
        name: a folder under Simulations/, or the path of a .toml file anywhere.
        folder: what a relative path starts from.

    Raises:
        InputError: unknown name (lists those there are), or no such file.
    """
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
    return SIMULATIONS / name / CONFIG


def name_and_results(path: Path, out: Path | None = None) -> tuple[str, Path]:
    """Name of a file's experiment and the folder for its results: in `out`, or beside the file.

    A folder's config.toml is named for the folder, a file of another name for itself.
    """
    in_folder = path.name == CONFIG
    name = path.parent.name if in_folder else path.stem
    beside = path.parent / ("results" if in_folder else f"{name}_results")
    return name, Path(out) / name if out else beside
