import shutil
import subprocess
import sys

import pytest

from cosim.workbench import places
from cosim.workbench.places import ROOT

PLACES = (
    "from cosim.workbench.places import *; print(NETLISTS, SIMULATIONS, results_of('omega'), "
    "bias_tables('sky130'), model_constants('generic180'), schematics_folder(), sep='\\n')"
)


@pytest.fixture
def folders(tmp_path):
    """Places of a copy of this package; its user is in another folder."""
    copy, user = tmp_path / "copy", tmp_path / "user"
    shutil.copytree(ROOT / "cosim" / "workbench", copy / "cosim" / "workbench")
    copy.joinpath("ebn_model").mkdir()
    shutil.copy(ROOT / "ebn_model" / "errors.py", copy / "ebn_model")
    for package in ("cosim", "ebn_model"):
        copy.joinpath(package, "__init__.py").touch()
    user.mkdir()

    def of_copy():
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(copy)!r}); {PLACES}"]
        done = subprocess.run(command, cwd=user, capture_output=True, encoding="utf-8", check=True)
        return done.stdout.replace(str(tmp_path), "").splitlines()

    return copy, of_copy


def test_a_checkout_has_and_gets_all(folders):
    _, of_copy = folders
    assert of_copy() == [
        "/copy/netlists",
        "/copy/Simulations",
        "/copy/Simulations/omega/results",
        "/copy/netlists/biases/sky130",
        "/copy/ebn_model/measured",
        "/copy/docs/schematics",
    ]


def test_an_installed_copy_gets_nothing(folders):
    copy, of_copy = folders
    copy.joinpath("cosim", "data").mkdir()
    assert of_copy() == [
        "/copy/cosim/data/netlists",
        "/copy/cosim/data/Simulations",
        "/user/results/omega",
        "/user/results/calibration/biases/sky130",
        "/user/results/calibration/measured",
        "/user/results/schematics",
    ]


def test_this_checkout_has_what_it_says():
    assert not places.INSTALLED
    for folder in (places.NETLISTS, places.SIMULATIONS, places.bias_tables("generic180")):
        assert folder.is_dir()
    assert places.model_constants("generic180").joinpath("network_row.json").is_file()
