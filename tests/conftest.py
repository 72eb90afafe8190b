"""Fixtures of several test files: the published biases and their circuit."""

import pytest

from cosim.circuit import TransistorCircuit, read_biases


@pytest.fixture(scope="session")
def biases():
    return read_biases("published")


@pytest.fixture(scope="session")
def circuit(biases):
    return TransistorCircuit(biases)
