"""The learning neuron as a circuit: stimulus in, ngspice deck out, and its vectors read back."""

from pathlib import Path

import numpy as np

from cosim.circuits.conditions import Conditions, listed
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
from cosim.circuits.start_check import start_check
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.solver_options import SolverOptions
from cosim.engine.spice_parameters import read_parameters
from cosim.workbench.places import NETLISTS
from ebn_model.parameters import BiasTable, validated
from ebn_model.results import LearningResult
from ebn_model.stimulus import Stimulus
from ebn_model.weight_counter import check_sub_lsbs


def read_biases(table: str) -> BiasTable:
    """Read a bias table: netlists/biases/NAME.spice by its name, any other by its path, *.spice.

    Raises:
        InputError: no such table (lists those there are), a line that is not a `.param` of
            numbers (names file and line), or a bad or missing value.
    """
    path = Path(table) if is_path(table) else listed(NETLISTS / "biases", table, "bias table")
    return validated(BiasTable, read_parameters(path), path.name)


def is_path(table: str) -> bool:
    """Whether a bias table is stated by its path, not by its name."""
    return table.endswith(".spice")


def seen_from(folder: Path, table: str) -> str:
    """A bias table that a file in `folder` states, whose path is as seen from there."""
    return str(folder / table) if is_path(table) else table


def bias_lines(biases: BiasTable) -> str:
    """The `.param` lines that a deck needs for a bias table."""
    return "\n".join(f".param {name}={value!r}" for name, value in biases.model_dump().items())


def technology_deck(title: str, conditions: Conditions) -> Deck:
    """The beginning of a deck: the technology's models and wrappers."""
    return Deck(title).include(listed(NETLISTS / "technology", conditions.technology, "technology"))


def temperature_line(conditions: Conditions) -> str:
    """The line that sets the temperature."""
    return f".temp {float(conditions.temperature)!r}"


def neuron_deck(
    netlist: str, biases: BiasTable, solver: SolverOptions, conditions: Conditions
) -> Deck:
    """A deck of one of the netlists with supplies, which lacks the stimulus and the analysis.

    Args:
        netlist: file in netlists/.
        biases, solver, conditions: as they are.
    """
    return (
        technology_deck("learning neuron", conditions)
        .include(NETLISTS / "cells.spice")
        .append(bias_lines(biases), "biases")
        .include(NETLISTS / netlist)
        .append(f"{temperature_line(conditions)}\n{solver.line()}", "solver options")
    )


def analysis(stimulus: Stimulus, solver: SolverOptions) -> str:
    """The transient analysis of a stimulus."""
    return f".tran 1m {stimulus.duration!r} 0 {solver.max_step!r}"


class TransistorCircuit:
    """The transistor view of the learning neuron."""

    tested_solver = SolverOptions()

    def __init__(
        self,
        biases: BiasTable,
        solver: SolverOptions | None = None,
        conditions: Conditions | None = None,
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
        self._netlist = neuron_deck(
            "neuron_test.spice", biases, self.solver, conditions or Conditions()
        )
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
        """
        check_edges_fit(stimulus)
        deck = self._netlist.append(stimulus_lines(stimulus), "stimulus")
        deck = deck.append(analysis(stimulus, self.solver), "analysis")
        return Job(
            label,
            deck,
            self._vectors,
            t_stop=stimulus.duration,
            edges=stimulus_edges(stimulus, -EDGE / 2, EDGE / 2),
            raw_path=raw_path,
            check_start=start_check(deck, I_MEM, at_rest=not stimulus.reset_until),
        )

    def result(self, stimulus: Stimulus, vectors: dict[str, np.ndarray]) -> LearningResult:
        """Read the vectors of a finished job.

        Raises:
            SimulationError: a bit is between levels where it should have settled, or the weight
                changed elsewhere than after a falling edge.
        """
        logic = bits_and_latches(stimulus, vectors)
        fired = output_spikes(vectors)
        return learning_result(stimulus, vectors["time"], vectors[I_MEM], *logic, fired)
