"""The chip's network: what the chip does, neuron by neuron and pulse by pulse."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ebn_model.chip.blocks import activity_at_rest, blocks, circuit_of, log_states
from ebn_model.chip.kernel import FALLS, LOST, SPIKES, Activity, Circuit, Record
from ebn_model.chip.mapping import input_gain, kick, weights_of_codes
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.network.checks import check_array, check_fraction, checked_command
from ebn_model.network.decoder import random_decoder
from ebn_model.network.decoding import decode
from ebn_model.network.mismatch import Mismatch, draw_mismatch
from ebn_model.network.results import LearnedState, NetworkResult, WeightUpdates
from ebn_model.network.seeds import Purpose, generator
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN
from ebn_model.weight_counter import middle_fraction


class BusOverloadWarning(UserWarning):
    """The event bus could not carry all spikes of a run."""


@dataclass(frozen=True, eq=False)
class ChipNetwork:
    """Learning neurons, all connected to all others, on an event bus; one chip.

    Attributes:
        parameters: of the network.
        decoder: D, shape (Nx, N); the input's synapses hold it, times alpha.
        state: codes in LSB (integers, zero diagonal) and their counters' fractions; v_reset and
            v_rest are I_mem after a spike and in the window's middle, A: learning moves neither.
        mismatch: of the chip.
        input_gain: of the input's synapses over what the decoder asks of them, shape (Nx, N); 1
            by default.

    Raises:
        InputError: shapes that disagree, values that aren't finite, or codes that can't be.
    """

    parameters: ChipParameters
    decoder: np.ndarray
    state: LearnedState
    mismatch: Mismatch
    input_gain: np.ndarray = None  # type: ignore[assignment]  # for ones

    def __post_init__(self):
        p = self.parameters
        if self.input_gain is None:
            object.__setattr__(self, "input_gain", np.ones((p.inputs, p.neurons)))
        check_array(self.input_gain, "input_gain", (p.inputs, p.neurons))
        check_array(self.decoder, "decoder", (p.inputs, p.neurons))
        for name in ("weights", "fraction"):
            check_array(getattr(self.state, name), f"state.{name}", (p.neurons, p.neurons))
        for name in ("weight", "stuck"):
            check_array(getattr(self.mismatch, name), f"mismatch.{name}", (p.neurons, p.neurons))
        for name in ("threshold", "tau_mem"):
            check_array(getattr(self.mismatch, name), f"mismatch.{name}", (p.neurons,))
        _check_codes(self.state, p)
        check_fraction(self.state.fraction, p.sub_lsbs)

    @classmethod
    def build(cls, parameters: ChipParameters, seed: int) -> "ChipNetwork":
        """Draw decoder, initial codes and chip; the decoder is that of a LIF network's seed."""
        neurons = parameters.neurons
        decoder = random_decoder(parameters, generator(seed, Purpose.DECODER))
        codes = np.zeros((neurons, neurons))
        if parameters.initial == "random":
            normals = generator(seed, Purpose.WEIGHTS).standard_normal((neurons, neurons))
            codes = _storable(parameters.spread * normals, parameters)
        chip = generator(seed, Purpose.MISMATCH)
        return cls(
            parameters,
            decoder,
            chip_state(codes, parameters),
            draw_mismatch(parameters.mismatch, neurons, chip),
        )

    @property
    def thresholds(self) -> np.ndarray:
        """I_mem at which the neurons fire, A, shape (N,)."""
        neurons = self.parameters.of_neurons
        i_rest = np.array([neuron.decision.centre for neuron in neurons])
        i_spike = np.array([neuron.spike_generator.i_spike for neuron in neurons])
        return i_rest + (i_spike - i_rest) * self.mismatch.threshold

    @property
    def synaptic_weights(self) -> np.ndarray:
        """Weights of the paper's network whose kicks are those of the codes, shape (N, N)."""
        return weights_of_codes(self.state.weights, self.parameters)

    @property
    def optimal_state(self) -> LearnedState:
        """The codes whose kicks are nearest to the derived weights, -D'D in V (see optimal_codes).

        The chip has no other reset than I_rest, so that is all there is to program.
        """
        return chip_state(optimal_codes(self.decoder, self.parameters), self.parameters)

    def run(
        self,
        command: np.ndarray,
        *,
        learn: bool = False,
        seed: int | None = None,
        record_membrane: bool = False,
        on_progress: Callable[[float], None] | None = None,
        on_block: Callable[[Record, Activity], None] | None = None,
        block: int | None = None,
    ) -> NetworkResult:
        """Run from rest on an input.

        A pulse that hasn't ended with the run changes no weight.

        Args:
            command: c at i*dt, shape (steps + 1, Nx), linear between.
            learn: whether falling edges step the codes.
            seed: of the noise; without one there is none.
            record_membrane: whether the result has I_mem at every i*dt.
            on_progress: gets the simulated time in s from time to time.
            on_block: gets what each block of steps recorded, and the activity, whose decisions it
                may change before the pulses that they belong to end.
            block: steps in a block; the result doesn't depend on it.

        Raises:
            InputError: a command of another shape, or not finite.

        Warns:
            BusOverloadWarning: spikes were lost, since the bus had not yet sent the one before.
        """
        p = self.parameters
        command = checked_command(command, p.inputs)
        steps = len(command) - 1
        circuit, ends = self._circuit, np.arange(1, steps + 1) * p.dt
        counters = _counters(self.state, p)
        activity = activity_at_rest(circuit, p.of_neurons, counters)
        collected = _Collected()
        inputs = self._inputs(command, seed)
        noise = self._decision_noise(seed)
        parts = blocks(
            ends,
            inputs,
            circuit,
            activity,
            learn,
            record_membrane,
            block=block,
            decision_noise=noise,
        )
        for record in parts:
            collected.add(record)
            if on_block:
                on_block(record, activity)
            if on_progress:
                on_progress(float(activity.time[0]))
        collected.warn_of_lost_spikes(ends[-1])
        return self._result(collected, activity, ends, seed)

    @cached_property
    def _circuit(self) -> Circuit:
        """The chip, for the compiled loop."""
        p, chip = self.parameters, self.mismatch
        neurons = p.of_neurons
        plastic = ~chip.stuck
        np.fill_diagonal(plastic, False)
        circuit = circuit_of(
            neurons, chip.weight, plastic, p.pulse_width, p.slot, p.sub_lsbs, p.lsb
        )
        i_rest = (circuit.lower + circuit.upper) / 2
        own = chip.threshold if p.window == "own" else np.ones(p.neurons)
        return circuit._replace(
            membrane=circuit.membrane._replace(tau=circuit.membrane.tau * chip.tau_mem),
            firing=log_states(self.thresholds.tolist(), neurons),
            lower=i_rest + (circuit.lower - i_rest) * own,
            upper=i_rest + (circuit.upper - i_rest) * own,
            shift=circuit.shift * (chip.weight if p.sees == "effective" else 1.0),
        )

    def _inputs(self, command: np.ndarray, seed: int | None) -> Callable[[slice], np.ndarray]:
        """Input currents of a slice of steps, A, shape (steps, N); called in their order."""
        p = self.parameters
        gain = input_gain(p) * self.decoder * self.input_gain
        i_in = np.array([neuron.i_in for neuron in p.of_neurons])
        stream = None if seed is None or not p.noise else generator(seed, Purpose.NOISE)

        def inputs(steps: slice) -> np.ndarray:
            middle = (command[steps] + command[steps.start + 1 : steps.stop + 1]) / 2
            currents = i_in + middle @ gain
            if stream is not None:
                currents += p.noise * stream.standard_normal(currents.shape)
            return currents

        return inputs

    def _decision_noise(self, seed: int | None) -> Callable[[int], np.ndarray] | None:
        """Gives the noise of the next decisions, A, shape (pulses, N); None without any."""
        p = self.parameters
        if seed is None or not p.decision_noise:
            return None
        stream = generator(seed, Purpose.DECISIONS)
        return lambda pulses: p.decision_noise * stream.standard_normal((pulses, p.neurons))

    def _result(
        self, collected: "_Collected", activity: Activity, ends: np.ndarray, seed: int | None
    ) -> NetworkResult:
        p = self.parameters
        times, neurons = collected.spikes()
        membrane = collected.membrane(p.neurons)
        code = (activity.counters >> p.sub_lsbs) * p.lsb
        fraction = activity.counters & ((1 << p.sub_lsbs) - 1)
        return NetworkResult(
            duration=float(ends[-1]),
            spike_times=times,
            spike_neurons=neurons,
            updates=collected.updates(),
            state=LearnedState(code.astype(float), fraction, self.state.v_reset, self.state.v_rest),
            output_times=np.concatenate([[0.0], ends]),
            output=decode(times, neurons, self.decoder, p, len(ends)),
            membrane_times=ends if len(membrane) else np.empty(0),
            membrane=membrane,
            seed=seed,
        )


def optimal_codes(decoder: np.ndarray, parameters: ChipParameters) -> np.ndarray:
    """-D'D in V over the kick of one LSB in V, rounded and saturated; LSB, shape (N, N)."""
    codes = -(decoder.T @ decoder) * parameters.alpha / kick(parameters)
    return _storable(codes, parameters)


def chip_state(codes: np.ndarray, parameters: ChipParameters) -> LearnedState:
    """The state with these codes in LSB, shape (N, N), each in the middle of its counter."""
    neurons = parameters.of_neurons
    return LearnedState(
        weights=np.asarray(codes, dtype=float),
        fraction=np.full(np.shape(codes), middle_fraction(parameters.sub_lsbs)),
        v_reset=np.array([neuron.spike_generator.i_reset for neuron in neurons]),
        v_rest=np.array([neuron.decision.centre for neuron in neurons]),
    )


class _Collected:
    """The parts of a result that blocks yield."""

    def __init__(self):
        self._spikes: list[tuple[np.ndarray, np.ndarray]] = []
        self._updates: list[tuple[np.ndarray, ...]] = []
        self._membrane: list[np.ndarray] = []
        self._lost = 0

    def add(self, record: Record) -> None:
        spikes, falls = record.count[SPIKES], record.count[FALLS]
        self._lost += record.count[LOST]
        self._spikes.append((record.spike_times[:spikes], record.spike_neurons[:spikes]))
        if record.membrane.size:
            self._membrane.append(record.membrane)
        pulse, post = np.nonzero(record.changes[:falls])
        self._updates.append(
            (
                record.fall_times[pulse],
                post,
                record.fall_lines[pulse],
                record.changes[pulse, post].astype(float),
            )
        )

    def spikes(self) -> tuple[np.ndarray, np.ndarray]:
        times, neurons = (np.concatenate(part) for part in zip(*self._spikes, strict=True))
        return times, neurons

    def updates(self) -> WeightUpdates:
        return WeightUpdates(*map(np.concatenate, zip(*self._updates, strict=True)))

    def membrane(self, neurons: int) -> np.ndarray:
        return np.concatenate([np.empty((0, neurons)), *self._membrane])

    def warn_of_lost_spikes(self, duration: float) -> None:
        if self._lost:
            rate = sum(len(times) for times, _ in self._spikes) / duration
            warnings.warn(
                f"the event bus lost {self._lost} spikes at {rate:.0f} spikes/s in all",
                BusOverloadWarning,
                stacklevel=3,
            )


def _storable(codes: np.ndarray, parameters: ChipParameters) -> np.ndarray:
    """Rounded to steps of the code, within its range, with a zero diagonal; LSB."""
    lsb = parameters.lsb
    stored = np.clip(np.rint(codes / lsb) * lsb, WEIGHT_MIN, WEIGHT_MAX + 1 - lsb) + 0.0
    np.fill_diagonal(stored, 0.0)
    return stored


def _counters(state: LearnedState, parameters: ChipParameters) -> np.ndarray:
    codes = np.rint(state.weights / parameters.lsb).astype(np.int64)
    return (codes << parameters.sub_lsbs) + state.fraction.astype(np.int64)


def _check_codes(state: LearnedState, parameters: ChipParameters) -> None:
    codes, lsb = state.weights, parameters.lsb
    if (codes != _storable(codes, parameters)).any():
        raise InputError(
            f"state.weights must be multiples of {lsb} LSB in {WEIGHT_MIN} .. "
            f"{WEIGHT_MAX + 1 - lsb}, 0 on the diagonal"
        )
