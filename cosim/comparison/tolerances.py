"""Settings of a replay's report: tolerances, and how much is shown."""

from typing import Annotated

from annotated_types import Ge, Gt, Le

from cosim.workbench.settings import Positive, Section, Share
from ebn_model.units import Current, Second


class ReplayTolerances(Section):
    """Requirements of the verdict; None is shown, but not judged.

    one_step: least share of decisions outside the dead band that the model makes, too, when it is
        given the circuit's I_mem and weight at the rising edge.
    trajectory: least share of equal decisions of two runs that each go their own way.
    final_weight_correlation: least correlation of the final codes over all synapses.
    i_mem_rms: greatest RMS difference of I_mem over time in any row, A. i_mem_alike_rms: the same
        until the first different decision or, where they aren't forced, own spike, and without
        the falls (`reset`) after forced ones.
    spike_f1: least F1 of the own spikes of all rows; says nothing where they are forced.
    network_error_ratio: greatest ratio of the unscaled decoding errors of the network with the
        circuit's codes and with the model's. untrained_error_ratio: with the circuit's codes and
        with none.
    unexplained: how many deviations (deviations.py) may have no stated reason.

    dead_band: A around a threshold, within which either decision is right.
    delay: s by which the decision circuit may trail I_mem and the weight on its bus.
    bus: greatest miss of a threshold, A, during the slot, that a weight explains which has just
        changed on the bus; farther from it the decision circuit must have settled. It does in
        84 us at 0.1 nA where a threshold is crossed from afar (bench shared_bus); a slot gives it
        80 us, in which it left up to 0.13 nA undecided in 10,000 decisions.
    memory: s after which a membrane has forgotten a pulse.
    reset: s that the circuit's membrane takes to fall after an own spike; the model's falls at
        once.
    membrane: greatest difference of I_mem, A, by which two runs that decided the same until then
        may come to different decisions.
    spike_window: s within which two spikes can be the same.
    """

    one_step: Share = 0.99
    trajectory: Share = 0.95
    final_weight_correlation: Annotated[float, Ge(-1), Le(1)] = 0.95
    i_mem_rms: Annotated[Current, Gt(0)] | None = None
    i_mem_alike_rms: Annotated[Current, Gt(0)] = 0.2e-9
    spike_f1: Share | None = None
    network_error_ratio: Positive | None = None
    untrained_error_ratio: Positive | None = None
    unexplained: Annotated[int, Ge(0)] = 0
    dead_band: Annotated[Current, Ge(0)] = 10e-12
    delay: Annotated[Second, Ge(0)] = 0.4e-3
    bus: Annotated[Current, Ge(0)] = 0.15e-9
    memory: Annotated[Second, Gt(0)] = 0.1
    reset: Annotated[Second, Ge(0)] = 0.2e-3
    membrane: Annotated[Current, Ge(0)] = 0.15e-9
    spike_window: Annotated[Second, Gt(0)] = 2e-3


class ReportSettings(Section):
    """Number and size of the things that a report shows.

    worst_cases: deviations of decisions, and synapses, that are listed. These decisions, the first
        ones of these synapses, and the worst one of each row get a figure.
    busiest: synapses whose weights are drawn.
    stretch: of the overlay of I_mem, s. around: a deviation, in its figure, s to either side.
    """

    worst_cases: Annotated[int, Ge(0)] = 6
    busiest: Annotated[int, Ge(1)] = 6
    stretch: Annotated[Second, Gt(0)] = 60e-3
    around: Annotated[Second, Gt(0)] = 12e-3
