"""Networks as what NIR can say: leaky integrate-and-fire neurons with exponential synapses."""

from dataclasses import dataclass

import numpy as np

from ebn_model.chip.mapping import input_gain, kick_of, membrane_gain
from ebn_model.chip.network import ChipNetwork
from ebn_model.learning_neuron import settled_current
from ebn_model.lif.construction import saturated
from ebn_model.lif.network import LifNetwork
from ebn_model.network.parameters import NetworkParameters
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN

Network = LifNetwork | ChipNetwork


@dataclass(frozen=True, eq=False)
class Synapses:
    """Synapses of one kind, from all neurons to all.

        tau*dI/dt = -I, and a spike of k adds weights[n, k] to I[n]

    weights: V, shape (N, N), what they do, mismatch included. tau: s, shape (N,).
    """

    weights: np.ndarray
    tau: np.ndarray


@dataclass(frozen=True, eq=False)
class Equivalent:
    """The neurons of a network, and how they are connected.

        tau*dv/dt = v_leak - v + input_weights @ c + I_fast + I_slow
        at v = v_threshold: a spike, and v is v_reset for the time `refractory`

    Attributes:
        tau, refractory: s, shape (N,). v_leak, v_threshold, v_reset: V, shape (N,).
        input_weights: of the command c, V s, shape (N, Nx).
        fast: recurrent synapses. slow: those of the second kind; None where there are none.
        delay: of a spike on its way to the synapses, s.
    """

    tau: np.ndarray
    v_leak: np.ndarray
    v_threshold: np.ndarray
    v_reset: np.ndarray
    refractory: np.ndarray
    input_weights: np.ndarray
    fast: Synapses
    slow: Synapses | None = None
    delay: float = 0.0


def equivalent(network: Network) -> Equivalent:
    """A network as NIR's nodes have it: a LifNetwork is just that, the chip's comes near."""
    if isinstance(network, LifNetwork):
        return _of_lif(network)
    return _of_chip(network)


def _of_lif(network: LifNetwork) -> Equivalent:
    p, state, neurons = network.parameters, network.state, network.parameters.neurons
    slow = network.slow_weights
    return Equivalent(
        tau=p.tau_mem * network.mismatch.tau_mem,
        v_leak=state.v_rest + (0.0 if network.bias is None else network.bias),
        v_threshold=network.thresholds,
        v_reset=state.v_reset,
        refractory=np.full(neurons, p.refractory),
        input_weights=(network.decoder * p.tau_mem).T,
        fast=Synapses(_fast_weights(network), np.full(neurons, p.tau_fast)),
        slow=None if slow is None else Synapses(slow, np.full(neurons, p.tau_slow)),
    )


def _of_chip(network: ChipNetwork) -> Equivalent:
    """The chip's neurons, linear about I_rest, in volts as docs/hardware_mapping.md defines them.

    A pulse is a spike where it begins, whose kick is as high as the pulse's from rest.
    """
    p, neurons = network.parameters, network.parameters.of_neurons
    tau = np.array([one.membrane.tau for one in neurons])
    spikes = [neuron.spike_generator for neuron in neurons]
    gains = np.array([membrane_gain(one, p.i_rest) for one in neurons])
    volts = network.decoder * network.input_gain * input_gain(p) * gains / p.alpha
    return Equivalent(
        tau=_chip_tau_mem(network),
        v_leak=_volts([settled_current(one) for one in neurons], network),
        v_threshold=_volts(network.thresholds, network),
        v_reset=_volts([one.i_reset for one in spikes], network),
        refractory=np.array([one.refractory for one in spikes]),
        input_weights=(volts * tau).T,
        fast=Synapses(_fast_weights(network), np.array([one.excitatory.tau for one in neurons])),
        delay=p.slot,
    )


def _volts(currents: np.ndarray | list[float], network: ChipNetwork) -> np.ndarray:
    return (np.asarray(currents) - network.parameters.i_rest) / network.parameters.alpha


def effect_of(network: Network, n: int, stored: float) -> float:
    """Effect of a stored weight at neuron n, V, without its synapse's mismatch.

    Of the chip that is the weight whose kick from rest is as high as that of a pulse of the code:
    strong inhibition, which can't take more than the input current, is less than its code says.
    """
    if isinstance(network, LifNetwork):
        return stored
    if stored == 0:
        return 0.0
    p = network.parameters
    neuron, tau_mem = p.of_neurons[n], _chip_tau_mem(network)[n]
    # Height of the kick of a weight of 1 V: that of a double exponential.
    ratio = neuron.excitatory.tau / tau_mem
    height = ratio ** (1 / (1 - ratio))
    return float(kick_of(neuron, p.pulse_width, int(stored)) / p.alpha / height)


def nearest_weight(network: Network, n: int, effect: float) -> tuple[float, float]:
    """The weight that neuron n's counters can hold whose effect, V, is nearest, and its effect."""
    p = network.parameters
    if isinstance(p, NetworkParameters):
        stored = np.rint(effect / p.lsb) * p.lsb + 0.0
        held = float(saturated(stored, p) if p.saturate else stored)
        return held, held
    codes = range(WEIGHT_MIN, WEIGHT_MAX + 1, p.lsb)
    effects = {code: effect_of(network, n, code) for code in codes}
    nearest = min(effects, key=lambda code: abs(effects[code] - effect))
    return float(nearest), effects[nearest]


def _fast_weights(network: Network) -> np.ndarray:
    stored = network.state.weights
    effects = [[effect_of(network, n, one) for one in row] for n, row in enumerate(stored.tolist())]
    return np.array(effects) * network.mismatch.weight


def _chip_tau_mem(network: ChipNetwork) -> np.ndarray:
    neurons = network.parameters.of_neurons
    return np.array([one.membrane.tau for one in neurons]) * network.mismatch.tau_mem
