import pytest
from experiment_calls import read_networks
from small import write_config

from cosim.experiments.network import report


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path)


@pytest.fixture
def experiment(config):
    [experiment] = read_networks(config)
    return experiment


@pytest.fixture
def quick_figures(monkeypatch):
    """Empty files instead of figures, which take longer than these trainings."""
    monkeypatch.setattr(report, "save", lambda make, paths: [path.touch() for path in paths])
