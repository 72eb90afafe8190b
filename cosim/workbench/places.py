"""Places of files: those that the project brings along, and those that it writes.

A checkout has netlists/ and Simulations/ beside the packages, and is written to. An installed copy
has both inside of this package (pyproject.toml says so), and stays as it is: it may belong to
another user, and is removed as a whole. What it writes goes to the working directory.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the packages cosim and ebn_model: a checkout, or an environment's packages."""
_DATA = ROOT / "cosim" / "data"
INSTALLED = _DATA.is_dir()
_BROUGHT = _DATA if INSTALLED else ROOT

NETLISTS = _BROUGHT / "netlists"
SIMULATIONS = _BROUGHT / "Simulations"


def results_of(experiment: str) -> Path:
    """The folder for results of an experiment of Simulations/, by its name."""
    return _written(f"Simulations/{experiment}/results", experiment)


def bias_tables(technology: str) -> Path:
    """The folder that gets calibrated bias tables: in a checkout, where they are found by name."""
    return _written(f"netlists/biases/{technology}", f"calibration/biases/{technology}")


def model_constants() -> Path:
    """The folder that gets the model's constants: in a checkout, those of ebn_model.measured."""
    return _written("ebn_model/measured", "calibration/measured")


def schematics_folder() -> Path:
    """The folder that gets the drawings of the cells."""
    return _written("docs/schematics", "schematics")


def _written(in_checkout: str, by_installed: str) -> Path:
    """A folder in the checkout, or of an installed copy in the working directory's results/."""
    if INSTALLED:
        return Path.cwd() / "results" / by_installed
    return ROOT / in_checkout
