"""Waveforms as ngspice writes them, read back by spicelib."""

import numpy as np
import pytest
from pages import texts

from cosim.circuits.neuron import TransistorCircuit
from cosim.engine.worker import run_jobs
from ebn_model.stimulus import Stimulus

pytestmark = pytest.mark.ngspice


def test_spicelib_reads_our_raw_file_as_the_page_says(biases, tmp_path, monkeypatch):
    pytest.importorskip("spicelib", reason="other tools' packages aren't installed: make exchange")
    stimulus = Stimulus(np.array([1e-3]), 1e-3, 3e-3, start_weight=8)
    path = tmp_path / "waveforms.raw"
    job = TransistorCircuit(biases).job(stimulus, "one pulse", raw_path=path)
    [(_, vectors)] = run_jobs([job])
    monkeypatch.chdir(tmp_path)
    page: dict = {}
    exec(texts("docs/exchange.md", "python")[-1], page)
    raw, names = page["raw"], page["names"]
    np.testing.assert_array_equal(page["i_mem"], vectors[job.vectors[0]])
    assert len(names) == len(job.vectors) + 1
    np.testing.assert_array_equal(np.asarray(raw.get_wave("time")), vectors["time"])
    read = {name.lower(): np.asarray(raw.get_wave(name)) for name in names}
    compared = [name for name in job.vectors if name in read]
    assert len(compared) > 3
    for name in compared:
        np.testing.assert_array_equal(read[name], vectors[name])
