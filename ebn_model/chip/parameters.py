"""Typed parameters of the chip's network: the chip's constants, and how a task meets them."""

from functools import cached_property
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import Field, model_validator

from ebn_model.measured import measured_parameters
from ebn_model.network.parameters import (
    DecoderParameters,
    MismatchParameters,
    NotNegative,
)
from ebn_model.parameters import NeuronParameters
from ebn_model.units import Ampere, Second
from ebn_model.validation import Table
from ebn_model.weight_counter import MAX_SUB_LSBS

CODE_BITS = 6
"""Of the synapse's DAC."""
MEASURED = "network_row"
"""Constants in ebn_model.measured that a neuron of the network has by default."""


class ChipParameters(Table):
    """A network of learning neurons as they are on the chip (docs/hardware_mapping.md).

    The state of a neuron is I_mem, its weights are codes in LSB, its constants are those of the
    model of netlists/cells/learning_neuron.cir. v of the paper's network is
    (I_mem - I_rest)/alpha.

    neurons, inputs: N, Nx. dt: grid of input and output, s. tau_out: of the decoder, s.
    alpha: I_mem for one volt of the paper's network, A.
    bits: resolution of the codes; fewer than 6 leave the DAC's lowest bits at 0.
    sub_lsbs: bits of the counter below those that the DAC sees.
    slot: time that the event bus gives each spike, s; see ebn_model.event_bus.
    pulse_width: of a synapse's pulse, s.
    noise: standard deviation of the input current's noise in each dt, A.
    decision_noise: standard deviation of the noise that each decision sees beside I_mem, A.
    window: whether the stop-learning window has the same width for all neurons (`common`), or
        grows with the neuron's own threshold (`own`): it differs where thresholds do.
    sees: the weight by which the window shifts: the code (`nominal`, what the circuit's I_Omega
        DAC does) or the code times the synapse's own gain (`effective`).
    initial: `zero` codes, or `random` ones with the standard deviation `spread` in LSB.
    neuron: the constants that the chip was designed for, by which codes are programmed and inputs
        scaled; by default those of a row under the bias table `network`.
    rows: the constants that each neuron has instead, where each is a die of its own.
    """

    neurons: Annotated[int, Ge(1)] = 20
    inputs: Annotated[int, Ge(1)] = 2
    dt: Annotated[Second, Gt(0)] = 1e-4
    tau_out: Annotated[Second, Gt(0)] = 10e-3
    alpha: Annotated[Ampere, Gt(0)] = 4.5e-9
    bits: Annotated[int, Ge(2), Le(CODE_BITS)] = CODE_BITS
    sub_lsbs: Annotated[int, Ge(0), Le(MAX_SUB_LSBS)] = 0
    slot: Annotated[Second, Gt(0)] = 1e-4
    pulse_width: Annotated[Second, Gt(0)] = 1e-3
    noise: Annotated[Ampere, Ge(0)] = 0.0
    decision_noise: Annotated[Ampere, Ge(0)] = 0.0
    window: Literal["common", "own"] = "common"
    sees: Literal["nominal", "effective"] = "nominal"
    initial: Literal["zero", "random"] = "zero"
    spread: NotNegative = 15.0
    decoder: DecoderParameters = DecoderParameters(orientation="fitted", target="filtered")
    mismatch: MismatchParameters = MismatchParameters()
    neuron: NeuronParameters = Field(default_factory=lambda: measured_parameters(MEASURED))
    rows: tuple[NeuronParameters, ...] = ()

    @property
    def lsb(self) -> int:
        """One step of a code, in LSB of the DAC."""
        return 1 << (CODE_BITS - self.bits)

    @cached_property
    def i_rest(self) -> float:
        """Middle of the window at weight 0, A: what v = 0 is."""
        return self.neuron.decision.centre

    @property
    def of_neurons(self) -> tuple[NeuronParameters, ...]:
        """The constants that each neuron has, N in all."""
        return self.rows or (self.neuron,) * self.neurons

    @property
    def tau_mem(self) -> float:
        """Time constant of the membrane, s."""
        return self.neuron.membrane.tau

    @property
    def tau_fast(self) -> float:
        """Time constant of excitation, s; that of inhibition is close to it."""
        return self.neuron.excitatory.tau

    @model_validator(mode="after")
    def _possible(self) -> "ChipParameters":
        if self.rows and len(self.rows) != self.neurons:
            raise ValueError(f"rows: there are {len(self.rows)} for {self.neurons} neurons")
        rows = {f"rows.{number}": row for number, row in enumerate(self.rows)}
        for name, neuron in {"neuron": self.neuron, **rows}.items():
            if neuron.spike is None:
                raise ValueError(f"{name}: there is no spike generator, so no network")
            if neuron.spike.refractory < self.pulse_width:
                raise ValueError(f"{name}.spike.refractory is shorter than pulse_width")
        for name, tau in (("tau_out", self.tau_out), ("tau_mem", self.tau_mem)):
            if self.dt >= tau:
                raise ValueError(f"dt = {self.dt:g} s is not below {name}")
        return self
