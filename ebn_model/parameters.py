"""Parameters of the learning neuron: the circuit's bias currents and the model's constants."""

from typing import Annotated, Any

from annotated_types import Ge, Gt, Le
from pydantic import (
    FiniteFloat,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from ebn_model.errors import InputError
from ebn_model.units import Ampere, Current, Second
from ebn_model.validation import Table

Bias = Annotated[Current, Gt(0)]


class BiasTable(Table):
    """Reference currents of the bias block, A; each above 0 and at most 1 uA.

    i_in: constant input of the membrane.
    i_th_mem, i_tau_mem: threshold (gain) and leak of the membrane's DPI.
    i_lsb: one LSB of the synaptic weight.
    i_th_exc, i_tau_exc, i_th_inh, i_tau_inh: the same of the synapse's DPIs.
    i_ext, i_tau_ext: weight and leak of the fixed, extra synapse.
    i_rest: centre of the learning rule's window.
    i_sl: half-width of the window (stop-learning).
    i_omega: I_Omega/2 per LSB of the weight; 0 is allowed.
    i_wta: bias current of the winner-take-all.
    i_spike, i_reset: threshold and reset level of I_mem, where a spike generator is attached.
    i_refractory, i_pulse: set the length of its refractory period and of its output pulse.
    """

    i_in: Bias
    i_th_mem: Bias
    i_tau_mem: Bias
    i_lsb: Bias
    i_th_exc: Bias
    i_tau_exc: Bias
    i_th_inh: Bias
    i_tau_inh: Bias
    i_ext: Bias
    i_tau_ext: Bias
    i_rest: Bias
    i_sl: Bias
    i_omega: Annotated[Ampere, Ge(0), Le(1e-6)]
    i_wta: Bias
    i_spike: Bias
    i_reset: Bias
    i_refractory: Bias
    i_pulse: Bias


class IntegratorParameters(Table):
    """A differential-pair integrator (Bartolozzi and Indiveri 2007), output I for input I_w.

        tau*d(ln u)/dt = x/i_tau - 1,   x = I_w/(1 + u/g(I_w, i_spec_pair))
        I*g(I, i_spec_readout) = i_th*u**exponent
        g(I, i_spec) = ((exp(s) - 1)/s)**2,   s = sqrt(I/i_spec)

    With exponent 1 and g = 1 this is the DPI's textbook equation,
    tau*(1 + i_th/I)*dI/dt + I = i_th*(I_w/i_tau - 1). g is the EKV model's correction for
    devices that leave weak inversion as their current grows (Enz, Krummenacher and Vittoz 1995).
    In some processes a pair's slope factor grows long before that, from one constant value to
    another, within the range of both its currents, x and I_w - x. Where slope_change isn't 0,

        u = f(I_w - x)/f(x),   f(I) = I*(1 + I/i_spec_pair)**slope_change

    gives x; ln f is the integral of such a change.

    tau: time constant, s. i_tau: leak, A. i_th: threshold current, A.
    exponent: ratio of the slope factors of readout and differential pair; 1 where they agree.
    i_spec_pair, i_spec_readout: specific currents, A; g is 1 for currents far below them.
    slope_change: share by which the pair's slope factor grows around i_spec_pair; 0 where the pair
        obeys the EKV model, as those of synapses have to.
    i_floor: I from which a discharged integrator starts, A; stands for all that delays the start.
    """

    tau: Annotated[Second, Gt(0)]
    i_tau: Annotated[Ampere, Gt(0)]
    i_th: Annotated[Ampere, Gt(0)]
    exponent: Annotated[FiniteFloat, Gt(0)]
    i_spec_pair: Annotated[Ampere, Gt(0)]
    i_spec_readout: Annotated[Ampere, Gt(0)]
    i_floor: Annotated[Ampere, Gt(0)]
    slope_change: Annotated[FiniteFloat, Ge(0)] = 0.0

    @model_serializer(mode="wrap")
    def _without_default(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        if not self.slope_change:
            del values["slope_change"]
        return values


class SynapseParameters(IntegratorParameters):
    """A pulse-driven DPI; i_w: its input current during a pulse, per LSB, A."""

    i_w: Annotated[Ampere, Gt(0)]
    slope_change: Annotated[FiniteFloat, Ge(0), Le(0)] = 0.0


class InputNodeParameters(Table):
    """The node of a membrane's inputs, of which inhibition can take more than the inputs bring.

        charge*dd/dt = -I_w,   held within 0 <= d <= 1

    d is the share of its charge that is gone: the pair carries I_w where d = 0, and nothing
    elsewhere. Through the overlap capacitance of the pair the node takes the membrane along: ln u
    changes by -coupling for a change of d by 1.

    charge: by which the node falls, its capacitance times a voltage, C; 0 for an ideal node, which
        needs none. coupling: see above.
    """

    charge: Annotated[FiniteFloat, Ge(0)] = 0.0
    coupling: Annotated[FiniteFloat, Ge(0)] = 0.0

    @model_validator(mode="after")
    def _possible(self) -> "InputNodeParameters":
        if self.coupling and not self.charge:
            raise ValueError("a node without charge has no coupling")
        return self


class DecisionParameters(Table):
    """Thresholds of the learning rule, as I_mem at weight 0, and how the weight moves them.

    INC below i_lower - shift, DEC above i_upper - shift, with
    shift = i_omega*w for w >= 0 and i_omega*w - i_sign for w < 0 (A; w in LSB).
    i_sign: for negative weights the leakage of the DAC's idle units takes another path.
    """

    i_lower: Annotated[Ampere, Gt(0)]
    i_upper: Annotated[Ampere, Gt(0)]
    i_omega: Ampere
    i_sign: Ampere = 0.0

    @model_validator(mode="after")
    def _ordered(self) -> "DecisionParameters":
        if not self.i_lower < self.i_upper:
            raise ValueError(f"i_lower = {self.i_lower:g} A is not below i_upper")
        return self

    @property
    def centre(self) -> float:
        """I_mem halfway between the thresholds at weight 0, A."""
        return (self.i_lower + self.i_upper) / 2

    @property
    def half_width(self) -> float:
        """Distance of the thresholds from the centre, A."""
        return (self.i_upper - self.i_lower) / 2


class SpikeParameters(Table):
    """Spike generator: when I_mem reaches i_spike it is held at i_held, and starts from i_reset.

    i_spike, i_held, i_reset: A; the latter two differ by the charge of the switch that opens.
    refractory: for how long I_mem is held, s.
    """

    i_spike: Annotated[Ampere, Gt(0)]
    i_held: Annotated[Ampere, Gt(0)]
    i_reset: Annotated[Ampere, Gt(0)]
    refractory: Annotated[Second, Gt(0)]

    @model_validator(mode="after")
    def _ordered(self) -> "SpikeParameters":
        for name in ("i_held", "i_reset"):
            if not getattr(self, name) < self.i_spike:
                raise ValueError(f"{name} = {getattr(self, name):g} A is not below i_spike")
        return self


class NeuronParameters(Table):
    """All constants of the model of the learning neuron.

    i_in: constant input current of the membrane, A.
    spike: None for a neuron without a spike generator.
    input_node: of a neuron in a row; ideal where what it does is too little to count. The models of
        rows and networks follow it, that of a single synapse (LearningNeuron) doesn't.
    """

    i_in: Annotated[Ampere, Gt(0)]
    membrane: IntegratorParameters
    excitatory: SynapseParameters
    inhibitory: SynapseParameters
    extra: SynapseParameters
    decision: DecisionParameters
    spike: SpikeParameters | None = None
    input_node: InputNodeParameters = InputNodeParameters()

    @model_serializer(mode="wrap")
    def _without_ideal_node(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        if not self.input_node.charge:
            del values["input_node"]
        return values

    @property
    def spike_generator(self) -> SpikeParameters:
        """The constants in `spike`; raises InputError for a neuron that has none."""
        if self.spike is None:
            raise InputError("the neuron has no spike generator")
        return self.spike
