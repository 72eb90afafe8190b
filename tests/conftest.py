"""Fixtures of several test files: the published biases, their circuit, and its measured cells."""

import pytest

from cosim import characterise
from cosim.circuit import TransistorCircuit, read_biases
from cosim.engine.worker import run_jobs


@pytest.fixture(scope="session")
def biases():
    return read_biases("published")


@pytest.fixture(scope="session")
def circuit(biases):
    return TransistorCircuit(biases)


@pytest.fixture(scope="session")
def measured(biases):
    """The model's parameters, measured on the cells with the published biases."""
    cells = characterise.jobs(biases)
    vectors = dict(run_jobs(cells))
    return characterise.parameters([vectors[index] for index in range(len(cells))])
