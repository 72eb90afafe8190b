"""From the cells' benches to the behavioural model's parameters.

Each constant of the model is read off a testbench of the cell it describes (netlists/benches),
under the same biases and technology as the circuit; no trajectory of the whole neuron is used.
"""

from dataclasses import replace

import numpy as np

from cosim.circuit import NETLISTS, bias_lines, listed
from cosim.datasheet import decision, spike_generator
from cosim.dpi_fit import evenly, fit_law
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from ebn_model.parameters import (
    BiasTable,
    DecisionParameters,
    IntegratorParameters,
    NeuronParameters,
    SpikeParameters,
    SynapseParameters,
)

Vectors = dict[str, np.ndarray]

RESPONSE = "membrane_response"
BENCHES = ("dpi_membrane", RESPONSE, "dpi_synapse", "plastic_synapse", "decision")
SPIKING = "spike_generator"
T_STOP = {RESPONSE: 250e-3, "plastic_synapse": 75e-3, SPIKING: 150e-3}

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


def jobs(biases: BiasTable, technology: str = "generic180", temperature: float = 27.0) -> list[Job]:
    """The benches' runs, for `run_jobs`; their results go to `parameters` in this order."""
    return [_job(bench, biases, technology, temperature) for bench in BENCHES]


def spike_job(biases: BiasTable, technology: str = "generic180", temperature: float = 27.0) -> Job:
    """The run of the spike generator's bench; its result goes to `spike_parameters`."""
    return _job(SPIKING, biases, technology, temperature)


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
    static, response, synapse_static, pulses, outcomes = results
    return NeuronParameters(
        i_in=float(_current(response, "xconstant")[-1]),
        membrane=_membrane(static, response),
        **{name: _synapse(name, synapse_static, pulses) for name in SYNAPSES},
        decision=_decision(outcomes),
    )


def spike_parameters(vectors: Vectors) -> SpikeParameters:
    """The spike generator's parameters from the vectors of `spike_job`.

    Raises:
        SimulationError: there are no spikes.
    """
    values = spike_generator.measure(vectors)
    return SpikeParameters(
        i_spike=values["threshold"],
        i_held=values["held"],
        i_reset=values["reset"],
        refractory=values["refractory"],
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
    rule = decision.rule(vectors)
    return DecisionParameters(
        i_lower=rule.lower, i_upper=rule.upper, i_omega=rule.i_omega, i_sign=rule.i_sign
    )
