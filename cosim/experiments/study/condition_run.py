"""One run of the study: a network's weights, as they come, and how it codes with them."""

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from cosim.experiments.network.training import learn
from cosim.experiments.study.condition import Condition
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, model_versions, sources_digest
from ebn_model.chip.network import BusOverloadWarning, ChipNetwork
from ebn_model.configurations import build_network
from ebn_model.lif.network import LifNetwork, UnstableWarning
from ebn_model.network.evaluation import Network, Score, mean_score, validation_scores
from ebn_model.network.metrics import distance_to_optimal, weight_correlation
from ebn_model.network.results import LearnedState

RUNAWAY_RATE = 100.0
"""Spikes per neuron and second, Hz, in one trial, from which a chip counts as run away. Coding
networks fire at 6 to 20 Hz, neurons without any weights at up to 60 Hz."""


@dataclass(frozen=True)
class Outcome(Score):
    """The mean score of a chip over its validation trials.

    Attributes:
        worst_rate: the greatest rate of a trial, Hz.
        distance, correlation: of its weights from the optimal ones.
    """

    worst_rate: float
    distance: float
    correlation: float

    @property
    def ran_away(self) -> bool:
        """True if a trial went beyond RUNAWAY_RATE."""
        return self.worst_rate > RUNAWAY_RATE


@dataclass(frozen=True)
class ConditionRun:
    """A condition with a seed: that of decoder, chip, trials and noise."""

    condition: Condition
    seed: int

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"{self.condition.method}, {self.condition.situation}, seed {self.seed}"

    @property
    def length(self) -> float:
        """Simulated time of learning, s; without learning there is hardly any."""
        condition = self.condition
        learns = condition.state == "learned"
        return condition.iterations * condition.task.duration if learns else 0.0

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on; names don't count."""
        condition = self.condition
        values = {
            "parameters": condition.parameters.model_dump(mode="json"),
            "task": condition.task.model_dump(mode="json"),
            "how": [condition.state, condition.start, condition.iterations],
            "seed": self.seed,
            "sources": sources_digest(__name__),
            "versions": model_versions(),
        }
        return digest(to_json(values))


def run_condition(run: ConditionRun, notify: Callable[[float], None]) -> dict[str, float]:
    """The outcome, as a table; notify gets the simulated time of learning in s."""
    condition = run.condition
    with warnings.catch_warnings():
        # The outcome has the rate.
        for warning in (UnstableWarning, BusOverloadWarning):
            warnings.simplefilter("ignore", warning)
        network = build_network(condition.parameters, run.seed)
        network = replace(network, state=_state(condition, network, run.seed, notify))
        return asdict(_outcome(network, condition, run.seed))


def _state(
    condition: Condition,
    network: LifNetwork | ChipNetwork,
    seed: int,
    notify: Callable[[float], None],
) -> LearnedState:
    """The weights that the condition is about."""
    initial = network.state
    if condition.state == "initial":
        return initial
    if condition.state == "zero":
        return replace(initial, weights=np.zeros_like(initial.weights))
    if condition.state == "optimal":
        return _programmed(network)
    if condition.start == "optimal":
        network = replace(network, state=_programmed(network))
    return learn(network, condition.task, seed, condition.iterations, on_progress=notify)


def _programmed(network: LifNetwork | ChipNetwork) -> LearnedState:
    """The optimal weights, but for the synapses that are stuck: those can't be programmed."""
    optimal, stuck = network.optimal_state, network.mismatch.stuck
    return replace(optimal, weights=np.where(stuck, network.state.weights, optimal.weights))


def _outcome(network: Network, condition: Condition, seed: int) -> Outcome:
    scores: list[Score] = validation_scores(network, condition.task, seed)
    weights, optimal = network.state.weights, network.optimal_state.weights
    return Outcome(
        **asdict(mean_score(scores)),
        worst_rate=max(one.rate for one in scores),
        distance=distance_to_optimal(weights, optimal),
        correlation=weight_correlation(weights, optimal),
    )
