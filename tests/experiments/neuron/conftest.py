"""Fixtures of several test files: a short simulation whose circuits are stand-ins."""

import fake_circuit
import pytest


@pytest.fixture
def solver(monkeypatch):
    return fake_circuit.install(monkeypatch, draw=False)


@pytest.fixture
def short(tmp_path, solver):
    return fake_circuit.short_simulation(tmp_path / "short")
