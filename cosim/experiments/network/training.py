"""Learning alone: a network's trials without what is scored on the way."""

from collections.abc import Callable

from ebn_model.network.evaluation import Network
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.results import LearnedState
from ebn_model.network.training import Training, train


def learn(
    network: Network,
    task: TaskParameters,
    seed: int,
    iterations: int,
    first: int = 0,
    on_progress: Callable[[float], None] | None = None,
) -> LearnedState:
    """The state of a network that has learned from some trials.

    Args:
        network: as it begins.
        task: what the trials are of.
        seed: of the trials.
        iterations: number of trials, from the one numbered `first` on.
        on_progress: gets the simulated time of learning in s.

    Raises:
        InputError: iterations is negative.
    """
    # Nobody looks at checkpoints: there is one at trial 0 at most, with the fewest trials.
    fewest = {"checkpoint": first + iterations + 1, "validation": 1}
    start = Training(network, task.model_copy(update=fewest), seed, first)
    return train(start, iterations, on_progress=on_progress).network.state
