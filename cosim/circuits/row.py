"""A row as a circuit: stimulus in, ngspice deck out, and its vectors read back."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import neuron_deck
from cosim.circuits.neuron_readout import OUTPUT_SPIKE
from cosim.circuits.row_deck import (
    bit_names,
    digital_row,
    latch_names,
    transistor_row,
    with_input,
    with_spikes,
)
from cosim.circuits.row_logic import DigitalRow, digital_edges
from cosim.circuits.row_readout import I_MEM, digital_result, transistor_result
from cosim.circuits.row_sources import check_fits, transistor_edges
from cosim.circuits.whole_job import whole_job
from cosim.engine.closed_loop import Controller
from cosim.engine.job import Job, Vectors
from cosim.engine.solver_options import SolverOptions
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable
from ebn_model.row import RowResult, RowStimulus

View = Literal["transistor", "mixed", "multiplexed"]
VIEWS: tuple[str, ...] = get_args(View)

TRANSISTOR_SOLVER = SolverOptions()
LARGE_MATRIX = ".options klu"
"""Solver of linear equations for thousands of nodes: with 19 synapses a run takes two thirds of the
time. Versions of ngspice before 42 don't know it, and take their own without a word."""
DIGITAL_SOLVER = SolverOptions(trtol=3, chgtol=1e-12, abstol=1e-13, max_step=2e-4)
"""For the views whose logic is digital. A time point costs an evaluation of every transistor, so
that points are what counts: these make two thirds of those of trtol = 7 alone, for .2 s with 47
pulses, and a third of those of trtol = 1 and steps of 50 us at most. Against the latter I_mem errs
by 15 pA RMS and 31 pA at most, and no decision differs."""
DACS = 4
"""DACs of the multiplexed view."""


class RowCircuit:
    """A row in one of three views.

    `transistor` is everything, `mixed` has memory, counters and weight bus in Python, and a DAC for
    each synapse in transistors, `multiplexed` has fewer DACs, which the spikes take in turn.
    """

    def __init__(
        self,
        view: View = "mixed",
        biases: BiasTable | None = None,
        solver: SolverOptions | None = None,
        conditions: Conditions | None = None,
        dacs: int = DACS,
        step: float | None = None,
    ):
        """Choose.

        Args:
            view: see above.
            biases: by default the table `network`.
            solver: by default what is tight enough for the view.
            conditions: by default those of Conditions.
            dacs: DACs of the multiplexed view.
            step: of the run in a closed loop that is to be repeated, s; see DigitalRow.

        Raises:
            InputError: unknown view, or no DAC.
        """
        if view not in VIEWS:
            raise InputError(f"unknown view {view!r}; there are: {', '.join(VIEWS)}")
        if dacs < 1:
            raise InputError(f"dacs = {dacs} must be 1 or more")
        self.view, self._dacs, self.step = view, dacs, step
        self.solver = solver or (TRANSISTOR_SOLVER if view == "transistor" else DIGITAL_SOLVER)
        self._conditions = conditions or Conditions()
        biases = biases or read_biases("network", self._conditions.technology)
        self._netlist = neuron_deck("row_test.spice", biases, self.solver, self._conditions)
        if view == "transistor":
            self._netlist = self._netlist.append(LARGE_MATRIX, "solver options")

    def job(
        self,
        stimulus: RowStimulus,
        label: str,
        raw_path: Path | None = None,
        controller: Callable[..., Controller] | None = None,
    ) -> Job:
        """The run of a stimulus, for `run_jobs`.

        controller: takes the place of DigitalRow, of the same arguments, in the views whose logic
            is digital.

        Raises:
            InputError: in the transistor view, what its logic can't follow; see
                stimuli.check_fits.
        """
        deck = with_input(with_spikes(self._netlist, stimulus), stimulus)
        logic: Callable[..., Controller] | None = None
        if self.view == "transistor":
            check_fits(stimulus)
            deck = transistor_row(deck, stimulus, self._conditions.supply)
            edges = transistor_edges(stimulus)
        else:
            dacs, levels = self._dacs_for(stimulus), self._conditions.levels
            own = partial(DigitalRow, step=self.step)
            logic = partial(controller or own, stimulus, dacs, levels)
            deck = digital_row(deck, stimulus, dacs, levels)
            edges = digital_edges(stimulus)
        deck = deck.append(f".tran 1m {stimulus.duration!r} 0 {self.solver.max_step!r}", "analysis")
        return whole_job(
            label,
            deck,
            self._conditions,
            self._vectors(stimulus),
            I_MEM,
            t_stop=stimulus.duration,
            edges=edges,
            raw_path=raw_path,
            controller=logic,
        )

    def result(self, stimulus: RowStimulus, vectors: Vectors) -> RowResult:
        """Read the vectors of a finished job.

        Raises:
            SimulationError: a bit is between levels where it should have settled, or a weight
                changed elsewhere than after a falling edge.
        """
        read = transistor_result if self.view == "transistor" else digital_result
        return read(stimulus, vectors, self._conditions.supply)

    def _dacs_for(self, stimulus: RowStimulus) -> int:
        synapses = len(stimulus.synapses)
        return synapses if self.view == "mixed" else min(self._dacs, synapses)

    def _vectors(self, stimulus: RowStimulus) -> tuple[str, ...]:
        vectors = [I_MEM]
        if stimulus.forced_spikes is None:
            vectors.append(OUTPUT_SPIKE)
        if self.view == "transistor":
            for number in range(len(stimulus.synapses)):
                vectors += [*bit_names(number), *latch_names(number)]
        return tuple(vectors)
