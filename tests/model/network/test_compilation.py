import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ebn_model

PACKAGE = Path(ebn_model.__file__).parent


@pytest.fixture
def root(tmp_path):
    """A folder with a copy of ebn_model/network/compilation.py alone."""
    folder = tmp_path / "ebn_model" / "network"
    folder.mkdir(parents=True)
    shutil.copy(PACKAGE / "network" / "compilation.py", folder)
    for package in (folder, folder.parent):
        package.joinpath("__init__.py").touch()
    return tmp_path


def call(root):
    """What the compiled function gives in a new process, and whether it was compiled before."""
    code = "from ebn_model.caller import call; print(call(1), sum(call.stats.cache_hits.values()))"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    value, hits = done.stdout.split()
    return int(value), int(hits)


def write(root, name, text):
    root.joinpath("ebn_model", f"{name}.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("change", ["law", "constant", "other"])
def test_what_is_compiled_follows_all_files_that_it_is_made_of(root, change):
    """Functions and constants of other files, also of those that these import."""
    write(root, "constant", "STEP = 1\n")
    write(root, "other", "")
    write(root, "law", "from ebn_model.constant import STEP\n\ndef law(x):\n    return x + STEP\n")
    lines = [
        "from ebn_model import law",
        "from ebn_model.network.compilation import compiled",
        "_law = compiled(law.law)",
        "@compiled",
        "def call(x):",
        "    return 10 * _law(x)",
    ]
    write(root, "caller", "\n".join(lines))
    assert call(root) == (20, 0)
    assert call(root) == (20, 1)
    changed = {"law": "def law(x):\n    return x + 6\n", "constant": "STEP = 6\n", "other": "A = 1"}
    write(root, change, changed[change])
    assert call(root) == ((20, 1) if change == "other" else (70, 0))
