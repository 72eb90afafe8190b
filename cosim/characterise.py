"""From the cells' benches to the behavioural model's parameters.

Each constant of the model is read off a testbench of the cell it describes (netlists/benches),
under the same biases and technology as the circuit; no trajectory of the whole neuron is used.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

from cosim.circuit import NETLISTS, SUPPLY, bias_lines, listed
from cosim.deck import Deck
from cosim.errors import SimulationError
from cosim.job import Job
from ebn_model.learning_neuron import (
    integrator_slope,
    output_current,
    state_of,
    weak_inversion_current,
)
from ebn_model.parameters import (
    BiasTable,
    DecisionParameters,
    IntegratorParameters,
    NeuronParameters,
    SynapseParameters,
)

Vectors = dict[str, np.ndarray]
Steps = list[tuple[float, float]]

RESPONSE = "membrane_response"
BENCHES = ("dpi_membrane", RESPONSE, "dpi_synapse", "plastic_synapse", "decision")
T_STOP = {RESPONSE: 250e-3, "plastic_synapse": 75e-3}

# What the benches' sources do, in s and A.
PULSE = 1e-3
RESET_END = 1e-3
KICK, KICK_START = 4e-9, 150e-3
# Per synapse: name in the static bench, devices of its input and output current in the pulse
# bench, and the weights with the start of their pulses.
SYNAPSES = {
    "excitatory": ("exc", "xplastic.xsteer_exc", "xplastic.xexc.xout", {4: 1e-3, 24: 21e-3}),
    "inhibitory": ("inh", "xplastic.xsteer_inh", "xplastic.xmirror_out", {4: 41e-3, 24: 61e-3}),
    "extra": ("ext", "xfixed.xsteer", "xfixed.xdpi.xout", {1: 1e-3}),
}
STATIC_OUTPUT = {"exc": "xexc.xout", "inh": "xmirror_out", "ext": "xext.xout"}
# Weights of the decision bench, by the names of its instances.
WEIGHTS = {"zero": 0, "highest": 31, "minus_one": -1, "lowest": -32}
FIT_POINTS = 1000


def jobs(biases: BiasTable, technology: str = "generic180", temperature: float = 27.0) -> list[Job]:
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
    deck = deck.append(f"{bias_lines(biases)}\n.temp {float(temperature)!r}", "biases")
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
    # The off reset device leaks beside the device that carries i_tau.
    leak = _current(static, "xmembrane.xtau") + _current(static, "xmembrane.xreset")
    i_in = float(_current(response, "xconstant")[-1])
    return _fit_law(
        float(np.median(leak)),
        (static["i-sweep"], _current(static, "xread")),
        _evenly(response["time"], _current(response, "xread"), RESET_END, T_STOP[RESPONSE]),
        [(RESET_END, i_in), (KICK_START, i_in + KICK), (KICK_START + PULSE, i_in)],
    )


def _synapse(name: str, static: Vectors, pulses: Vectors) -> SynapseParameters:
    short, source, output, pulse_starts = SYNAPSES[name]
    time, i_source = pulses["time"], _current(pulses, source)
    i_w = float(
        np.mean(
            [
                np.interp(t + PULSE / 2, time, i_source) / weight
                for weight, t in pulse_starts.items()
            ]
        )
    )
    steps = []
    for weight, start in pulse_starts.items():
        steps += [(start, weight * i_w), (start + PULSE, 0.0)]
    law = _fit_law(
        float(np.median(_current(static, f"x{short}.xtau"))),
        (_current(static, f"xw_{short}"), _current(static, STATIC_OUTPUT[short])),
        _evenly(time, _current(pulses, output), steps[0][0], steps[-1][0] + 4 * PULSE),
        steps,
    )
    return SynapseParameters(**law.model_dump(), i_w=i_w)


def _evenly(
    time: np.ndarray, current: np.ndarray, start: float, stop: float
) -> tuple[np.ndarray, np.ndarray]:
    """A stretch of a waveform at even spacing: the solver's points crowd at the edges."""
    even = np.linspace(start, stop, FIT_POINTS, endpoint=False)
    return even, np.interp(even, time, current)


def _fit_law(
    i_tau: float,
    static: tuple[np.ndarray, np.ndarray],
    response: tuple[np.ndarray, np.ndarray],
    steps: Steps,
) -> IntegratorParameters:
    """Fit a DPI's law to its settled curve (I_w, I) and to its response in time (time, I).

    The response begins discharged; its input is constant in steps (start, I_w).
    """
    time, current = response
    length, i_max = time[-1] - time[0], max(i_w for _, i_w in steps)

    def law(logs: np.ndarray) -> tuple[IntegratorParameters, np.ndarray]:
        """The law for logarithms of what is not measured directly, and its settled error."""
        tau, i_spec_pair, i_spec_readout, i_floor = np.exp(logs)
        ratio = weak_inversion_current(static[0], i_spec_pair) / static[0]
        u = np.log(ratio * (static[0] / i_tau - 1))
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
        )
        return law, output - offset - exponent * u

    def errors(logs: np.ndarray) -> np.ndarray:
        trial, settled = law(logs)
        moving = (_response(trial, time, steps) - current) / current.max()
        return np.concatenate([moving / np.sqrt(len(moving)), settled / np.sqrt(len(settled))])

    peak = current.max()
    low = np.log([length / 100, 3 * i_max, 3 * peak, 1e-12 * peak])
    high = np.log([length, 1e5 * i_max, 1e5 * peak, peak])
    guess = np.log([length / 5, 100 * i_max, 100 * peak, 1e-3 * peak])
    # The step is far above the noise of the integration, which the default would differentiate.
    fit = least_squares(errors, guess, bounds=(low, high), diff_step=1e-3)
    return law(fit.x)[0]


def _response(law: IntegratorParameters, time: np.ndarray, steps: Steps) -> np.ndarray:
    """Output in A at times in s, from i_floor, for a stepwise constant input."""
    state = np.log([state_of(law.i_floor, law)])
    output = np.empty(len(time))
    ends = [*(start for start, _ in steps[1:]), 2 * time[-1] - time[-2]]
    # Piece by piece: the integrator could step over a short pulse.
    for (start, i_w), end in zip(steps, ends, strict=True):
        inside = (time >= start) & (time < end)
        solution = solve_ivp(
            lambda _, log_u, i_w: integrator_slope(log_u, i_w, law.tau, law.i_tau, law.i_spec_pair),
            (start, end),
            state,
            method="LSODA",
            t_eval=np.append(time[inside], end),
            args=(i_w,),
            rtol=1e-7,
            atol=1e-9,
        )
        output[inside] = output_current(np.exp(solution.y[0][:-1]), law)
        state = solution.y[:, -1]
    return output


def _decision(vectors: Vectors) -> DecisionParameters:
    thresholds = np.array(
        [[_threshold(vectors, outcome, name) for name in WEIGHTS] for outcome in ("inc", "dec")]
    )
    # Mean of both thresholds at each weight: what the weight does, it does to both.
    zero, highest, minus_one, lowest = thresholds.mean(axis=0)
    spans = WEIGHTS["highest"] - WEIGHTS["zero"], WEIGHTS["minus_one"] - WEIGHTS["lowest"]
    i_omega = ((zero - highest) + (lowest - minus_one)) / sum(spans)
    return DecisionParameters(
        i_lower=thresholds[0, 0],
        i_upper=thresholds[1, 0],
        i_omega=i_omega,
        i_sign=minus_one - zero - i_omega,
    )


def _threshold(vectors: Vectors, outcome: str, name: str) -> float:
    """I_mem in A at which INC ends or DEC begins, for a weight of the decision bench."""
    high = vectors[f"{outcome}_{name}"] > SUPPLY / 2
    flips = np.flatnonzero(np.diff(high.astype(int)))
    if len(flips) != 1 or high[0] != (outcome == "inc"):
        raise SimulationError(
            f"bench decision, weight {WEIGHTS[name]}: as I_mem rises, {outcome} flips "
            f"{len(flips)} times from {int(high[0])}; INC should end once, DEC begin once"
        )
    i_mem = _current(vectors, f"x{name}.xmem")
    return float(i_mem[flips[0] : flips[0] + 2].mean())
