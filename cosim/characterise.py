"""From the cells' benches to the behavioural model's parameters.

Each constant of the model is read off a testbench of the cell it describes (netlists/benches),
under the same biases and technology as the circuit; no trajectory of the whole neuron is used.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from cosim.circuit import NETLISTS, SUPPLY, bias_lines, listed
from cosim.deck import Deck
from cosim.errors import SimulationError
from cosim.worker import Job
from ebn_model.learning_neuron import integrator_slope, output_current, state_of
from ebn_model.parameters import (
    BiasTable,
    DecisionParameters,
    IntegratorParameters,
    NeuronParameters,
    SynapseParameters,
)

Vectors = dict[str, np.ndarray]

BENCHES = ("dpi_membrane", "membrane_response", "dpi_synapse", "plastic_synapse", "decision")
T_STOP = {"membrane_response": 250e-3, "plastic_synapse": 35e-3}

# Bench name, device of the input current, of the output current, and start of the pulse (s).
SYNAPSES = {
    "excitatory": ("exc", "xplastic.xsteer_exc", "xplastic.xexc.xout", 1e-3),
    "inhibitory": ("inh", "xplastic.xsteer_inh", "xplastic.xmirror_out", 21e-3),
    "extra": ("ext", "xfixed.xsteer", "xfixed.xdpi.xout", 1e-3),
}
STATIC_OUTPUT = {"exc": "xexc.xout", "inh": "xmirror_out", "ext": "xext.xout"}
BENCH_WEIGHT = {"excitatory": 8, "inhibitory": 8, "extra": 1}
PULSE = 1e-3


def jobs(
    biases: BiasTable, technology: str = "generic180", temperature: float = 27.0
) -> list[Job]:
    """The benches' runs, for `run_jobs`; their results go to `parameters` in this order."""
    return [_job(bench, biases, technology, temperature) for bench in BENCHES]


def _job(bench: str, biases: BiasTable, technology: str, temperature: float) -> Job:
    own = {
        NETLISTS / "technology" / "generic180.spice",
        *(NETLISTS / "biases").glob("*.spice"),
    }
    # The bench's own technology and bias table count as included, and are replaced.
    deck = Deck(f"bench {bench}").include(listed(NETLISTS / "technology", technology, "technology"))
    deck = replace(deck, files=deck.files | frozenset(Path(path).resolve() for path in own))
    deck = deck.append(f"{bias_lines(biases)}\n.temp {temperature!r}", "biases")
    deck = deck.include(NETLISTS / "benches" / f"{bench}.cir")
    return Job(f"bench {bench}", deck, t_stop=T_STOP.get(bench))


def parameters(results: list[Vectors]) -> NeuronParameters:
    """The model's parameters from the vectors of `jobs`, in the same order.

    Raises:
        SimulationError: a bench shows no behaviour of the kind that it measures.
    """
    static, response, synapse_static, pulses, decision = results
    membrane = _membrane(static, response)
    return NeuronParameters(
        i_in=float(_current(response, "xconstant")[-1]),
        membrane=membrane,
        **{name: _synapse(name, synapse_static, pulses) for name in SYNAPSES},
        decision=_decision(decision),
    )


def _current(vectors: Vectors, device: str) -> np.ndarray:
    """Drain current of a device in A, shape (points,); pFETs count as positive too."""
    return np.abs(vectors[f"@m.{device}.m1[id]"])


def _membrane(static: Vectors, response: Vectors) -> IntegratorParameters:
    i_in, i_mem = static["i-sweep"], _current(static, "xread")
    # The law is fitted where the neuron works, around the middle of the sweep.
    leak = _current(static, "xmembrane.xtau") + _current(static, "xmembrane.xreset")
    i_tau = float(np.median(leak))
    i_th, exponent = _fit_static(i_in, i_mem, i_tau)
    law = IntegratorParameters(
        tau=1.0,
        i_tau=i_tau,
        i_th=i_th,
        exponent=exponent,
        i_floor=float(_current(static, "xfloor")[0]),
    )
    i_response = _current(response, "xread")
    drive = 1 + state_of(float(i_response[-1]), law)
    work = i_response > 0.1 * i_response[-1]
    return _with_tau(law, response["time"][work], i_response[work], lambda time: drive)


def _synapse(name: str, static: Vectors, pulses: Vectors) -> SynapseParameters:
    short, source, output, start = SYNAPSES[name]
    i_w, i_out = _current(static, f"xw_{short}"), _current(static, STATIC_OUTPUT[short])
    i_tau = float(np.median(_current(static, f"x{short}.xtau")))
    i_th, exponent = _fit_static(i_w, i_out, i_tau)
    time, i_pulse = pulses["time"], _current(pulses, output)
    middle = float(np.interp(start + PULSE / 2, time, _current(pulses, source)))
    law = IntegratorParameters(
        tau=1.0,
        i_tau=i_tau,
        i_th=i_th,
        exponent=exponent,
        i_floor=float(np.interp(start - 0.1e-3, time, i_pulse)),
    )
    window = (time > start) & (time < start + 3 * PULSE) & (i_pulse > 0.05 * i_pulse.max())
    drive = middle / i_tau
    fitted = _with_tau(
        law, time[window], i_pulse[window], lambda t: drive if t < start + PULSE else 0.0
    )
    return SynapseParameters(**fitted.model_dump(), i_w=middle / BENCH_WEIGHT[name])


def _fit_static(i_w: np.ndarray, i_out: np.ndarray, i_tau: float) -> tuple[float, float]:
    """i_th and exponent of I = i_th*(I_w/i_tau - 1)**exponent, a line in logarithms."""
    exponent, offset = np.polyfit(np.log(i_w / i_tau - 1), np.log(i_out), 1)
    return float(np.exp(offset)), float(exponent)


def _with_tau(law, time, current, drive) -> IntegratorParameters:
    """The law with the time constant that fits a measured output current, by least squares."""
    start = np.log([state_of(float(current[0]), law)])
    length = time[-1] - time[0]

    def error(log_tau: float) -> float:
        tau = np.exp(log_tau)
        solution = solve_ivp(
            lambda t, log_u: integrator_slope(log_u, drive(t), tau),
            (time[0], time[-1]),
            start,
            t_eval=time,
            rtol=1e-7,
            atol=1e-9,
            max_step=length / 50,
        )
        return float(np.sum((output_current(np.exp(solution.y[0]), law) / current.max() - scaled) ** 2))

    scaled = current / current.max()
    fit = minimize_scalar(error, bounds=np.log([length / 100, length * 10]), method="bounded")
    return law.model_copy(update={"tau": float(np.exp(fit.x))})


def _decision(vectors: Vectors) -> DecisionParameters:
    lower = {sign: _threshold(vectors, "inc", sign, falling=True) for sign in ("plus", "minus")}
    upper = {sign: _threshold(vectors, "dec", sign, falling=False) for sign in ("plus", "minus")}
    span = 31 + 32
    slopes = [(edge["minus"] - edge["plus"]) / span for edge in (lower, upper)]
    i_omega = float(np.mean(slopes))
    return DecisionParameters(
        i_lower=lower["plus"] + 31 * i_omega,
        i_upper=upper["plus"] + 31 * i_omega,
        i_omega=i_omega,
    )


def _threshold(vectors: Vectors, outcome: str, sign: str, falling: bool) -> float:
    """I_mem in A at which an output of the decision circuit flips."""
    high = vectors[f"{outcome}_{sign}"] > SUPPLY / 2
    flips = np.flatnonzero(np.diff(high.astype(int)) == (-1 if falling else 1))
    if len(flips) != 1:
        raise SimulationError(
            f"bench decision: {outcome} at weight {sign} flips {len(flips)} times, expected once"
        )
    i_mem = _current(vectors, f"x{sign}.xmem")
    return float(i_mem[flips[0] : flips[0] + 2].mean())
