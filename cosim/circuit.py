"""The learning neuron as a circuit: stimulus in, ngspice deck out, and its vectors read back."""

import re
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Le
from pydantic import BaseModel, ConfigDict, FiniteFloat

from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.readout import (
    BITS,
    I_MEM,
    LATCHES,
    OUTPUT_SPIKE,
    bits_and_latches,
    learning_result,
    output_spikes,
)
from cosim.sources import EDGE, check_edges_fit, stimulus_edges, stimulus_lines
from cosim.start_check import start_check
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, validated
from ebn_model.results import LearningResult
from ebn_model.stimulus import Stimulus
from ebn_model.text import read_text
from ebn_model.units import Ampere, Second
from ebn_model.weight_counter import check_sub_lsbs

NETLISTS = Path(__file__).resolve().parent.parent / "netlists"


class SolverOptions(BaseModel):
    """ngspice's transient options; the defaults give converged weights and I_mem.

    A weak damping (xmu below 0.5) keeps the trapezoidal rule from ringing after digital edges,
    and chgtol, the charge (in C) below which an error counts as absolute, lets reltol be tight
    enough that no logic transition fits into one time step: with looser settings the counter
    miscounts without any message. With gmin below 5e-15 S ngspice finds no operating point; 1e-14
    adds at most 20 fA to a node.

    bypass skips the evaluation of devices whose voltages moved by less than reltol: it saves a
    third of the time, since most of the logic rests most of the time. It also freezes mirrors
    within reltol*V_GS, so reltol is 1e-5 (3.5 uV, 1 pA of 9 nA); trtol = 10 keeps the time steps
    as long as with ten times the reltol.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["trap", "gear"] = "trap"
    xmu: Annotated[FiniteFloat, Gt(0), Le(0.5)] = 0.49
    reltol: Annotated[FiniteFloat, Gt(0), Le(1e-2)] = 1e-5
    abstol: Annotated[Ampere, Gt(0)] = 1e-15
    vntol: Annotated[FiniteFloat, Gt(0)] = 1e-6
    gmin: Annotated[FiniteFloat, Gt(0)] = 1e-14
    chgtol: Annotated[FiniteFloat, Gt(0)] = 1e-13
    trtol: Annotated[FiniteFloat, Gt(0)] = 10.0
    bypass: Literal[0, 1] = 1
    max_step: Annotated[Second, Gt(0)] = 1e-4

    def line(self) -> str:
        """The `.options` line."""
        values = self.model_dump(exclude={"max_step"})
        return ".options " + " ".join(f"{name}={value}" for name, value in values.items())


def read_biases(name: str) -> BiasTable:
    """Read netlists/biases/NAME.spice.

    Raises:
        InputError: no such table (lists those there are), or a bad or missing value.
    """
    path = listed(NETLISTS / "biases", name, "bias table")
    values = re.findall(r"(?im)^\.param\s+(\w+)\s*=\s*(\S+)\s*$", read_text(path))
    return validated(BiasTable, dict(values), path.name)


def listed(folder: Path, name: str, kind: str) -> Path:
    """The file of that name in a folder; names from outside never become other paths."""
    files = {path.stem: path for path in sorted(folder.glob("*.spice"))}
    if name not in files:
        raise InputError(f"unknown {kind} {name!r}; there are: {', '.join(files)}")
    return files[name]


def bias_lines(biases: BiasTable) -> str:
    """The `.param` lines that a deck needs for a bias table."""
    return "\n".join(f".param {name}={value!r}" for name, value in biases.model_dump().items())


def neuron_deck(
    netlist: str,
    biases: BiasTable,
    solver: SolverOptions,
    technology: str,
    temperature: float,
) -> Deck:
    """A deck of one of the netlists with supplies, which lacks the stimulus and the analysis.

    Args:
        netlist: file in netlists/.
        biases, solver: as they are.
        technology: file in netlists/technology, without its suffix.
        temperature: degrees C.

    Raises:
        InputError: unknown technology.
    """
    return (
        Deck("learning neuron")
        .include(listed(NETLISTS / "technology", technology, "technology"))
        .include(NETLISTS / "cells.spice")
        .append(bias_lines(biases), "biases")
        .include(NETLISTS / netlist)
        .append(f".temp {float(temperature)!r}\n{solver.line()}", "solver options")
    )


def analysis(stimulus: Stimulus, solver: SolverOptions) -> str:
    """The transient analysis of a stimulus."""
    return f".tran 1m {stimulus.duration!r} 0 {solver.max_step!r}"


class TransistorCircuit:
    """The transistor view of the learning neuron."""

    def __init__(
        self,
        biases: BiasTable,
        solver: SolverOptions | None = None,
        technology: str = "generic180",
        temperature: float = 27.0,
        spiking: bool = False,
        sub_lsbs: int = 0,
    ):
        """Choose bias table, solver options, technology (netlists/technology) and degrees C.

        With `spiking` the neuron gets a spike generator (netlists/spiking.spice); `sub_lsbs` is
        the number of bits of the counter below those that the DAC sees.

        Raises:
            InputError: unknown technology, or sub_lsbs is not an integer in 0 .. 4.
        """
        check_sub_lsbs(sub_lsbs)
        self.solver = solver or SolverOptions()
        self._netlist = neuron_deck(
            "neuron_test.spice", biases, self.solver, technology, temperature
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
