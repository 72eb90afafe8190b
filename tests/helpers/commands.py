"""Small inputs for each command, and commands as processes that the machine can be searched for."""

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from children import MARK

from cosim.workbench.places import ROOT

STIMULUS = '[stimulus]\nspikes = ["4 ms", "9 ms"]\nduration = "25 ms"\n'
SPIKES = "time,neuron\n0.002,1\n0.004,2\n0.005,0\n0.009,1\n0.03,2\n"
NETWORK = """
kind = "network"
title = "Small network"
configuration = "paper"
iterations = 3
seeds = [1, 2, 3]

[parameters]
neurons = 6

[task]
duration = "200 ms"
validation = 2
checkpoint = 2

[published.learned]
decoding_error = 0.2
spikes = 10
deviation = 100.0

[tolerances]
correlation = -1.0
"""
STUDY = """
kind = "study"
title = "Small study"

[seeds]
few = { first = 5, count = 4 }

[task]
duration = "200 ms"
validation = 2

[methods.learned]
label = "learned"
configuration = "robust"
changes = { neurons = 5 }
iterations = 2

[situations.none]
label = "no mismatch"

[groups.one]
title = "One"
methods = ["learned"]
situations = ["none"]
seeds = "few"
reference = "learned"
"""
RECIPE = """\
about = "as `rule`, but from an I_Omega that is a little off"
base = "rule"

[target]
slope_over_kick = 0.5

[biases.i_omega]
value = "22 pA"
reason = "the beginning"
"""
WORK = {
    "transistor": ["run", "stimulus.toml", "--view", "transistor"],
    "mixed": ["run", "stimulus.toml", "--view", "mixed", "--workers", "2"],
    "network": ["run", "network.toml", "--workers", "2"],
    "replay": ["replay", "spikes.csv", "--out", "out", "--workers", "2"],
    "closed loop": ["run", "network_closed_loop", "--out", "out", "--view", "mixed"],
    "study": ["run", "study.toml", "--out", "out", "--workers", "2"],
    "bench-cells": ["bench-cells", "flip_flop", "decision_speed", "leakage", "--out", "out"],
    "calibrate": ["calibrate", "rule", "--out", "out", "--workers", "2"],
}
"""What each command does in the tests, in a folder with the files of `Place`."""
for _change in ("iterations=0", "neurons=3", "stretch.duration=20 ms"):
    WORK["closed loop"] += ["--set", _change]


@dataclass
class Place:
    """A folder to run commands in, with a folder for temporary files of their own."""

    folder: Path

    def __post_init__(self):
        self.mark = uuid.uuid4().hex
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir()
        texts = {"stimulus.toml": STIMULUS, "network.toml": NETWORK, "study.toml": STUDY}
        for name, text in {**texts, "spikes.csv": SPIKES}.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def start(self, arguments, before=(), **options):
        """A command in a session of its own, so that nothing reaches it by the terminal."""
        return subprocess.Popen(
            [*before, sys.executable, "-m", "cosim", *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **options,
        )

    def environment(self):
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        return {**os.environ, "TMPDIR": str(self.scratch), "PYTHONPATH": path, MARK: self.mark}

    def left(self):
        """Temporary folders, those beside results included."""
        return [*self.scratch.iterdir(), *self.folder.rglob(".unfinished-*/")]
