"""The paper's network: integrate-and-fire neurons that code an input together and learn how."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ebn_model.errors import InputError
from ebn_model.lif import construction
from ebn_model.lif.arrays import NOW
from ebn_model.lif.blocks import (
    Added,
    activity_at_rest,
    blocks,
    cells_of,
    noise_of,
    rule_of,
    sent_weights,
    state_of,
)
from ebn_model.lif.recorder import Recorder
from ebn_model.network.checks import check_array, check_fraction, checked_command
from ebn_model.network.decoder import random_decoder
from ebn_model.network.decoding import decode
from ebn_model.network.metrics import mean_rate
from ebn_model.network.mismatch import Mismatch, draw_mismatch
from ebn_model.network.parameters import NetworkParameters
from ebn_model.network.results import LearnedState, NetworkResult
from ebn_model.network.seeds import Purpose, generator

KERNELS = ("strict", "fast")


class UnstableWarning(UserWarning):
    """A network ran away: its spikes call up each other instead of following the input."""


@dataclass(frozen=True, eq=False)
class LifNetwork:
    """A network of NetworkParameters; `replace(network, state=result.state)` has learned.

    Attributes:
        parameters: of the network.
        decoder: D, shape (Nx, N); tau_mem*D weighs the input.
        state: what learning changes.
        mismatch: of the chip; Mismatch.none(N) for none.
        slow_weights: W[n, k] of the slow synapses, weight units, shape (N, N); None for none.
            They don't learn and have no mismatch.
        bias: constant input of each neuron, V, shape (N,); None for none.

    Raises:
        InputError: shapes that disagree, or values that aren't finite.
    """

    parameters: NetworkParameters
    decoder: np.ndarray
    state: LearnedState
    mismatch: Mismatch
    slow_weights: np.ndarray | None = None
    bias: np.ndarray | None = None

    def __post_init__(self):
        p = self.parameters
        check_array(self.decoder, "decoder", (p.inputs, p.neurons))
        for name in ("weights", "fraction"):
            check_array(getattr(self.state, name), f"state.{name}", (p.neurons, p.neurons))
        for name in ("v_reset", "v_rest"):
            check_array(getattr(self.state, name), f"state.{name}", (p.neurons,))
        for name in ("weight", "stuck"):
            check_array(getattr(self.mismatch, name), f"mismatch.{name}", (p.neurons, p.neurons))
        for name in ("threshold", "tau_mem"):
            check_array(getattr(self.mismatch, name), f"mismatch.{name}", (p.neurons,))
        if self.slow_weights is not None:
            check_array(self.slow_weights, "slow_weights", (p.neurons, p.neurons))
        if self.bias is not None:
            check_array(self.bias, "bias", (p.neurons,))
        check_fraction(self.state.fraction, p.rule.sub_lsbs)

    @classmethod
    def build(cls, parameters: NetworkParameters, seed: int) -> "LifNetwork":
        """Draw decoder, initial weights and chip."""
        return cls(
            parameters,
            random_decoder(parameters, generator(seed, Purpose.DECODER)),
            construction.initial_state(parameters, generator(seed, Purpose.WEIGHTS)),
            draw_mismatch(
                parameters.mismatch, parameters.neurons, generator(seed, Purpose.MISMATCH)
            ),
        )

    @property
    def thresholds(self) -> np.ndarray:
        """Potentials at which the neurons fire, V, shape (N,)."""
        return construction.thresholds(self.decoder, self.parameters) * self.mismatch.threshold

    @property
    def synaptic_weights(self) -> np.ndarray:
        """W[n, k] without mismatch, weight units, shape (N, N)."""
        return self.state.weights

    @property
    def optimal_state(self) -> LearnedState:
        """State that is programmed instead of learned (construction.optimal_state)."""
        return construction.optimal_state(self.decoder, self.parameters)

    def run(
        self,
        command: np.ndarray,
        *,
        learn: bool = False,
        seed: int | None = None,
        record_membrane: bool = False,
        kernel: Literal["strict", "fast"] = "strict",
        on_progress: Callable[[float], None] | None = None,
    ) -> NetworkResult:
        """Run from rest, v = v_rest and no current, on an input.

        Memory grows with the spikes and updates, not with the steps, but for the output and where
        membranes are recorded.

        Args:
            command: c at i*dt, shape (steps + 1, Nx), constant until the next; the input of a
                neuron is c @ (D*tau_mem) in V, its sum taken in the order of the inputs.
            learn: whether each spike moves the weights.
            seed: of the noise; without one there is none.
            record_membrane: whether the result has v at the end of each step. After a spike the
                steps begin at its time.
            kernel: `strict` has the bits of the paper's code. `fast` multiplies in silent steps
                instead of dividing, which rounds otherwise: spikes move by rounding errors, and
                where one comes to fire before another the run goes its own way. It gains where
                there are many neurons; with slow weights or recorded membranes it is the same.
            on_progress: gets the simulated time in s from time to time.

        Raises:
            InputError: a command of another shape, or not finite, or an unknown kernel.

        Warns:
            UnstableWarning: the neurons fired at more than 1/tau_out in the mean. The decoder
                adds up a neuron's spikes over tau_out; a network that codes needs a tenth of that.
        """
        p = self.parameters
        if kernel not in KERNELS:
            raise InputError(f"kernel = {kernel!r} is not one of {', '.join(KERNELS)}")
        command = checked_command(command, p.inputs)
        steps, thresholds = len(command) - 1, self.thresholds
        cells = cells_of(
            p,
            steps,
            self.decoder,
            thresholds,
            self.mismatch,
            self.slow_weights,
            self.bias,
            kernel == "fast",
        )
        rule = rule_of(p, thresholds, self.mismatch, learn)
        activity, recorder = (
            activity_at_rest(self.state, self._sent, learn),
            Recorder(p.neurons, record_membrane),
        )
        noise = self._noise(seed)
        for record in blocks(command, noise, cells, rule, activity, record_membrane):
            recorder.add(record)
            if on_progress:
                on_progress(float(min(activity.clock[NOW], cells.end)))
        return self._result(recorder, state_of(activity), steps, seed)

    @cached_property
    def _sent(self) -> np.ndarray:
        return sent_weights(self.state, self.mismatch)

    def _noise(self, seed: int | None) -> Added | None:
        if seed is None or not self.parameters.noise:
            return None
        return noise_of(self.parameters, generator(seed, Purpose.NOISE))

    def _result(
        self, recorder: Recorder, state: LearnedState, steps: int, seed: int | None
    ) -> NetworkResult:
        p = self.parameters
        times, neurons = recorder.spikes()
        membrane_times, membrane = recorder.membrane(p.dt)
        duration = steps * p.dt
        _warn_if_unstable(mean_rate(times, p.neurons, duration), p)
        return NetworkResult(
            duration=duration,
            spike_times=times,
            spike_neurons=neurons,
            updates=recorder.updates(),
            state=state,
            output_times=np.arange(steps + 1) * p.dt,
            output=decode(times, neurons, self.decoder, p, steps),
            membrane_times=membrane_times,
            membrane=membrane,
            seed=seed,
        )


def _warn_if_unstable(rate: float, parameters: NetworkParameters) -> None:
    if rate > 1 / parameters.tau_out:
        warnings.warn(
            f"the network runs away: {rate:.0f} spikes/s per neuron, "
            f"above 1/tau_out = {1 / parameters.tau_out:.0f} spikes/s",
            UnstableWarning,
            stacklevel=4,
        )
