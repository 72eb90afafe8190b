"""From the cells' benches to the model's parameters.

Each constant of the model is read off a testbench of the cell it describes (netlists/benches),
under the same biases and technology as the circuit; no trajectory of the whole neuron is used.
"""

from typing import Any

import numpy as np

from cosim.cells.bench import bench_job
from cosim.cells.benches import (
    decision,
    dpi_membrane,
    dpi_synapse,
    membrane_response,
    plastic_synapse,
    spike_generator,
)
from cosim.cells.dpi_fit import evenly, fit_law
from cosim.cells.waveforms import current
from cosim.circuits.conditions import Conditions
from cosim.engine.job import Job, Vectors
from cosim.engine.worker import run_all
from cosim.workbench.pool import Pool
from ebn_model.parameters import (
    BiasTable,
    DecisionParameters,
    IntegratorParameters,
    NeuronParameters,
    SpikeParameters,
    SynapseParameters,
)

BENCHES = (
    "dpi_membrane",
    "membrane_response",
    "membrane_fall",
    "dpi_synapse",
    "plastic_synapse",
    "decision",
)
FALLING = 3e-3
"""Time in s of bench membrane_fall from which the membrane is without input."""
TAIL = 4e-3
"""Time in s after the last pulse for which a synapse's response is fitted."""


def jobs(biases: BiasTable, conditions: Conditions | None = None) -> list[Job]:
    """The benches' runs, for `run_jobs`; their results go to `parameters` in this order."""
    return [bench_job(bench, biases, conditions) for bench in BENCHES]


def spike_job(biases: BiasTable, conditions: Conditions | None = None) -> Job:
    """The run of the spike generator's bench; its result goes to `spike_parameters`."""
    return bench_job("spike_generator", biases, conditions)


def measure_neuron(
    biases: BiasTable, conditions: Conditions | None = None, pool: Pool | None = None
) -> NeuronParameters:
    """All parameters, the spike generator's included, from runs of the benches.

    Raises what `run_jobs` raises, and SimulationError as `parameters` and `spike_parameters`.
    """
    return neuron_parameters(run_all(neuron_jobs(biases, conditions), pool))


def neuron_jobs(biases: BiasTable, conditions: Conditions | None = None) -> list[Job]:
    """The runs of all benches; their results go to `neuron_parameters` in this order."""
    return [*jobs(biases, conditions), spike_job(biases, conditions)]


def neuron_parameters(results: list[Vectors]) -> NeuronParameters:
    """All parameters from the vectors of `neuron_jobs`; raises as `parameters`."""
    *cells, spikes = results
    return parameters(cells).model_copy(update={"spike": spike_parameters(spikes)})


def parameters(results: list[Vectors]) -> NeuronParameters:
    """The model's parameters from the vectors of `jobs`, in the same order.

    Raises:
        SimulationError: a bench shows no behaviour of the kind that it measures.
    """
    static, response, fall, synapse_static, pulses, outcomes = results
    return NeuronParameters(
        **_input_and_membrane(static, response, fall),
        **_synapses(synapse_static, pulses),
        decision=decision_parameters(outcomes),
    )


def changed_parameters(
    results: list[Vectors], known: list[Vectors], parameters: NeuronParameters
) -> NeuronParameters:
    """As `neuron_parameters` of results, some of which are the same objects as known ones.

    What follows from those is not fitted anew, as fits take as long as the benches.

    Args:
        known: vectors of `neuron_jobs`. parameters: that follow from them.

    Raises:
        SimulationError: as `parameters`.
    """
    static, response, fall, synapse_static, pulses, outcomes, spikes = (
        new is not old for new, old in zip(results, known, strict=True)
    )
    changes: dict[str, Any] = {}
    if static or response or fall:
        changes |= _input_and_membrane(*results[:3])
    if synapse_static or pulses:
        changes |= _synapses(*results[3:5])
    if outcomes:
        changes["decision"] = decision_parameters(results[5])
    if spikes:
        changes["spike"] = spike_parameters(results[6])
    return parameters.model_copy(update=changes)


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


def decision_parameters(vectors: Vectors) -> DecisionParameters:
    """The decision's parameters from the vectors of its bench.

    Raises:
        SimulationError: there is no window.
    """
    rule = decision.rule(vectors)
    return DecisionParameters(
        i_lower=rule.lower, i_upper=rule.upper, i_omega=rule.i_omega, i_sign=rule.i_sign
    )


def _input_and_membrane(static: Vectors, response: Vectors, fall: Vectors) -> dict[str, Any]:
    i_in = float(current(response, "xconstant")[-1])
    return {"i_in": i_in, "membrane": _membrane(static, response, fall)}


def _synapses(static: Vectors, pulses: Vectors) -> dict[str, Any]:
    names = dpi_synapse.NAMES.items()
    return {key: _synapse(name, static, pulses) for name, key in names}


def _membrane(static: Vectors, response: Vectors, fall: Vectors) -> IntegratorParameters:
    time, steps = response["time"], membrane_response.input_steps(response)
    return fit_law(
        dpi_membrane.i_tau(static),
        (static["i-sweep"], current(static, "xread")),
        evenly(time, current(response, "xread"), steps[0][0], time[-1]),
        steps,
        evenly(fall["time"], current(fall, "xread"), FALLING, fall["time"][-1]),
    )


def _synapse(name: str, static: Vectors, pulses: Vectors) -> SynapseParameters:
    found, time = plastic_synapse.pulses_of(pulses, name), pulses["time"]
    synapse = plastic_synapse.SYNAPSES[name]
    weights, starts, ends = (np.array(column) for column in zip(*found, strict=True))
    i_source = np.interp((starts + ends) / 2, time, current(pulses, synapse.source))
    i_w = float(np.mean(i_source / abs(weights)))
    steps = []
    for weight, start, end in found:
        steps += [(start, abs(weight) * i_w), (end, 0.0)]
    law = fit_law(
        dpi_synapse.i_tau(static, name),
        dpi_synapse.curve(static, name),
        evenly(time, current(pulses, synapse.output), starts[0], ends[-1] + TAIL),
        steps,
    )
    return SynapseParameters(**law.model_dump(), i_w=i_w)
