"""The law of a differential-pair integrator, fitted to measured currents."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import odeint
from scipy.optimize import OptimizeResult, least_squares

from cosim.workbench.errors import SimulationError
from ebn_model.learning_neuron import (
    output_current,
    settled_states,
    slope_under,
    state_of,
    weak_inversion_current,
)
from ebn_model.parameters import IntegratorParameters

Steps = list[tuple[float, float]]
Waveform = tuple[np.ndarray, np.ndarray]
FIT_POINTS = 1000
_INVERSION = np.array([False, True, True, False])
"""True for the fitted logarithms of an i_spec, where a device leaves weak inversion."""
_NEAR = 0.05
"""Logarithms that are no farther above their bound than this are held by it: close to a bound the
search takes tiny steps, and may end before it is there, or before it has turned back."""
_WIDER = 30.0
"""Factor by which the lower bound of these is moved where it holds the fit."""
_POOR = 3e-3
"""RMS error of a fit, as a share, above which the pair's slope factor may change."""
_LOWER = 0.75
"""Share of the EKV model's error that the law with such a pair may have at most. It has 0.17 to
0.62 in membranes that need it; a bound among these would have one law and the other by turns while
a calibration changes the currents a little."""
_SLOPE_CHANGE = (0.05, 0.5, 2.0)
"""Least, first and greatest slope_change of a fit."""


def evenly(
    time: np.ndarray, current: np.ndarray, start: float, stop: float
) -> tuple[np.ndarray, np.ndarray]:
    """FIT_POINTS of a waveform between two times: the solver's own points crowd at the edges."""
    even = np.linspace(start, stop, FIT_POINTS, endpoint=False)
    return even, np.interp(even, time, current)


def fit_law(
    i_tau: float,
    static: tuple[np.ndarray, np.ndarray],
    response: Waveform,
    steps: Steps,
    fall: Waveform | None = None,
) -> IntegratorParameters:
    """Fit a DPI's law to its settled curve and to its response in time.

    Where a fall is given, the pair's slope factor may change, if the EKV model is poor.

    Args:
        i_tau: the leak, A, which is measured directly.
        static: settled input and output currents, A, each of shape (points,).
        response: times in s and output currents in A, each of shape (points,), evenly spaced;
            it begins discharged.
        steps: input of the response, constant from each start on: (start in s, current in A).
        fall: as the response, of an output that falls without input.
    """
    measured = _Measured(i_tau, static, response, steps, fall)
    bounds = measured.bounds()
    fit = bounds.search(measured.errors)
    held = _INVERSION & (fit.x < bounds.low + _NEAR)
    if held.any():
        # A device leaves weak inversion at less than that, and other constants would make up for
        # it. Not so from the start, since bounds steer the search.
        bounds = replace(bounds, low=bounds.low - held * np.log(_WIDER))
        fit = bounds.search(measured.errors)
    if fall and held[1] and np.sqrt(2 * fit.cost) > _POOR:
        # No pair of the EKV model: its slope factor changes within the range of its currents. Then
        # a response alone doesn't tell the pair from the leak's rate.
        steady = replace(bounds, guess=fit.x).search(measured.errors_with_fall)
        changing = measured.changing(bounds).search(measured.errors_with_fall)
        # Else it is not the slope factor that the EKV model misses.
        if changing.cost < _LOWER**2 * steady.cost:
            fit = changing
    return measured.law(fit.x)[0]


@dataclass(frozen=True)
class _Bounds:
    """The range of a search and its start: logarithms of what `_Measured.law` takes, shape (n,)."""

    low: np.ndarray
    guess: np.ndarray
    high: np.ndarray

    def search(self, errors: Callable[[np.ndarray], np.ndarray]) -> OptimizeResult:
        # The step is far above the noise of the integration, which the default would differentiate.
        bounds = (self.low, self.high)
        return least_squares(errors, self.guess, bounds=bounds, diff_step=1e-3)


@dataclass(frozen=True)
class _Measured:
    """The measured currents of a DPI, as `fit_law` takes them."""

    i_tau: float
    static: tuple[np.ndarray, np.ndarray]
    response: Waveform
    steps: Steps
    fall: Waveform | None

    def bounds(self) -> _Bounds:
        """Those of tau, i_spec_pair, i_spec_readout and i_floor."""
        time, current = self.response
        length, peak = time[-1] - time[0], current.max()
        return _Bounds(
            low=np.log([length / 100, 3 * self._i_max, 3 * peak, 1e-12 * peak]),
            guess=np.log([length / 5, 100 * self._i_max, 100 * peak, 1e-3 * peak]),
            high=np.log([length, 1e5 * self._i_max, 1e5 * peak, peak]),
        )

    def changing(self, bounds: _Bounds) -> _Bounds:
        """Bounds with a slope_change, and with a pair that may leave weak inversion anywhere."""
        ends = (bounds.low.copy(), bounds.guess.copy(), bounds.high.copy())
        pair = (1e-3 * self._i_max, 0.1 * self._i_max, 10 * self._i_max)
        for values, i_spec_pair in zip(ends, pair, strict=True):
            values[1] = np.log(i_spec_pair)
        return _Bounds(
            *(
                np.append(values, np.log(change))
                for values, change in zip(ends, _SLOPE_CHANGE, strict=True)
            )
        )

    def law(self, logs: np.ndarray) -> tuple[IntegratorParameters, np.ndarray]:
        """The law for logarithms of what is not measured directly, and its settled error."""
        tau, i_spec_pair, i_spec_readout, i_floor, *change = np.exp(logs)
        slope_change = change[0] if change else 0.0
        u = np.log(settled_states(self.static[0], self.i_tau, i_spec_pair, slope_change))
        output = np.log(weak_inversion_current(self.static[1], i_spec_readout))
        exponent, offset = np.polyfit(u, output, 1)
        law = IntegratorParameters(
            tau=tau,
            i_tau=self.i_tau,
            i_th=np.exp(offset),
            exponent=exponent,
            i_spec_pair=i_spec_pair,
            i_spec_readout=i_spec_readout,
            i_floor=i_floor,
            slope_change=slope_change,
        )
        return law, output - offset - exponent * u

    def errors(self, logs: np.ndarray) -> np.ndarray:
        """Deviations from response and settled curve, as shares; each has the same weight."""
        time, current = self.response
        trial, settled = self.law(logs)
        moving = (response_of(trial, time, self.steps) - current) / current.max()
        return np.concatenate([moving / np.sqrt(len(moving)), settled / np.sqrt(len(settled))])

    def errors_with_fall(self, logs: np.ndarray) -> np.ndarray:
        """Those, and the deviation from the fall."""
        assert self.fall, "it is asked for only where there is one"
        trial, _ = self.law(logs)
        falling = _fall_error(trial, *self.fall) / self.fall[1][0]
        return np.concatenate([self.errors(logs), falling / np.sqrt(len(falling))])

    @property
    def _i_max(self) -> float:
        return max(i_w for _, i_w in self.steps)


def _fall_error(law: IntegratorParameters, time: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Error of a law's fall from the first of the measured currents, A, shape (points,)."""
    states = state_of(current[0], law) * np.exp((time[0] - time) / law.tau)
    return output_current(states, law) - current


def response_of(law: IntegratorParameters, time: np.ndarray, steps: Steps) -> np.ndarray:
    """Output in A at times in s, shape (points,), from i_floor on, for an input of steps.

    Raises SimulationError where the integration doesn't come to its end.
    """
    state = float(np.log(state_of(law.i_floor, law)))
    output = np.empty(len(time))
    ends = [*(start for start, _ in steps[1:]), 2 * time[-1] - time[-2]]
    # Piece by piece: the integrator could step over a short pulse.
    for (start, i_w), end in zip(steps, ends, strict=True):
        inside = (time >= start) & (time < end)
        states = _states(law, i_w, state, np.array([start, *time[inside], end]))
        output[inside] = output_current(np.exp(states[1:-1]), law)
        state = states[-1]
    return output


def _states(law: IntegratorParameters, i_w: float, state: float, times: np.ndarray) -> np.ndarray:
    """ln u at times in s, shape (points,), from `state` at the first on, under an input in A."""
    slope = slope_under(i_w, law)
    # odeint and solve_ivp have the same method, LSODA, but odeint steps in compiled code: a fit
    # takes a tenth of the time.
    states, course = odeint(
        lambda _, log_u: slope(log_u[0]),
        [state],
        times,
        tfirst=True,
        rtol=1e-7,
        atol=1e-9,
        full_output=True,
    )
    if course["message"] != "Integration successful.":
        raise SimulationError(f"a DPI's response can't be integrated: {course['message']}")
    return states[:, 0]
