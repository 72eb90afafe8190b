"""Typed parameter sets of the network; the defaults are the `paper` configuration."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import FiniteFloat, model_validator

from ebn_model.units import Second
from ebn_model.validation import Table
from ebn_model.weight_counter import MAX_SUB_LSBS

Share = Annotated[FiniteFloat, Ge(0), Le(1)]
NotNegative = Annotated[FiniteFloat, Ge(0)]
Positive = Annotated[FiniteFloat, Gt(0)]


class RuleParameters(Table):
    """The local rule: at a spike of k, every neuron n moves W[n,k] by at most one LSB.

        x = 2*v[n] + gain*W[n,k];  INC if x < -dead_zone, DEC if x > dead_zone

    (Büchel et al., ISCAS 2021, section II; docs/derivation.md). Each option names what the
    paper's code does (the default), and why one would change it.

    gain: volts that the rule gives one unit of weight. The paper's code takes `tau_mem` (W/20),
        where a spike's real effect is W*tau_fast/tau_mem (W/50): `kick`.
    dead_zone: V. The paper's code ties it to the step, LSB/2 (None), so that more bits narrow it
        until noise moves every weight; a fixed one lets the step be chosen freely.
    dead_zone_per_threshold: the dead zone as a share of the neuron's own threshold, instead. With
        mismatch a fixed zone is relatively wider for neurons with a low threshold.
    margin: V, added to the dead zone; 0 in the paper.
    subtract_rest: whether the rule measures v from v_rest. The derivation does, the paper's code
        does not, which matters once the diagonal update or the optimal network moves v_rest.
    diagonal: whether the rule also moves the firing neuron's own v_reset and v_rest, by
        diagonal_step in V. The paper's code does, but tests v after the reset, so that with its
        dead zone of 1 V v_reset stops near (1 V - v_thresh)/3 (docs/derivation.md, section 6).
        Left out, errors are the same or lower.
    sees: the weight that enters x: what the synapse does (`effective`, as a circuit that
        measures its membrane) or what is stored (`nominal`). Without mismatch they are the same.
    sub_lsbs: bits of the counter below those that the synapse sees; a weight then moves after
        2**sub_lsbs steps in one direction.
    """

    gain: Literal["tau_mem", "kick"] = "tau_mem"
    dead_zone: NotNegative | None = None
    dead_zone_per_threshold: NotNegative | None = None
    margin: NotNegative = 0.0
    subtract_rest: bool = False
    diagonal: bool = True
    diagonal_step: Positive = 0.1
    sees: Literal["effective", "nominal"] = "effective"
    sub_lsbs: Annotated[int, Ge(0), Le(MAX_SUB_LSBS)] = 0

    @model_validator(mode="after")
    def _one_dead_zone(self) -> "RuleParameters":
        if self.dead_zone is not None and self.dead_zone_per_threshold is not None:
            raise ValueError("dead_zone and dead_zone_per_threshold exclude each other")
        return self


class OptimalParameters(Table):
    """The network that is programmed with the derived weights, W = -(D'D + mu*lambda**2*I).

    reset: `optimal` sets v_reset to v_thresh - |D|**2 - mu*lambda**2, `zero` to 0.
    rest: the paper's code sets v_rest to the same negative potential (`reset`), a constant
        inhibition of every neuron; most of "learned beats optimal" comes from that. `zero` is
        what the derivation asks for.
    """

    reset: Literal["optimal", "zero"] = "optimal"
    rest: Literal["reset", "zero"] = "reset"


class DecoderParameters(Table):
    """Scaling of a run's output, and the target that it is compared with.

    orientation: the scales S are fitted so that y@S is nearest to the target. The paper's code
        then applies S transposed (`paper`); `fitted` applies what was fitted.
    target: the paper's code compares with the input itself (`command`); what the network can
        represent is the input filtered by the decoder's time constant (`filtered`).
    """

    orientation: Literal["paper", "fitted"] = "paper"
    target: Literal["command", "filtered"] = "command"


class MismatchParameters(Table):
    """Device mismatch: standard deviations relative to the nominal value, and dead synapses.

    weight: of each synapse's gain. threshold: of each neuron's threshold. tau_mem: of each
    neuron's time constant. stuck: share of synapses whose code never changes.
    """

    weight: Share = 0.0
    threshold: Share = 0.0
    tau_mem: Share = 0.0
    stuck: Share = 0.0


class NetworkParameters(Table):
    """Leaky integrate-and-fire neurons with fast and slow recurrent synapses.

        tau_mem*dv/dt = v_rest - v + I_s + I_f + tau_mem*D.c + bias + noise

    A spike of k adds W[n,k] to I_f[n], which decays with tau_fast: a kick of
    W*tau_fast/tau_mem. Potentials are dimensionless "volts" as in the paper.

    neurons, inputs: N, Nx. dt: time step, s. tau_mem, tau_fast, tau_slow, tau_out: time constants
    of membrane, fast and slow synapses and decoder, s. refractory: s.
    noise: standard deviation per step of the noise at the input and again at the neurons, V; not
        scaled with dt.
    nu, mu: linear and quadratic cost of spikes (Boerlin et al. 2013).
    threshold: `l1` takes sum(|D|)**2 for the |D|**2 of the derivation (the paper's code); `l2` is
        the derived one.
    bits, full_scale: weights are multiples of one LSB = 2*full_scale/2**bits, in weight units.
    saturate: whether weights stop at -full_scale and full_scale - LSB, as a counter does; the
        paper's code lets them go on.
    initial: random weights, or none. spread: standard deviation of the random ones.
    """

    neurons: Annotated[int, Ge(1)] = 20
    inputs: Annotated[int, Ge(1)] = 2
    dt: Annotated[Second, Gt(0)] = 1e-4
    tau_mem: Annotated[Second, Gt(0)] = 50e-3
    tau_fast: Annotated[Second, Gt(0)] = 1e-3
    tau_slow: Annotated[Second, Gt(0)] = 10e-3
    tau_out: Annotated[Second, Gt(0)] = 10e-3
    refractory: Annotated[Second, Ge(0)] = 0.0
    noise: NotNegative = 0.01
    nu: NotNegative = 1e-3
    mu: NotNegative = 1e-4
    threshold: Literal["l1", "l2"] = "l1"
    bits: Annotated[int, Ge(1), Le(16)] = 6
    full_scale: Positive = 64.0
    saturate: bool = False
    initial: Literal["random", "zero"] = "random"
    spread: NotNegative = 30.0
    rule: RuleParameters = RuleParameters()
    optimal: OptimalParameters = OptimalParameters()
    decoder: DecoderParameters = DecoderParameters()
    mismatch: MismatchParameters = MismatchParameters()

    @property
    def lsb(self) -> float:
        """One step of a weight, in weight units."""
        return 2 * self.full_scale / 2**self.bits

    @model_validator(mode="after")
    def _resolved(self) -> "NetworkParameters":
        for name in ("tau_mem", "tau_fast", "tau_slow", "tau_out"):
            if self.dt >= getattr(self, name):
                raise ValueError(f"dt = {self.dt:g} s is not below {name}")
        return self


class TaskParameters(Table):
    """Input that the network learns on: smoothed Gaussian noise of each input.

    duration: of each trial, s. amplitude: of the white noise before smoothing (the target is the
    input divided by it). smoothing: standard deviation of the Gaussian kernel, s.
    correlation: of each pair of inputs, 0 to 1. validation: number of trials that the decoding
    error is the mean of. checkpoint: iterations between two validations.
    """

    duration: Annotated[Second, Gt(0)] = 1.0
    amplitude: Positive = 5000.0
    smoothing: Annotated[Second, Gt(0)] = 30e-3
    correlation: Share = 0.0
    validation: Annotated[int, Ge(1)] = 10
    checkpoint: Annotated[int, Ge(1)] = 10
