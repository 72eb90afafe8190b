"""The learning neuron as a circuit: stimulus in, ngspice deck out, and its vectors read back."""

from pathlib import Path

from cosim.circuits.conditions import Conditions, deck_under, die_of, listed, whole_deck
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
from cosim.engine.job import Job, Vectors
from cosim.engine.solver_options import SolverOptions
from cosim.engine.spice_parameters import read_parameters
from cosim.technologies.technology import read_technology
from cosim.workbench.places import NETLISTS
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, validated
from ebn_model.results import LearningResult
from ebn_model.stimulus import Stimulus
from ebn_model.weight_counter import check_sub_lsbs


def bias_folder(technology: str) -> Path:
    """Folder of a technology's bias tables: biases/TECHNOLOGY beside the folder of its file.

    Raises:
        InputError: an unknown technology.
    """
    facts = read_technology(technology)
    return facts.folder.parent / "biases" / facts.name


def read_biases(name: str, technology: str = "generic180") -> BiasTable:
    """Read a table: a technology's, biases/TECHNOLOGY/NAME.spice, or any by its path, *.spice.

    Raises:
        InputError: no such table (lists those there are), a line that is not a `.param` of
            numbers (names file and line), or a bad or missing value.
    """
    if is_path(name):
        path = Path(name)
    else:
        folder = bias_folder(technology)
        if not any(folder.glob("*.spice")):
            raise InputError(
                f"technology {technology} has no bias tables in {folder}; make them with: "
                f"ebn-cosim calibrate --technology {technology}"
            )
        path = listed(folder, name, "bias table")
    return validated(BiasTable, read_parameters(path), path.name)


def is_path(table: str) -> bool:
    """True if a bias table is stated by its path, not by its name."""
    return table.endswith(".spice")


def seen_from(folder: Path, table: str) -> str:
    """A bias table that a file in `folder` states, whose path is as seen from there."""
    return str(folder / table) if is_path(table) else table


def bias_lines(biases: BiasTable) -> str:
    """The `.param` lines that a deck needs for a bias table."""
    return "\n".join(f".param {name}={value!r}" for name, value in biases.model_dump().items())


def neuron_deck(
    netlist: str, biases: BiasTable, solver: SolverOptions, conditions: Conditions
) -> Deck:
    """A deck of one of the netlists with supplies; it lacks stimulus, analysis and models.

    Args:
        netlist: file in netlists/.
        biases, solver, conditions: as they are.
    """
    return (
        deck_under("learning neuron", conditions)
        .include(NETLISTS / "cells.spice")
        .append(bias_lines(biases), "biases")
        .include(NETLISTS / netlist)
        .append(solver.line(), "solver options")
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
        deck = whole_deck(deck, self._conditions)
        return Job(
            label,
            deck,
            self._vectors,
            t_stop=stimulus.duration,
            edges=stimulus_edges(stimulus, -EDGE / 2, EDGE / 2),
            raw_path=raw_path,
            alter=die_of(deck, self._conditions),
            check_start=start_check(deck, I_MEM, at_rest=not stimulus.reset_until),
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
