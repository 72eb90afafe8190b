"""A real Dask cluster of two worker processes on this machine."""

import os
import sys

import pytest
from commands import Place


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="session")
def cluster(place):
    """Its workers, and what they start, can be told by their mark."""
    # Here, since the other tests needn't wait for it.
    import dask
    from distributed import LocalCluster

    environment = {**place.environment(), "PYTHONPATH": os.pathsep.join(sys.path)}
    failures = dask.config.set({"distributed.scheduler.allowed-failures": 1})
    with (
        failures,
        LocalCluster(
            n_workers=0, threads_per_worker=1, dashboard_address=None, env=environment
        ) as made,
    ):
        made.scale(2)
        made.wait_for_workers(2)
        yield made


@pytest.fixture
def address(cluster):
    return cluster.scheduler_address
