"""One chip in one situation: codes by each method, and how it codes with them."""

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from cosim.experiments.study.condition_run import RUNAWAY_RATE
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest
from ebn_model.chip.network import BusOverloadWarning, ChipNetwork, chip_state
from ebn_model.chip.parameters import ChipParameters
from ebn_model.network.evaluation import Score, validation_scores
from ebn_model.network.mismatch import LEAST_FACTOR
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.results import LearnedState
from ebn_model.network.seeds import Purpose, generator
from ebn_model.network.training import Training, train
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN

METHODS = {
    "programmed": "programmed",
    "transferred": "learned on the nominal model, transferred",
    "learned": "learned on the chip",
    "continued": "transferred, then learned on the chip",
}
"""Origin of the codes, by the name of the method."""
NOMINAL = "nominal"
"""The method of the nominal model, which learns what is transferred."""


@dataclass(frozen=True)
class ChipRun:
    """A chip; without codes it is the nominal model that learns those that are transferred.

    parameters, task: of the network, its rows being the chip's dies. seed: of decoder, faults and
    trials. input_gain: standard deviation of the input's gains. iterations, further: see
    ChipSettings. transferred: codes that the nominal model learned, N lists of N.
    """

    label: str
    parameters: ChipParameters
    task: TaskParameters
    seed: int
    input_gain: float
    iterations: int
    further: int
    transferred: list[list[int]] = field(default_factory=list)

    @property
    def length(self) -> float:
        """Simulated time of learning, s."""
        further = self.further if self.transferred else 0
        return (self.iterations + further) * self.task.duration

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on; the label doesn't count."""
        values = {
            "parameters": self.parameters.model_dump(mode="json"),
            "task": self.task.model_dump(mode="json"),
            "how": [self.seed, self.input_gain, self.iterations, self.further, self.transferred],
            "sources": sources_digest(__name__),
        }
        return digest(to_json(values))


def run_chip(run: ChipRun, notify: Callable[[float], None]) -> dict[str, dict[str, Any]]:
    """The outcome by method: scores, and codes, N lists of N.

    notify gets the simulated time of learning in s.
    """
    with warnings.catch_warnings():
        # The outcome has the rate.
        warnings.simplefilter("ignore", BusOverloadWarning)
        chip = chip_of(run)
        learned = _learned(chip, run, 0, run.iterations, notify)
        if not run.transferred:
            return {NOMINAL: _outcome(learned, run)}
        transferred = with_codes(chip, np.array(run.transferred))
        own_time = run.iterations * run.task.duration
        chips = {
            "programmed": with_codes(chip, chip.optimal_state.weights),
            "transferred": transferred,
            "learned": learned,
            "continued": _learned(
                transferred, run, run.iterations, run.further, lambda t: notify(own_time + t)
            ),
        }
        return {name: _outcome(network, run) for name, network in chips.items()}


def chip_of(run: ChipRun) -> ChipNetwork:
    """The chip with codes 0; a synapse that is stuck has a random one."""
    chip = ChipNetwork.build(run.parameters, run.seed)
    p = run.parameters
    draw = generator(run.seed, Purpose.WEIGHTS)
    drawn = draw.integers(WEIGHT_MIN, WEIGHT_MAX + 1, (p.neurons, p.neurons)) // p.lsb * p.lsb
    stuck = chip.mismatch.stuck & ~np.eye(p.neurons, dtype=bool)
    normals = generator(run.seed, Purpose.MISMATCH, 1).standard_normal((p.inputs, p.neurons))
    return replace(
        chip,
        state=chip_state(np.where(stuck, drawn, 0), p),
        input_gain=np.maximum(1 + run.input_gain * normals, LEAST_FACTOR),
    )


def with_codes(chip: ChipNetwork, codes: np.ndarray) -> ChipNetwork:
    """The chip with codes in LSB, shape (N, N), but for the synapses that are stuck."""
    kept = np.where(chip.mismatch.stuck, chip.state.weights, codes)
    return replace(chip, state=chip_state(kept, chip.parameters))


def _learned(
    chip: ChipNetwork, run: ChipRun, first: int, iterations: int, notify: Callable[[float], None]
) -> ChipNetwork:
    """The chip after some trials, from the one numbered `first` on."""
    # Nobody looks at checkpoints here.
    fewest = {"checkpoint": first + iterations + 1, "validation": 1}
    start = Training(chip, run.task.model_copy(update=fewest), run.seed, first)
    trained = train(start, iterations, on_progress=notify).network
    state: LearnedState = trained.state
    return replace(chip, state=state)


def _outcome(chip: ChipNetwork, run: ChipRun) -> dict[str, Any]:
    """Means over the validation trials, whether one of them ran away, and the codes."""
    trials: list[Score] = validation_scores(chip, run.task, run.seed)
    scores = [asdict(one) for one in trials]
    names = ("unscaled_error", "decoding_error", "rate")
    return {
        **{name: float(np.mean([one[name] for one in scores])) for name in names},
        "ran_away": max(one["rate"] for one in scores) > RUNAWAY_RATE,
        "codes": chip.state.weights.astype(int).tolist(),
    }
