"""The learning neuron as a circuit: stimulus in, ngspice deck out, and its vectors read back."""

from pathlib import Path

from cosim.circuits.bias_tables import bias_lines
from cosim.circuits.conditions import Conditions, deck_under
from cosim.circuits.neuron_readout import (
    BITS,
    I_MEM,
    LATCHES,
    OUTPUT_SPIKE,
    bits_and_latches,
    learning_result,
    output_spikes,
)
from cosim.circuits.neuron_sources import EDGE, check_edges_fit, stimulus_edges, stimulus_lines
from cosim.circuits.stated_once import BIASES
from cosim.circuits.whole_job import whole_job
from cosim.engine.deck import Deck
from cosim.engine.job import Job, Vectors
from cosim.engine.solver_options import SolverOptions
from cosim.workbench.places import NETLISTS
from ebn_model.parameters import BiasTable
from ebn_model.results import LearningResult
from ebn_model.stimulus import Stimulus
from ebn_model.weight_counter import check_sub_lsbs


def neuron_deck(
    netlist: str, biases: BiasTable, solver: SolverOptions, conditions: Conditions
) -> Deck:
    """A deck of one of the netlists with supplies; it lacks stimulus, analysis and models.

    Args:
        netlist: file in netlists/.
        biases: currents, A, by their parameter's name.
        solver: ngspice's options.
        conditions: technology, corner, temperature, supply and die.
    """
    return (
        deck_under("learning neuron", conditions)
        .include(NETLISTS / "cells.spice")
        .append(bias_lines(biases), BIASES)
        .include(NETLISTS / netlist)
        .append(solver.line(), "solver options")
    )


def analysis(stimulus: Stimulus, solver: SolverOptions) -> str:
    """The transient analysis of a stimulus."""
    return f".tran 1m {stimulus.duration!r} 0 {solver.max_step!r}"


class TransistorCircuit:
    """The transistor view of the learning neuron."""

    tested_solver = SolverOptions(trtol=2)
    """With trtol = 10 I_mem errs by 2 to 7 pA of 7 to 10 nA (against trtol = 2 with bypass = 0). On
    a die where that is the distance from a threshold the decisions aren't the mixed view's then.
    With trtol = 2 it errs by 0.2 pA in the first 30 ms of simulation 1, for a tenth more time; over
    100 spikes of a die the two views differ by up to 6 pA, most of which is bypass: without it, for
    a third more time, by 2 pA."""

    def __init__(
        self,
        biases: BiasTable,
        solver: SolverOptions | None = None,
        conditions: Conditions | None = None,
        *,
        spiking: bool = False,
        sub_lsbs: int = 0,
    ):
        """Choose bias table, solver options and conditions, by default those of Conditions.

        With `spiking` the neuron gets a spike generator (netlists/spiking.spice); `sub_lsbs` is
        the number of bits of the counter below those that the DAC sees.

        Raises:
            InputError: sub_lsbs is not an integer in 0 .. 4.
        """
        check_sub_lsbs(sub_lsbs)
        self.solver = solver or self.tested_solver
        self._conditions = conditions or Conditions()
        self._netlist = neuron_deck("neuron_test.spice", biases, self.solver, self._conditions)
        if sub_lsbs:
            self._netlist = self._netlist.append(f".param sub_lsbs={sub_lsbs}", "weight counter")
        self._vectors = (I_MEM, *BITS, *LATCHES)
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
        lines = stimulus_lines(stimulus, self._conditions.supply)
        deck = self._netlist.append(lines, "stimulus")
        deck = deck.append(analysis(stimulus, self.solver), "analysis")
        return whole_job(
            label,
            deck,
            self._conditions,
            self._vectors,
            I_MEM,
            at_rest=not stimulus.reset_until,
            t_stop=stimulus.duration,
            edges=stimulus_edges(stimulus, -EDGE / 2, EDGE / 2),
            raw_path=raw_path,
        )

    def result(self, stimulus: Stimulus, vectors: Vectors) -> LearningResult:
        """Read the vectors of a finished job.

        Raises:
            SimulationError: a bit is between levels where it should have settled, or the weight
                changed elsewhere than after a falling edge.
        """
        supply = self._conditions.supply
        logic = bits_and_latches(stimulus, vectors, supply)
        fired = output_spikes(vectors, supply)
        return learning_result(stimulus, vectors["time"], vectors[I_MEM], *logic, fired)
