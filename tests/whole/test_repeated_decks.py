"""The decks that are stored with results repeat them, run by the command `ngspice -b` alone."""

import re
import subprocess

import numpy as np
import pytest
from experiment_calls import read_simulation

from cosim import cli
from cosim.cells.bench import measurement
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.neuron import TransistorCircuit
from cosim.experiments.neuron.result_files import read_result
from ebn_model.sealed import read_sealed

pytestmark = pytest.mark.ngspice

STIMULUS = """\
biases = "published"

[stimulus]
first_spike = "4 ms"
period = "5 ms"
count = 4
start_weight = 8
duration = "24 ms"
"""

BENCHES = ("decision", "pulse_interface")
"""One with a sweep, one with a transient."""


def read_raw(path):
    """Vectors by name of a binary raw file, each of shape (points,); a current without its i()."""
    header, _, data = path.read_bytes().partition(b"Binary:\n")
    names = re.findall(r"^\t\d+\t(\S+)\t", header.decode(), re.M)
    names = [re.sub(r"^i\((@.*)\)$", r"\1", name) for name in names]
    return dict(zip(names, np.frombuffer(data).reshape(-1, len(names)).T, strict=True))


def plain_name(name):
    """What the library calls a vector when it isn't asked for one by name."""
    return re.sub(r"^v\((.*)\)$", r"\1", re.sub(r"^i\((.*)\)$", r"\1#branch", name))


@pytest.fixture
def alone(tmp_path):
    """Run a stored deck with `ngspice -b`, as README says; returns the vectors of its raw file."""

    def run(deck):
        (tmp_path / ".spiceinit").write_text("set num_threads=1\n", encoding="utf-8")
        raw = tmp_path / "out.raw"
        command = ["ngspice", "-b", "-r", raw.name, str(deck)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
        return read_raw(raw)

    return run


@pytest.mark.parametrize("die", [None, 7])
def test_the_deck_of_the_transistor_view_repeats_its_run(tmp_path, alone, die):
    stimulus = tmp_path / "stimulus.toml"
    stimulus.write_text(STIMULUS, encoding="utf-8")
    out = tmp_path / "out"
    command = ["run", str(stimulus), "--view", "transistor", "--out", str(out)]
    assert cli.main(command if die is None else [*command, "--die", str(die)]) == 0
    stored = out / "stimulus" / "transistor"
    ours = read_result(stored)
    circuit = TransistorCircuit(read_biases("published"))
    given = read_simulation(str(stimulus)).experiment.stimulus.stimulus()
    again = circuit.result(given, alone(stored / "deck.cir"))
    assert (".control" in (stored / "deck.cir").read_text(encoding="utf-8")) == (die is not None)
    assert len(set(ours.spikes.weight_after)) > 2
    np.testing.assert_array_equal(again.spikes.decision, ours.spikes.decision)
    np.testing.assert_array_equal(again.spikes.weight_after, ours.spikes.weight_after)
    i_mem = np.interp(ours.time, again.time, again.i_mem)
    assert np.ptp(ours.i_mem) > 1e-9
    # Equal, but for a command and a library of different versions: 0.3 pA with 39 and 46.
    assert abs(i_mem - ours.i_mem).max() < 1e-12


@pytest.mark.parametrize("name", BENCHES)
def test_the_deck_of_a_bench_repeats_its_run(tmp_path, alone, name):
    assert cli.main(["bench-cells", name, "--out", str(tmp_path / "out")]) == 0
    [deck] = tmp_path.glob(f"out/*/{name}/deck.cir")
    vectors = {plain_name(key): values for key, values in alone(deck).items()}
    stored = read_sealed(deck.with_name("run.json"))["values"]
    # Equal, but for a command and a library of different versions: 2 % of a glitch with 39 and 46.
    assert measurement(name).measure(vectors) == pytest.approx(stored, rel=3e-2)
