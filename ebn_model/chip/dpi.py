"""A differential-pair integrator over a step of constant input, compiled.

The law is that of IntegratorParameters, which learning_neuron.integrator_slope states. An onset is
fast: from the floor, ln u rises at (I_w/i_tau - 1)/tau, 1e6/s for a full weight, which no explicit
method follows at 0.1 ms. In z = y + ln y, y = u/g(I_w, i_spec_pair), the same law is

    tau*dz/dt = (I_w/i_tau - 1) - y(z),   0 < dy/dz = y/(1 + y) < 1,

which moves no faster than tau. Synapses are advanced so, whose slope_change is 0.
"""

from math import exp, expm1, log, log1p, sqrt
from typing import Any, NamedTuple

from ebn_model.learning_neuron import NEWTON_STEPS
from ebn_model.network.compilation import compiled

_ROUNDS = 2
"""Of an iteration of fourth order."""


class Dpi(NamedTuple):
    """IntegratorParameters, with the floor as a state; SI units.

    Numbers, or those of several neurons' DPIs as arrays of shape (P,).
    """

    tau: Any
    i_tau: Any
    i_th: Any
    exponent: Any
    i_spec_pair: Any
    i_spec_readout: Any
    slope_change: Any
    floor: Any


@compiled
def one_of(dpis: Dpi, n: int) -> Dpi:
    """The DPI of neuron n among those of all neurons."""
    return Dpi(
        dpis.tau[n],
        dpis.i_tau[n],
        dpis.i_th[n],
        dpis.exponent[n],
        dpis.i_spec_pair[n],
        dpis.i_spec_readout[n],
        dpis.slope_change[n],
        dpis.floor[n],
    )


@compiled
def correction(i_w: float, i_spec: float) -> float:
    """g(I_w, i_spec) of IntegratorParameters; I_w in A, above 0."""
    s = sqrt(i_w / i_spec)
    return (expm1(s) / s) ** 2


@compiled
def output(log_u: float, dpi: Dpi) -> float:
    """Output of a DPI in A for ln u."""
    weak = dpi.i_th * exp(dpi.exponent * log_u)
    return dpi.i_spec_readout * log1p(sqrt(weak / dpi.i_spec_readout)) ** 2


@compiled
def slope(log_u: float, i_w: float, dpi: Dpi) -> float:
    """tau*d(ln u)/dt for the input i_w in A, above 0."""
    drive = i_w / dpi.i_tau
    if dpi.slope_change == 0.0:
        return drive / (1 + exp(log_u) / correction(i_w, dpi.i_spec_pair)) - 1
    return drive * _share_of_changing_pair(log_u, i_w, dpi) - 1


@compiled
def _share_of_changing_pair(log_u: float, i_w: float, dpi: Dpi) -> float:
    """x/I_w of a pair whose slope factor changes; as the function of learning_neuron."""
    i_spec, change, ratio = dpi.i_spec_pair, dpi.slope_change, -log_u
    for _ in range(NEWTON_STEPS):
        share = 1 / (1 + exp(-ratio))
        x, rest = i_w * share, i_w * (1 - share)
        corrections = log1p(x / i_spec) - log1p(rest / i_spec)
        per_ratio = x / (x + i_spec) * (1 - share) + rest / (rest + i_spec) * share
        error = ratio + change * corrections + log_u
        ratio -= error / (1 + change * per_ratio)
    return 1 / (1 + exp(-ratio))


@compiled
def after(log_u: float, i_w: float, duration: float, dpi: Dpi) -> tuple[float, float]:
    """Ln u after half of `duration` in s and after all of it, with the constant input i_w in A.

    With an input it goes on from the floor at least. Classical Runge-Kutta in z, one step, so that
    `duration` should be well below tau; Hermite's interpolation in the middle.
    """
    step = duration / dpi.tau
    if i_w == 0.0:
        return log_u - step / 2, log_u - step
    log_h, end = log(correction(i_w, dpi.i_spec_pair)), i_w / dpi.i_tau - 1
    log_y = max(log_u, dpi.floor) - log_h
    y = exp(log_y)
    z, k1 = y + log_y, end - y
    k2 = end - _inverse(z + step / 2 * k1)
    k3 = end - _inverse(z + step / 2 * k2)
    k4 = end - _inverse(z + step * k3)
    z_stop = z + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    y_stop = _inverse(z_stop)
    z_middle = (z + z_stop) / 2 + step / 8 * (y_stop - y)
    return z_middle - _inverse(z_middle) + log_h, z_stop - y_stop + log_h


@compiled
def _inverse(z: float) -> float:
    """Y with y + ln y = z, to 1e-13 (Fritsch, Shafer and Crowley, Comm. ACM 16, 1973)."""
    y = z - log(z) if z > 2 else exp(z) / (1 + exp(z))
    for _ in range(_ROUNDS):
        residual = z - y - log(y)
        q = 2 * (1 + y) * (1 + y + 2 / 3 * residual)
        y *= 1 + residual / (1 + y) * (q - residual) / (q - 2 * residual)
    return y
