"""The mixed view of the learning neuron: analog part in transistors, logic in Python."""

from functools import partial
from pathlib import Path

import numpy as np

from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import analysis, neuron_deck
from cosim.circuits.neuron_logic import WIN_INC, WIN_SL, DigitalNeuron
from cosim.circuits.neuron_readout import OUTPUT_SPIKE, learning_result, output_spikes
from cosim.circuits.neuron_sources import check_edges_fit, stimulus_edges
from cosim.circuits.probes import vector
from cosim.circuits.whole_job import whole_job
from cosim.engine.job import Job, Vectors
from cosim.engine.solver_options import SolverOptions
from cosim.workbench.places import NETLISTS
from ebn_model.parameters import BiasTable
from ebn_model.results import LearningResult
from ebn_model.stimulus import Stimulus
from ebn_model.weight_counter import check_sub_lsbs

I_MEM = vector("i_mem", "xanalog.xdecision")

MIXED_SOLVER = SolverOptions(trtol=2, chgtol=4e-13, max_step=7e-5)
"""Without logic, smaller truncation errors and steps are cheap: I_mem errs by 1 to 3 pA RMS, 6.5 pA
at most, where trtol = 10 and steps of up to 100 us make it 5 to 13 pA RMS (measured against
reltol = 1e-6 with steps of at most 10 to 20 us, in simulations 1 and 2 on four dies, I_mem up to
16 nA). Steps of 50 us with trtol = 1 and chgtol = 1e-13 take 1.5 to 1.8 times the points for 0.7
to 3.2 pA RMS; steps of 100 us err by up to 5.5 pA RMS in simulation 2, whose synapses decay within
8 of them."""


class MixedCircuit:
    """The mixed view; used like TransistorCircuit, in a tenth of the time."""

    tested_solver = MIXED_SOLVER

    def __init__(
        self,
        biases: BiasTable,
        solver: SolverOptions | None = None,
        conditions: Conditions | None = None,
        *,
        spiking: bool = False,
        sub_lsbs: int = 0,
    ):
        """Choose as for TransistorCircuit, and the counter's number of bits below the weight's.

        Raises:
            InputError: sub_lsbs is not an integer in 0 .. 4.
        """
        check_sub_lsbs(sub_lsbs)
        self.solver = solver or self.tested_solver
        self._sub_lsbs = sub_lsbs
        self._conditions = conditions or Conditions()
        netlist = "analog_neuron_test.spice"
        self._netlist = neuron_deck(netlist, biases, self.solver, self._conditions)
        self._vectors: tuple[str, ...] = (I_MEM, WIN_INC, WIN_SL)
        if spiking:
            self._netlist = self._netlist.include(NETLISTS / "spiking.spice")
            self._vectors += (OUTPUT_SPIKE,)

    def job(self, stimulus: Stimulus, label: str, raw_path: Path | None = None) -> Job:
        """The run of a stimulus, for `run_jobs`.

        Raises:
            InputError: pulses or pauses too short for the circuit's edges.
            CosimError: the technology's models aren't there.
        """
        check_edges_fit(stimulus)
        controller = partial(DigitalNeuron, stimulus, self._sub_lsbs, self._conditions.levels)
        sources = (f"v{pin} {pin} 0 pwl(0 0)" for pin in controller().pins)
        deck = self._netlist.append("\n".join(sources), "logic and stimulus")
        deck = deck.append(analysis(stimulus, self.solver), "analysis")
        return whole_job(
            label,
            deck,
            self._conditions,
            self._vectors,
            I_MEM,
            at_rest=not stimulus.reset_until,
            t_stop=stimulus.duration,
            edges=stimulus_edges(stimulus, 0.0, DigitalNeuron.edge),
            raw_path=raw_path,
            controller=controller,
        )

    def result(self, stimulus: Stimulus, vectors: Vectors) -> LearningResult:
        """Read the vectors of a finished job."""
        spikes = np.arange(len(stimulus.spike_times))
        weights = np.concatenate([[stimulus.start_weight], vectors["weight"]])
        before, after = weights[spikes], weights[np.minimum(spikes + 1, len(weights) - 1)]
        logic = vectors["decision"], before, after
        fired = output_spikes(vectors, self._conditions.supply)
        return learning_result(stimulus, vectors["time"], vectors[I_MEM], *logic, fired)
