"""One chip in one situation: codes by each method, and how it codes with them."""

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from operator import itemgetter
from typing import Any

import numpy as np

from cosim.experiments.chip.readout import known_readout, output_of, variable_of
from cosim.experiments.chip.settings import FineLearning
from cosim.experiments.network.training import learn
from cosim.experiments.study.condition_run import RUNAWAY_RATE
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, model_versions, sources_digest
from ebn_model.chip.network import BusOverloadWarning, ChipNetwork, chip_state
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.network.decoder import random_decoder
from ebn_model.network.decoding import unscaled_error
from ebn_model.network.evaluation import Score, score, validation_scores
from ebn_model.network.mismatch import LEAST_FACTOR
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.seeds import Purpose, generator
from ebn_model.parameters import NeuronParameters
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN
from ebn_model.validation import with_values

METHODS = {
    "programmed": "programmed",
    "transferred": "learned on the nominal model",
    "refined": "learned and refined on the nominal model",
    "learned": "learned on the chip",
    "matured": "learned and refined on the chip",
    "continued": "learned on the nominal model, refined on the chip",
    "gated": "refined on the nominal model or the chip, as known inputs say",
}
"""Origin of the codes, by the name of the method."""
NOMINAL, REFINED = "nominal", "nominal, refined"
"""Methods of the nominal model, which learns what is transferred."""
GATED = ("refined", "continued")
"""Methods of which one with a gate takes that which decodes known inputs better."""


@dataclass(frozen=True)
class ChipRun:
    """A chip; without codes it is the nominal model that learns those that are transferred.

    parameters, task: of the network, its rows being the chip's dies. seed: of decoder, faults and
    trials. input_gain: standard deviation of the input's gains. new_decoder: see Situation.
    iterations, further, fine: see ChipSettings. transferred, refined: codes that the nominal model
    learned, N lists of N.
    """

    label: str
    parameters: ChipParameters
    task: TaskParameters
    seed: int
    input_gain: float
    iterations: int
    further: int
    fine: FineLearning
    transferred: list[list[int]] = field(default_factory=list)
    refined: list[list[int]] = field(default_factory=list)
    new_decoder: float = 0.0

    @property
    def length(self) -> float:
        """Simulated time of learning, s."""
        further = 2 if self.transferred else 1
        return (self.iterations + further * self.further) * self.task.duration

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on; the label doesn't count."""
        values = {
            "parameters": self.parameters.model_dump(mode="json"),
            "task": self.task.model_dump(mode="json"),
            "how": [self.seed, self.input_gain, self.iterations, self.further],
            "fine": self.fine.model_dump(),
            "new_decoder": self.new_decoder,
            "nominal": [self.transferred, self.refined],
            "sources": sources_digest(__name__),
            "versions": model_versions(),
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
        time, task = 0.0, run.task.duration

        def on_progress(of_training: float) -> None:
            notify(time + of_training)

        learned = _learned(chip, run, 0, run.iterations, on_progress)
        time += run.iterations * task
        refined = _refined(learned, run, on_progress)
        time += run.further * task
        if not run.transferred:
            return {NOMINAL: _outcome(learned, run), REFINED: _outcome(refined, run)}
        transferred = with_codes(chip, np.array(run.transferred))
        chips = {
            "programmed": with_codes(chip, _designed(run).optimal_state.weights),
            "transferred": transferred,
            "refined": with_codes(chip, np.array(run.refined)),
            "learned": learned,
            "matured": refined,
            "continued": _refined(transferred, run, on_progress),
        }
        outcomes = {name: _outcome(network, run) for name, network in chips.items()}
        gated = min((outcomes[name] for name in GATED), key=itemgetter("known_error"))
        return {**outcomes, "gated": gated}


def chip_of(run: ChipRun) -> ChipNetwork:
    """The chip with codes 0; a synapse that is stuck has a random one."""
    chip = _designed(run)
    p = run.parameters
    draw = generator(run.seed, Purpose.WEIGHTS)
    drawn = draw.integers(WEIGHT_MIN, WEIGHT_MAX + 1, (p.neurons, p.neurons)) // p.lsb * p.lsb
    stuck = chip.mismatch.stuck & ~np.eye(p.neurons, dtype=bool)
    normals = generator(run.seed, Purpose.MISMATCH, 1).standard_normal((p.inputs, p.neurons))
    return replace(
        chip,
        decoder=_new_decoder(chip.decoder, run),
        state=chip_state(np.where(stuck, drawn, 0), p),
        input_gain=np.maximum(1 + run.input_gain * normals, LEAST_FACTOR),
    )


def _designed(run: ChipRun) -> ChipNetwork:
    """The chip with the decoder that it was designed for."""
    return ChipNetwork.build(run.parameters, run.seed)


def _new_decoder(decoder: np.ndarray, run: ChipRun) -> np.ndarray:
    """The decoder in use, shape (Nx, N), whose columns have unit length, too."""
    if not run.new_decoder:
        return decoder
    added = random_decoder(run.parameters, generator(run.seed, Purpose.DECODER, 1))
    moved = decoder + run.new_decoder * added
    return moved / np.linalg.norm(moved, axis=0)


def with_codes(chip: ChipNetwork, codes: np.ndarray) -> ChipNetwork:
    """The chip with codes in LSB, shape (N, N), but for the synapses that are stuck."""
    kept = np.where(chip.mismatch.stuck, chip.state.weights, codes)
    return replace(chip, state=chip_state(kept, chip.parameters))


def _learned(
    chip: ChipNetwork, run: ChipRun, first: int, iterations: int, notify: Callable[[float], None]
) -> ChipNetwork:
    """The chip after some trials, from the one numbered `first` on."""
    state = learn(chip, run.task, run.seed, iterations, first, notify)
    return replace(chip, state=state)


def _refined(chip: ChipNetwork, run: ChipRun, notify: Callable[[float], None]) -> ChipNetwork:
    """The chip after the further trials, in which windows and steps are finer."""
    fine = finer(chip, run.fine)
    learned = _learned(fine, run, run.iterations, run.further, notify)
    return with_codes(chip, learned.state.weights)


def finer(chip: ChipNetwork, fine: FineLearning) -> ChipNetwork:
    """The chip with other windows and counters; its codes stay."""
    p = chip.parameters
    rows = tuple(
        _with_window(one, one.decision.centre, fine.window * one.decision.half_width)
        for one in p.of_neurons
    )
    parameters = with_values(p, {"rows": rows, "sub_lsbs": fine.sub_lsbs}, "a finer window")
    return replace(chip, parameters=parameters, state=chip_state(chip.state.weights, parameters))


def with_window_below_threshold(
    neuron: NeuronParameters, designed: NeuronParameters
) -> NeuronParameters:
    """The neuron with its window as far below its spike threshold as that of the designed one.

    Both spike, as a chip's neurons do: InputError otherwise.
    """
    if neuron.spike is None or designed.spike is None:
        raise InputError("a window can't follow the threshold of a neuron that doesn't spike")
    below = designed.spike.i_spike - designed.decision.centre
    return _with_window(neuron, neuron.spike.i_spike - below, neuron.decision.half_width)


def _with_window(neuron: NeuronParameters, centre: float, half: float) -> NeuronParameters:
    bounds = {"i_lower": centre - half, "i_upper": centre + half}
    return neuron.model_copy(update={"decision": neuron.decision.model_copy(update=bounds)})


@dataclass(frozen=True)
class ChipScore(Score):
    """A Score with what the chip's own read-out learned from known inputs, see Readout.

    calibrated_error: unscaled error of the output times one gain for all of it. adapted_error: of
    that of the decoder that has learned.
    """

    calibrated_error: float
    adapted_error: float


def _outcome(chip: ChipNetwork, run: ChipRun) -> dict[str, Any]:
    """Means over the validation trials, whether one of them ran away, read-out and codes."""
    readout = known_readout(chip, run.task, run.seed, run.iterations + run.further)

    def measure(network, result, trial, task) -> ChipScore:
        calibrated = readout.gain * result.output[: len(trial.samples)]
        adapted = output_of(network, result, trial, readout.decoder)
        variable = variable_of(network, trial)
        return ChipScore(
            **asdict(score(network, result, trial, task)),
            calibrated_error=unscaled_error(calibrated, variable),
            adapted_error=unscaled_error(adapted, variable),
        )

    trials = validation_scores(chip, run.task, run.seed, measure)
    scores = [asdict(one) for one in trials]
    names = ("unscaled_error", "calibrated_error", "adapted_error", "decoding_error", "rate")
    return {
        **{name: float(np.mean([one[name] for one in scores])) for name in names},
        "ran_away": max(one["rate"] for one in scores) > RUNAWAY_RATE,
        "known_error": readout.error,
        "gain": readout.gain,
        "codes": chip.state.weights.astype(int).tolist(),
    }
