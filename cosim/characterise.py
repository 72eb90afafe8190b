"""From the cells' benches to the behavioural model's parameters.

Each constant of the model is read off a testbench of the cell it describes (netlists/benches),
under the same biases and technology as the circuit; no trajectory of the whole neuron is used.
"""

from dataclasses import replace

import numpy as np

from cosim.circuit import NETLISTS, bias_lines, listed
from cosim.dpi_fit import evenly, fit_law
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.errors import SimulationError
from cosim.sources import SUPPLY
from ebn_model.parameters import (
    BiasTable,
    DecisionParameters,
    IntegratorParameters,
    NeuronParameters,
    SynapseParameters,
)

Vectors = dict[str, np.ndarray]

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


def jobs(biases: BiasTable, technology: str = "generic180", temperature: float = 27.0) -> list[Job]:
    """The benches' runs, for `run_jobs`; their results go to `parameters` in this order."""
    return [_job(bench, biases, technology, temperature) for bench in BENCHES]


def _job(bench: str, biases: BiasTable, technology: str, temperature: float) -> Job:
    deck = Deck(f"bench {bench}").include(listed(NETLISTS / "technology", technology, "technology"))
    # The bench's own technology and bias table count as included, and are replaced.
    replaced = (NETLISTS.glob(f"{folder}/*.spice") for folder in ("technology", "biases"))
    deck = replace(deck, files=frozenset(path.resolve() for paths in replaced for path in paths))
    deck = deck.append(f"{bias_lines(biases)}\n.temp {float(temperature)!r}", "biases")
    deck = deck.include(NETLISTS / "benches" / f"{bench}.cir")
    return Job(f"bench {bench}", deck, t_stop=T_STOP.get(bench))


def parameters(results: list[Vectors]) -> NeuronParameters:
    """The model's parameters from the vectors of `jobs`, in the same order.

    Raises:
        SimulationError: a bench shows no behaviour of the kind that it measures.
    """
    static, response, synapse_static, pulses, decision = results
    return NeuronParameters(
        i_in=float(_current(response, "xconstant")[-1]),
        membrane=_membrane(static, response),
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
    return fit_law(
        float(np.median(leak)),
        (static["i-sweep"], _current(static, "xread")),
        evenly(response["time"], _current(response, "xread"), RESET_END, T_STOP[RESPONSE]),
        [(RESET_END, i_in), (KICK_START, i_in + KICK), (KICK_START + PULSE, i_in)],
    )


def _synapse(name: str, static: Vectors, pulses: Vectors) -> SynapseParameters:
    short, source, output, pulse_starts = SYNAPSES[name]
    time, i_source = pulses["time"], _current(pulses, source)
    starts, weights = np.array(list(pulse_starts.values())), np.array(list(pulse_starts))
    i_w = float(np.mean(np.interp(starts + PULSE / 2, time, i_source) / weights))
    steps = []
    for weight, start in pulse_starts.items():
        steps += [(start, weight * i_w), (start + PULSE, 0.0)]
    law = fit_law(
        float(np.median(_current(static, f"x{short}.xtau"))),
        (_current(static, f"xw_{short}"), _current(static, STATIC_OUTPUT[short])),
        evenly(time, _current(pulses, output), steps[0][0], steps[-1][0] + 4 * PULSE),
        steps,
    )
    return SynapseParameters(**law.model_dump(), i_w=i_w)


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
