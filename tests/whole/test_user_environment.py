"""Home, locale and temporary folder of a user change nothing, and may be missing or odd."""

import os
import shutil
import subprocess
import sys

import pytest
from experiment_calls import summary_of

from cosim.workbench.places import NETLISTS

pytestmark = pytest.mark.slow

ROOT = NETLISTS.parent

STIMULUS = """\
title = "Größe ± µ"
biases = "rule"

[stimulus]
spikes = ["4 ms"]
duration = "6 ms"
"""
"""As short as one can be, with characters that ASCII lacks."""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_command_runs_in_a_locale_without_utf_8(tmp_path, encoding):
    path = tmp_path / "short.toml"
    path.write_text(STIMULUS, encoding="utf-8-sig")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "cosim", "run", str(path), "--view", "mixed"]
    done = subprocess.run(
        command,
        env=os.environ | locale | {"PYTHONIOENCODING": encoding},
        cwd=ROOT,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert "Größe ± µ".encode(encoding, errors="backslashreplace") in done.stdout
    results = tmp_path / "short_results"
    summary = summary_of(results)
    assert summary["experiment"]["title"] == "Größe ± µ"


NO_CACHE = """
import numpy as np
from cosim.cli import main
from ebn_model.network import decoding_kernel

code = main(["list"])
output = np.zeros((3, 1))
ones = np.ones(1, dtype=int)
decoding_kernel.add_spikes(output, ones, np.ones((1, 1)), 0.5, 9)
print(decoding_kernel.__file__, output.ravel().tolist(), code)
"""


def test_nothing_needs_a_cache_or_a_home(tmp_path):
    """As where the project belongs to another user, and the own home is missing: neither can be
    written. Files where folders would be keep root out, too."""
    for package in ("cosim", "ebn_model"):
        copy = tmp_path / package
        shutil.copytree(ROOT / package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for source in [*copy.rglob("*.py")]:
            source.with_name("__pycache__").touch()
    for folder in ("netlists", "Simulations"):
        tmp_path.joinpath(folder).symlink_to(ROOT / folder)
    environment = {name: value for name, value in os.environ.items() if "CACHE" not in name}
    environment |= {"HOME": "/dev/null", "MPLCONFIGDIR": "/dev/null", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", NO_CACHE],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    *listed, last = done.stdout.splitlines()
    assert any(line.startswith("simulation_1: ") for line in listed)
    assert last == f"{tmp_path}/ebn_model/network/decoding_kernel.py [0.0, 0.0, 1.0] 0"
    assert "Traceback" not in done.stderr
