"""The model's parameters as they follow the biases, to first order, for the calibration."""

from ebn_model.parameters import BiasTable, IntegratorParameters, NeuronParameters


def scaled(parameters: NeuronParameters, old: BiasTable, new: BiasTable) -> NeuronParameters:
    """The parameters measured under the biases `old`, as they should be under `new`.

    Threshold, input and weight currents are proportional to their biases; a leak's change is the
    change of its bias, since the leakage beside it stays; the time constant is C*U_T/(kappa*i_tau).
    """

    def ratio(name: str) -> float:
        return getattr(new, name) / getattr(old, name)

    def integrator(dpi: IntegratorParameters, i_tau: str, i_th: str, **changes):
        leak = dpi.i_tau + getattr(new, i_tau) - getattr(old, i_tau)
        changes |= {
            "i_tau": leak,
            "tau": dpi.tau * dpi.i_tau / leak,
            "i_th": dpi.i_th * ratio(i_th),
        }
        return dpi.model_copy(update=changes)

    p = parameters
    lsb = ratio("i_lsb")
    return p.model_copy(
        update={
            "i_in": p.i_in * ratio("i_in"),
            "membrane": integrator(p.membrane, "i_tau_mem", "i_th_mem"),
            "excitatory": integrator(
                p.excitatory, "i_tau_exc", "i_th_exc", i_w=p.excitatory.i_w * lsb
            ),
            "inhibitory": integrator(
                p.inhibitory, "i_tau_inh", "i_th_inh", i_w=p.inhibitory.i_w * lsb
            ),
            "extra": integrator(p.extra, "i_tau_ext", "i_th_exc", i_w=p.extra.i_w * ratio("i_ext")),
        }
    )
