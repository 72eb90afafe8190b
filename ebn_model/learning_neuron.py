"""Model of the learning neuron, the circuit of which is netlists/cells/learning_neuron.cir.

A DPI membrane gets a constant current and the currents of pulse-driven DPI synapses; at the
rising edge of an input pulse the membrane current is compared with the learning rule's window,
at the falling edge the weight steps (Büchel et al., ISCAS 2021, section III).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit

from ebn_model.errors import InputError
from ebn_model.learning_rule import decide, window
from ebn_model.parameters import IntegratorParameters, NeuronParameters
from ebn_model.results import LearningResult, SpikeTable, weight_steps
from ebn_model.stimulus import Stimulus
from ebn_model.weight_counter import WeightCounter, check_sub_lsbs

SAMPLE_PERIOD = 1e-4
"""Spacing of the returned waveform, s; edges are added to it."""

NEWTON_STEPS = 5
"""To the current of a pair whose slope factor changes."""

_NO_CURRENT = 1e-18

_OFF = 700.0
"""A state ln u, as a solver's trials have it, above which a pair carries nothing to the last digit;
exp() of little more would overflow."""


def weak_inversion_current(current: Any, i_spec: Any) -> Any:
    """I*g(I, i_spec) of IntegratorParameters, A: what weak inversion would make of I. Any shape."""
    return i_spec * np.expm1(np.sqrt(current / i_spec)) ** 2


def _compressed(current, i_spec) -> np.ndarray:
    """Inverse of weak_inversion_current."""
    return i_spec * np.log1p(np.sqrt(current / i_spec)) ** 2


def integrator_slope(log_u, i_w, tau, i_tau, i_spec_pair, slope_change=0.0) -> np.ndarray:
    """d(ln u)/dt of DPIs in 1/s: the law of IntegratorParameters; scalars or equal shapes."""
    # A pair can't carry a negative current: inhibition beyond the input only stops the membrane.
    i_w = np.maximum(i_w, _NO_CURRENT)
    u = np.exp(np.minimum(log_u, _OFF))
    share = 1 / (1 + u * i_w / weak_inversion_current(i_w, i_spec_pair))
    if np.any(slope_change):
        changing = _share_of_changing_pair(log_u, i_w, i_spec_pair, slope_change)
        share = np.where(slope_change, changing, share)
    return (i_w / i_tau * share - 1) / tau


def slope_under(i_w: float, law: IntegratorParameters) -> Callable[[float], float]:
    """integrator_slope of one DPI under a constant input in A, as a function of ln u.

    For those who ask for it many times: what doesn't change is calculated once, and numbers take a
    small part of the time of arrays.
    """
    if law.slope_change:
        rest = law.tau, law.i_tau, law.i_spec_pair, law.slope_change
        return lambda log_u: float(integrator_slope(log_u, i_w, *rest))
    i_w = max(i_w, _NO_CURRENT)
    load = i_w / float(weak_inversion_current(i_w, law.i_spec_pair))
    gain, tau = i_w / law.i_tau, law.tau
    return lambda log_u: (gain / (1 + math.exp(min(log_u, _OFF)) * load) - 1) / tau


def _share_of_changing_pair(log_u, i_w, i_spec_pair, slope_change) -> np.ndarray:
    """x/I_w of a pair whose slope factor changes, by Newton's method.

    Its unknown is ln(x/(I_w - x)), in which the law's slope is between 1 and 1 + slope_change.
    """
    ratio = -log_u + np.zeros_like(i_w + i_spec_pair)
    for _ in range(NEWTON_STEPS):
        share = expit(ratio)
        x, rest = i_w * share, i_w * (1 - share)
        corrections = np.log1p(x / i_spec_pair) - np.log1p(rest / i_spec_pair)
        per_ratio = x / (x + i_spec_pair) * (1 - share) + rest / (rest + i_spec_pair) * share
        error = ratio + slope_change * corrections + log_u
        ratio = ratio - error / (1 + slope_change * per_ratio)
    return expit(ratio)


def settled_states(i_w: Any, i_tau: Any, i_spec_pair: Any, slope_change: float = 0.0) -> Any:
    """States u of DPIs that settled under the inputs i_w above i_tau, A, of any shape."""
    if not slope_change:
        return weak_inversion_current(i_w, i_spec_pair) / i_w * (i_w / i_tau - 1)
    rest = i_w - i_tau
    corrections = (1 + rest / i_spec_pair) / (1 + i_tau / i_spec_pair)
    return rest / i_tau * corrections**slope_change


def output_current(u: Any, dpi: IntegratorParameters) -> Any:
    """Output of a DPI in A for its state u, of any shape."""
    return _compressed(dpi.i_th * u**dpi.exponent, dpi.i_spec_readout)


def state_of(current: float, dpi: IntegratorParameters) -> float:
    """State u of a DPI whose output is `current` in A."""
    return (weak_inversion_current(current, dpi.i_spec_readout) / dpi.i_th) ** (1 / dpi.exponent)


def settled_state(neuron: NeuronParameters) -> float:
    """State u of the membrane under its constant input."""
    membrane = neuron.membrane
    law = membrane.i_tau, membrane.i_spec_pair, membrane.slope_change
    return float(settled_states(neuron.i_in, *law))


def settled_current(neuron: NeuronParameters) -> float:
    """I_mem under the constant input, A."""
    return float(output_current(settled_state(neuron), neuron.membrane))


class LearningNeuron:
    """The model; `run` takes what the circuit takes and returns what the circuit returns."""

    def __init__(self, parameters: NeuronParameters, sub_lsbs: int = 0):
        """Take the constants, which were measured on the cells or chosen by hand.

        sub_lsbs: bits of the counter below those that the synapse's DAC sees.

        Raises:
            InputError: sub_lsbs is not an integer in 0 .. 4.
        """
        check_sub_lsbs(sub_lsbs)
        self._sub_lsbs = sub_lsbs
        self.parameters = parameters
        synapses = (parameters.excitatory, parameters.inhibitory, parameters.extra)
        dpis = (parameters.membrane, *synapses)
        self._tau, self._i_tau, self._i_spec_pair, self._slope_change = (
            np.array([getattr(dpi, name) for dpi in dpis])
            for name in ("tau", "i_tau", "i_spec_pair", "slope_change")
        )
        self._synapses = synapses
        self._floor = np.log([state_of(dpi.i_floor, dpi) for dpi in dpis])
        self._firing_state, self._firing = np.inf, None
        if spike := parameters.spike:
            self._firing_state = np.log(state_of(spike.i_spike, parameters.membrane))
            self._firing = _upward_crossing(self._firing_state)

    def thresholds(self, weight: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
        """I_lower and I_upper in A for weights in LSB, of any shape."""
        d = self.parameters.decision
        return window(np.asarray(weight), d.i_lower, d.i_upper, d.i_omega, d.i_sign)

    def decide(self, i_mem: np.ndarray | float, weight: np.ndarray | int) -> np.ndarray:
        """Weight change in LSB (see Decision) for I_mem in A and weights in LSB."""
        return decide(i_mem, *self.thresholds(weight))

    def run(
        self, stimulus: Stimulus, on_progress: Callable[[float], None] | None = None
    ) -> LearningResult:
        """Simulate; on_progress gets the simulated time in s after each pulse and at the end."""
        trace = _Trace()
        counter = WeightCounter(stimulus.start_weight, self._sub_lsbs)
        state, rows = self._start(stimulus), []
        time = stimulus.reset_until
        trace.add([0.0, time] if time else [0.0], self._i_mem(state))
        for rise, fall in zip(stimulus.spike_times, stimulus.fall_times, strict=True):
            state = self._advance(state, time, rise, 0, False, trace)
            i_rise, weight = self._i_mem(state), counter.weight
            decision = int(self.decide(i_rise, weight))
            end = min(fall, stimulus.duration)
            state = self._advance(state, rise, end, weight, stimulus.extra_synapse, trace)
            if fall > stimulus.duration:
                edge = np.nan, np.nan
            else:
                edge = fall, self._i_mem(state)
                counter.step(decision)
            t_fall, i_fall = edge
            rows.append((rise, t_fall, i_rise, i_fall, decision, weight, counter.weight))
            time = end
            if on_progress:
                on_progress(time)
        self._advance(state, time, stimulus.duration, 0, False, trace)
        if on_progress:
            on_progress(stimulus.duration)
        spikes = SpikeTable.from_rows(rows)
        times, i_mem = trace.arrays()
        weights = weight_steps(times, spikes, stimulus.start_weight)
        return LearningResult(times, i_mem, weights, spikes, np.array(trace.output_spikes))

    def _start(self, stimulus: Stimulus) -> np.ndarray:
        """State ln u at the beginning: held at reset, or settled under the constant input."""
        state = self._floor.copy()
        if not stimulus.reset_until:
            state[0] = np.log(max(settled_state(self.parameters), np.exp(state[0])))
        return state

    def _i_mem(self, state: np.ndarray) -> float:
        return float(output_current(np.exp(state[0]), self.parameters.membrane))

    def _advance(self, state, start, stop, weight, extra, trace) -> np.ndarray:
        """Integrate from start to stop (s) with constant inputs, and add the stretch to trace."""
        i_w = self._synaptic_inputs(weight, extra)
        while start < stop:
            release = self._release(trace)
            if start < release:
                end = min(stop, release)
                state, start = self._integrate(self._held_slope, state, start, end, i_w, trace)
                if start == release:
                    state = self._moved(state, self.parameters.spike_generator.i_reset)
            elif state[0] >= self._firing_state:
                trace.output_spikes.append(start)
                state = self._moved(state, self.parameters.spike_generator.i_held)
            else:
                state, start = self._integrate(self._slope, state, start, stop, i_w, trace)
        return state

    def _release(self, trace) -> float:
        """End of the last refractory period, s."""
        if not trace.output_spikes:
            return 0.0
        return trace.output_spikes[-1] + self.parameters.spike_generator.refractory

    def _moved(self, state: np.ndarray, i_mem: float) -> np.ndarray:
        """The state with another I_mem in A."""
        membrane = np.log(state_of(i_mem, self.parameters.membrane))
        return np.concatenate([[membrane], state[1:]])

    def _integrate(self, slope, state, start, stop, i_w, trace) -> tuple[np.ndarray, float]:
        """State and time (s) at stop or where the membrane fires; adds the stretch to trace."""
        grid = SAMPLE_PERIOD * np.arange(np.ceil(start / SAMPLE_PERIOD), stop / SAMPLE_PERIOD)
        times = np.unique(np.concatenate([[start], grid[(grid > start) & (grid < stop)], [stop]]))
        solution = solve_ivp(
            lambda _, log_u: slope(log_u, i_w),
            (start, stop),
            state,
            method="LSODA",
            t_eval=times,
            events=self._firing,
            rtol=1e-7,
            atol=1e-8,
        )
        if not solution.success:
            raise InputError(f"the model can't be integrated: {solution.message}")
        times, states = _until_firing(solution, self._firing_state)
        states = np.maximum(states, self._floor[:, np.newaxis])
        trace.add(times, output_current(np.exp(states[0]), self.parameters.membrane))
        return states[:, -1], float(times[-1])

    def _synaptic_inputs(self, weight: int, extra: bool) -> np.ndarray:
        """Input currents of the excitatory, inhibitory and extra synapse, A."""
        p = self.parameters
        return np.array(
            [
                max(weight, 0) * p.excitatory.i_w,
                max(-weight, 0) * p.inhibitory.i_w,
                extra * p.extra.i_w,
            ]
        )

    def _slope(self, log_u: np.ndarray, synaptic_inputs: np.ndarray) -> np.ndarray:
        u = np.exp(log_u[1:])
        exc, inh, ext = map(output_current, u, self._synapses)
        i_in = self.parameters.i_in + exc + ext - inh
        i_w = np.concatenate([[i_in], synaptic_inputs])
        return integrator_slope(
            log_u, i_w, self._tau, self._i_tau, self._i_spec_pair, self._slope_change
        )

    def _held_slope(self, log_u: np.ndarray, synaptic_inputs: np.ndarray) -> np.ndarray:
        """In the refractory period the synapses go on, the membrane doesn't."""
        slope = self._slope(log_u, synaptic_inputs)
        slope[0] = 0.0
        return slope


def _upward_crossing(level: float) -> Callable:
    """Event that ends an integration when the first state rises through a level."""

    def distance(_, state):
        return state[0] - level

    # So scipy wants it.
    vars(distance).update(terminal=True, direction=1)
    return distance


def _until_firing(solution, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Times and states of an integration, ending with the event where there was one."""
    if not solution.t_events or not len(solution.t_events[0]):
        return solution.t, solution.y
    [time], [state] = solution.t_events[0], solution.y_events[0]
    # Not what the search for the crossing ended at, which may be a bit below.
    state[0] = level
    before = solution.t < time
    return np.append(solution.t[before], time), np.column_stack([solution.y[:, before], state])


class _Trace:
    """Collects stretches of a waveform; each begins where the one before ended.

    output_spikes: when the neuron fired, s.
    """

    def __init__(self):
        self.output_spikes: list[float] = []
        self._times: list[np.ndarray] = []
        self._values: list[np.ndarray] = []

    def add(self, times, values) -> None:
        first = 1 if self._times else 0
        self._times.append(np.asarray(times)[first:])
        self._values.append(np.broadcast_to(values, len(times))[first:])

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate(self._times), np.concatenate(self._values)
