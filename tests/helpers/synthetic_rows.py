"""Small rows for tests that need no simulation: window 8.6 to 9.4 nA at weight 0."""

import numpy as np
from synthetic import neuron_parameters

from cosim.comparison.row_case import RowComparisonInput
from cosim.experiments.replay.outcome import Provenance, ReplayOutcome
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.network.evaluation import DetailedScore
from ebn_model.row import RowEvents, RowResult, RowStimulus

RULE = LearningNeuron(neuron_parameters())
OMEGA_RULE = LearningNeuron(neuron_parameters(i_omega=0.1e-9))
"""Its window moves down by 0.1 nA per LSB."""
DURATION = 50e-3
WIDTH = 1e-3
SYNAPSES = (2, 5)
RISES = (5e-3, 10e-3, 15e-3, 20e-3)
PRE = (2, 5, 2, 5)


def stimulus(rises=RISES, pre=PRE, start_codes=(0, 0), slot=1e-4):
    return RowStimulus(list(rises), list(pre), SYNAPSES, start_codes, WIDTH, slot, DURATION)


def run(nano, decisions, given=None, waveform=None, spikes=()):
    """A run with I_mem (nA) and decisions (LSB) at each rising edge of a stimulus.

    waveform: times in s and I_mem in nA; by default straight from edge to edge.
    """
    given = given or stimulus()
    weights = dict(zip(given.synapses.tolist(), given.start_codes.tolist(), strict=True))
    rows = []
    for k, pre in enumerate(given.pre.tolist()[: len(decisions)]):
        before = weights[pre]
        weights[pre] = before + decisions[k]
        i_mem, rise = nano[k] * 1e-9, given.rise_times[k]
        rows.append((rise, rise + WIDTH, i_mem, i_mem, decisions[k], before, weights[pre], pre))
    time, values = waveform or ([0.0, *given.rise_times[: len(nano)], DURATION], [9, *nano, 9])
    return RowResult(
        time=np.asarray(time, dtype=float),
        i_mem=np.asarray(values) * 1e-9,
        events=RowEvents.from_rows(rows),
        final_codes=np.array([weights[pre] for pre in given.synapses.tolist()]),
        final_fractions=np.zeros(len(weights), dtype=int),
        output_spikes=np.asarray(spikes, dtype=float),
    )


def case(circuit, model, given=None, rule=RULE):
    return RowComparisonInput(circuit, model, given or stimulus(), rule)


def same_case(nano=(8.0, 9.0, 10.0, 9.2), decisions=(1, 0, -1, 0)):
    """Circuit and model the same: weight 2 goes 0, 1, 0, weight 5 stays 0."""
    return case(run(nano, decisions), run(nano, decisions))


def outcome(rows, network=None, title="a replay"):
    """A ReplayOutcome with a provenance to be found again in its report."""
    provenance = Provenance(
        command="ebn-cosim run network_replay --set x=<1>",
        seeds={"network": 4711},
        versions={"ngspice": "39"},
        sources="0123abcd",
        configuration={"duration": "1 s & more"},
    )
    return ReplayOutcome(title, "mixed", rows, provenance, network or {})


def score(decoding=0.2, unscaled=0.2, rate=12.0, paper=0.3, balance=0.9, lag=1e-3):
    """How a network codes, as a replay's report has it; the decoding error is the fitted one."""
    return DetailedScore(
        *(decoding, paper, decoding, decoding, unscaled, rate),
        spikes=100,
        interval_variation=0.8,
        balance=balance,
        lag=lag,
    )
