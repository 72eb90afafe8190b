"""Behavioural model of the learning neuron: the twin of netlists/cells/learning_neuron.cir.

A DPI membrane gets a constant current and the currents of pulse-driven DPI synapses; at the
rising edge of an input pulse the membrane current is compared with the learning rule's window,
at the falling edge the weight steps (Büchel et al., ISCAS 2021, section III).
"""

from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from ebn_model.parameters import IntegratorParameters, NeuronParameters
from ebn_model.results import LearningResult, SpikeTable, weight_steps
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN, Stimulus

SAMPLE_PERIOD = 1e-4
"""Spacing of the returned waveform, s; edges are added to it."""


def integrator_slope(log_u: np.ndarray, drive: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """d(ln u)/dt of DPIs in 1/s, for drives I_w/I_tau: the DPI's equation, divided by u."""
    u = np.exp(log_u)
    return (drive - 1 - u) / (tau * (u + 1))


def output_current(u: np.ndarray, parameters: IntegratorParameters) -> np.ndarray:
    """Output of a DPI in A for its state u, of any shape."""
    return parameters.i_th * u**parameters.exponent


def state_of(current: float, parameters: IntegratorParameters) -> float:
    """State u of a DPI whose output is `current` in A."""
    return (current / parameters.i_th) ** (1 / parameters.exponent)


class LearningNeuron:
    """The model; `run` takes what the circuit takes and returns what the circuit returns."""

    def __init__(self, parameters: NeuronParameters):
        """Take the constants, which were measured on the cells or chosen by hand."""
        self.parameters = parameters
        synapses = (parameters.excitatory, parameters.inhibitory, parameters.extra)
        self._dpis = (parameters.membrane, *synapses)
        self._tau, self._i_tau, self._i_th, self._exponent = (
            np.array([getattr(dpi, name) for dpi in self._dpis])
            for name in ("tau", "i_tau", "i_th", "exponent")
        )
        self._floor = np.log([state_of(dpi.i_floor, dpi) for dpi in self._dpis])

    def thresholds(self, weight: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
        """I_lower and I_upper in A for weights in LSB, of any shape."""
        decision = self.parameters.decision
        shift = decision.i_omega * np.asarray(weight)
        return decision.i_lower - shift, decision.i_upper - shift

    def decide(self, i_mem: np.ndarray | float, weight: np.ndarray | int) -> np.ndarray:
        """Weight change in LSB (+1 INC, 0 SL, -1 DEC) for I_mem in A and weights in LSB."""
        lower, upper = self.thresholds(weight)
        return np.where(i_mem < lower, 1, np.where(i_mem > upper, -1, 0))

    def run(
        self, stimulus: Stimulus, on_progress: Callable[[float], None] | None = None
    ) -> LearningResult:
        """Simulate; on_progress gets the simulated time in s after each stretch between edges."""
        trace = _Trace()
        state, weight, rows = self._floor.copy(), stimulus.start_weight, []
        time = stimulus.reset_until
        trace.add([0.0, time], np.repeat(self._i_mem(state), 2))
        for rise, fall in zip(stimulus.spike_times, stimulus.fall_times, strict=True):
            state = self._advance(state, time, rise, 0, False, trace)
            i_rise = self._i_mem(state)
            decision = int(self.decide(i_rise, weight))
            end = min(fall, stimulus.duration)
            state = self._advance(state, rise, end, weight, stimulus.extra_synapse, trace)
            ended = fall > stimulus.duration
            after = weight if ended else min(max(weight + decision, WEIGHT_MIN), WEIGHT_MAX)
            i_fall = np.nan if ended else self._i_mem(state)
            rows.append((rise, np.nan if ended else fall, i_rise, i_fall, decision, weight, after))
            weight, time = after, end
            if on_progress:
                on_progress(time)
        self._advance(state, time, stimulus.duration, 0, False, trace)
        spikes = SpikeTable.from_rows(rows)
        times, i_mem = trace.arrays()
        return LearningResult(
            times, i_mem, weight_steps(times, spikes, stimulus.start_weight), spikes
        )

    def _i_mem(self, state: np.ndarray) -> float:
        return float(output_current(np.exp(state[0]), self.parameters.membrane))

    def _advance(self, state, start, stop, weight, extra, trace) -> np.ndarray:
        """Integrate from start to stop (s) with constant inputs, and add the stretch to trace."""
        if stop <= start:
            return state
        drive = self._synaptic_drive(weight, extra)
        grid = SAMPLE_PERIOD * np.arange(np.ceil(start / SAMPLE_PERIOD), stop / SAMPLE_PERIOD)
        times = np.unique(np.concatenate([[start], grid[(grid > start) & (grid < stop)], [stop]]))
        solution = solve_ivp(
            lambda _, log_u: self._slope(log_u, drive),
            (start, stop),
            state,
            method="LSODA",
            t_eval=times,
            rtol=1e-7,
            atol=1e-8,
        )
        trace.add(times, output_current(np.exp(solution.y[0]), self.parameters.membrane))
        return np.maximum(solution.y[:, -1], self._floor)

    def _synaptic_drive(self, weight: int, extra: bool) -> np.ndarray:
        """I_w/I_tau of the excitatory, inhibitory and extra synapse."""
        p = self.parameters
        inputs = (
            max(weight, 0) * p.excitatory.i_w,
            max(-weight, 0) * p.inhibitory.i_w,
            extra * p.extra.i_w,
        )
        return np.array(inputs) / self._i_tau[1:]

    def _slope(self, log_u: np.ndarray, synaptic_drive: np.ndarray) -> np.ndarray:
        exc, inh, ext = self._i_th[1:] * np.exp(self._exponent[1:] * log_u[1:])
        # The membrane's pair can't carry a negative current: strong inhibition only stops it.
        i_in = max(self.parameters.i_in + exc + ext - inh, 0.0)
        drive = np.concatenate([[i_in / self._i_tau[0]], synaptic_drive])
        return integrator_slope(log_u, drive, self._tau)


class _Trace:
    """Collects stretches of a waveform; each begins where the one before ended."""

    def __init__(self):
        self._times: list[np.ndarray] = []
        self._values: list[np.ndarray] = []

    def add(self, times, values) -> None:
        self._times.append(np.asarray(times)[1 if self._times else 0 :])
        self._values.append(np.asarray(values)[1 if self._values else 0 :])

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate(self._times), np.concatenate(self._values)
