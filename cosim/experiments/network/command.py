"""What `ebn-cosim run` does with networks."""

from collections.abc import Mapping

from cosim.experiments.network.runner import run_networks
from cosim.experiments.network.settings import NetworkExperiment
from cosim.experiments.network.sweep import write_sweep
from cosim.workbench.printed import console, print_report


def train_and_print(
    networks: Mapping[str, list[NetworkExperiment]], workers: int | None, force: bool
) -> bool:
    """Train and print a verdict for each name, or one table for a sweep; whether none failed.

    Args:
        networks: the combinations of changes, by name.
        workers, force: as for `run_networks`.
    """
    every = [one for combinations in networks.values() for one in combinations]
    reports = iter(run_networks(every, workers, force))
    passed = True
    for combinations in networks.values():
        own = [next(reports) for _ in combinations]
        passed = passed and all(report.passed is not False for report in own)
        if len(combinations) > 1:
            console().print(write_sweep(combinations))
        else:
            print_report(own[0])
    return passed
