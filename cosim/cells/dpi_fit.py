"""The law of a differential-pair integrator, fitted to measured currents."""

import numpy as np
from scipy.integrate import odeint
from scipy.optimize import least_squares

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
    time, current = response
    length, i_max = time[-1] - time[0], max(i_w for _, i_w in steps)

    def law(logs: np.ndarray) -> tuple[IntegratorParameters, np.ndarray]:
        """The law for logarithms of what is not measured directly, and its settled error."""
        tau, i_spec_pair, i_spec_readout, i_floor, *change = np.exp(logs)
        slope_change = change[0] if change else 0.0
        u = np.log(settled_states(static[0], i_tau, i_spec_pair, slope_change))
        output = np.log(weak_inversion_current(static[1], i_spec_readout))
        exponent, offset = np.polyfit(u, output, 1)
        law = IntegratorParameters(
            tau=tau,
            i_tau=i_tau,
            i_th=np.exp(offset),
            exponent=exponent,
            i_spec_pair=i_spec_pair,
            i_spec_readout=i_spec_readout,
            i_floor=i_floor,
            slope_change=slope_change,
        )
        return law, output - offset - exponent * u

    def errors(logs: np.ndarray) -> np.ndarray:
        trial, settled = law(logs)
        moving = (response_of(trial, time, steps) - current) / current.max()
        return np.concatenate([moving / np.sqrt(len(moving)), settled / np.sqrt(len(settled))])

    def errors_with_fall(logs: np.ndarray) -> np.ndarray:
        assert fall, "it is asked for only where there is one"
        trial, _ = law(logs)
        falling = _fall_error(trial, *fall) / fall[1][0]
        return np.concatenate([errors(logs), falling / np.sqrt(len(falling))])

    peak = current.max()
    low = np.log([length / 100, 3 * i_max, 3 * peak, 1e-12 * peak])
    high = np.log([length, 1e5 * i_max, 1e5 * peak, peak])
    guess = np.log([length / 5, 100 * i_max, 100 * peak, 1e-3 * peak])
    # The step is far above the noise of the integration, which the default would differentiate.
    fit = least_squares(errors, guess, bounds=(low, high), diff_step=1e-3)
    held = _INVERSION & (fit.x < low + _NEAR)
    if held.any():
        # A device leaves weak inversion at less than that, and other constants would make up for
        # it. Not so from the start, since bounds steer the search.
        low -= held * np.log(_WIDER)
        fit = least_squares(errors, guess, bounds=(low, high), diff_step=1e-3)
    if fall and held[1] and np.sqrt(2 * fit.cost) > _POOR:
        # No pair of the EKV model: its slope factor changes within the range of its currents. Then
        # a response alone doesn't tell the pair from the leak's rate.
        steady = least_squares(errors_with_fall, fit.x, bounds=(low, high), diff_step=1e-3)
        low[1], guess[1], high[1] = np.log([1e-3 * i_max, 0.1 * i_max, 10 * i_max])
        low, guess, high = (
            np.append(values, np.log(change))
            for values, change in zip((low, guess, high), _SLOPE_CHANGE, strict=True)
        )
        changing = least_squares(errors_with_fall, guess, bounds=(low, high), diff_step=1e-3)
        # Else it is not the slope factor that the EKV model misses.
        if changing.cost < _LOWER**2 * steady.cost:
            fit = changing
    return law(fit.x)[0]


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
