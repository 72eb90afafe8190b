"""Targets of a calibration: quantities of the neuron's behaviour, from its parameters."""

from dataclasses import dataclass

import numpy as np

from ebn_model.learning_neuron import LearningNeuron, settled_current
from ebn_model.parameters import DecisionParameters, NeuronParameters
from ebn_model.stimulus import Stimulus

KICK_PULSE, KICK_LENGTH = 1e-3, 12e-3
TRAIN_PULSE, TRAIN_PERIOD, TRAIN_LENGTH = 1e-3, 5e-3, 0.2
"""Pulses of the published simulations, s, and how long they take to settle what is at rest."""
NEVER = DecisionParameters(i_lower=1e-18, i_upper=1.0, i_omega=0.0)
"""A window in which the weight stays as it is."""


@dataclass(frozen=True)
class Quantity:
    """A quantity, its unit, the bias that sets it, and the power of the bias it goes with.

    bench: which measures it.
    """

    text: str
    unit: str
    bias: str
    bench: str
    power: int = 1

    @property
    def place(self) -> str:
        """Hint for a quantity that is not what it should be."""
        cell = "dpi_membrane" if self.bench == "membrane_response" else self.bench
        return f"bench {self.bench}, cell {cell}, bias {self.bias}"


QUANTITIES = {
    "tau_mem": Quantity("time constant of the membrane", "s", "i_tau_mem", "membrane_response", -1),
    "i_th_mem": Quantity("threshold current of the membrane", "A", "i_th_mem", "dpi_membrane"),
    "i_settled": Quantity("I_mem without synaptic input", "A", "i_in", "membrane_response"),
    "tau_exc": Quantity("time constant of excitation", "s", "i_tau_exc", "plastic_synapse", -1),
    "kick_exc": Quantity(
        "change of I_mem by one LSB, excitation",
        "A",
        "i_th_exc",
        "plastic_synapse",
    ),
    "tau_inh": Quantity("time constant of inhibition", "s", "i_tau_inh", "plastic_synapse", -1),
    "kick_inh": Quantity(
        "change of I_mem by one LSB, inhibition",
        "A",
        "i_th_inh",
        "plastic_synapse",
    ),
    "kick_inh_over_exc": Quantity(
        "change of I_mem by one LSB, inhibition over excitation", "", "i_th_inh", "plastic_synapse"
    ),
    "window_centre": Quantity("centre of the window at weight 0", "A", "i_rest", "decision"),
    "window_half_width": Quantity("half-width of the window", "A", "i_sl", "decision"),
    "slope": Quantity("shift of the window per LSB", "A", "i_omega", "decision"),
    "slope_over_kick": Quantity(
        "shift of the window per LSB over kick per LSB", "", "i_omega", "decision"
    ),
    "i_spike": Quantity("I_mem at which the neuron spikes", "A", "i_spike", "spike_generator"),
    "i_reset": Quantity("I_mem after a spike", "A", "i_reset", "spike_generator"),
    "refractory": Quantity("refractory period", "s", "i_refractory", "spike_generator", -1),
}

IN_TRAIN = {
    "train_exc": Quantity(
        "change of I_mem by one LSB in a train, excitation",
        "A",
        "i_th_exc",
        "plastic_synapse",
    ),
    "train_inh": Quantity(
        "change of I_mem by one LSB in a train, inhibition",
        "A",
        "i_th_inh",
        "plastic_synapse",
    ),
}
"""Quantities of `in_train`."""
EACH = QUANTITIES | IN_TRAIN
TIME_CONSTANTS = {"tau_mem": "membrane", "tau_exc": "excitatory", "tau_inh": "inhibitory"}
"""Those of QUANTITIES which are an integrator's time constant, with its name in the model."""


def behaviour(parameters: NeuronParameters) -> dict[str, float]:
    """Value of each of QUANTITIES in SI units; those of spikes only where there is a generator.

    The kick is the greatest change of I_mem by one pulse of 1 ms at |w| = 1 from the settled
    state; the mean of both signs stands in slope_over_kick.
    """
    p = parameters
    kicks = [_kick(p, weight) for weight in (1, -1)]
    values = {
        **time_constants(p),
        "i_th_mem": p.membrane.i_th,
        "i_settled": settled_current(p),
        "kick_exc": kicks[0],
        "kick_inh": kicks[1],
        "kick_inh_over_exc": float(np.divide(kicks[1], kicks[0])),
        "window_centre": p.decision.centre,
        "window_half_width": p.decision.half_width,
        "slope": p.decision.i_omega,
        "slope_over_kick": float(p.decision.i_omega / np.mean(kicks)),
    }
    if p.spike:
        values |= {name: getattr(p.spike, name) for name in ("i_spike", "i_reset", "refractory")}
    return values


def time_constants(parameters: NeuronParameters) -> dict[str, float]:
    """Those of the integrators, s, by the names of TIME_CONSTANTS."""
    return {name: getattr(parameters, cell).tau for name, cell in TIME_CONSTANTS.items()}


def in_train(parameters: NeuronParameters) -> dict[str, float]:
    """Change of I_mem from rest by a train of pulses with |w| = 1, of each sign, in A: IN_TRAIN.

    A kick is that of a synapse which has discharged down to its leakage, and that differs tenfold
    between corners and temperatures: the pulse has to charge it first. Within a train a synapse
    doesn't get there, and leakage changes nothing.
    """
    spikes = np.arange(1, round(TRAIN_LENGTH / TRAIN_PERIOD) + 1) * TRAIN_PERIOD
    fixed = parameters.model_copy(update={"spike": None, "decision": NEVER})
    rest = settled_current(fixed)
    changes = {}
    for name, weight in (("train_exc", 1), ("train_inh", -1)):
        train = Stimulus(spikes, TRAIN_PULSE, TRAIN_LENGTH + TRAIN_PERIOD, start_weight=weight)
        i_mem = LearningNeuron(fixed).run(train).spikes.i_mem_rise[-1]
        changes[name] = float((i_mem - rest) * weight)
    return changes


def _kick(p: NeuronParameters, weight: int) -> float:
    pulse = Stimulus(np.array([1e-3]), KICK_PULSE, KICK_LENGTH, start_weight=weight)
    i_mem = LearningNeuron(p.model_copy(update={"spike": None})).run(pulse).i_mem
    change = i_mem - i_mem[0]
    return float(np.max(change * weight))
