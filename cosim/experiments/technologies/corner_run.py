"""A run at a corner: what the circuit learns there, with fixed references and with trimmed ones."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from operator import attrgetter
from typing import Any

from cosim.cells.characterise import jobs, parameters
from cosim.circuits.conditions import Conditions
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.engine.simulator import simulator_versions
from cosim.engine.worker import run_all, run_jobs
from cosim.experiments.calibration.behaviour import behaviour, in_train
from cosim.experiments.calibration.to_target import corrected
from cosim.experiments.neuron.simulation import Simulation, stimulus_digest
from cosim.experiments.technologies.learned import Learned, learned
from cosim.workbench.errors import SimulationError
from cosim.workbench.json_files import to_json
from cosim.workbench.pool import LocalPool, Pool
from cosim.workbench.provenance import digest, sources_digest
from cosim.workbench.task import Task
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.results import SpikeTable
from ebn_model.stimulus import Stimulus

TRIMMED = (
    "tau_mem",
    "i_th_mem",
    "i_settled",
    "tau_exc",
    "train_exc",
    "tau_inh",
    "train_inh",
    "window_centre",
    "window_half_width",
)
"""Quantities that are to be at a corner what they are at the typical one."""
ROUNDS = 2
"""Number of times that the quantities are measured, and the references trimmed."""


@dataclass(frozen=True)
class CornerTrial:
    """Simulation at a corner with one bias table.

    learned: None where `fault` says why there is none.
    quantities: TRIMMED as shares of what they are at the typical corner; empty where that wasn't
        measured, or couldn't be, for which `unmeasured` has the reason.
    """

    learned: Learned | None
    fault: str = ""
    quantities: dict[str, float] = field(default_factory=dict)
    unmeasured: str = ""

    @classmethod
    def of(cls, values: dict[str, Any]) -> "CornerTrial":
        """The trial that `asdict` made a table of."""
        found = values["learned"]
        return cls(**{**values, "learned": Learned(**found) if found else None})


@dataclass(frozen=True)
class CornerOutcome:
    """Outcomes at a corner: with the typical corner's references, and with trimmed ones.

    trims: of the references, as shares of the typical corner's, by bias.
    """

    fixed: CornerTrial
    trimmed: CornerTrial
    trims: dict[str, float]

    @classmethod
    def of(cls, values: dict[str, Any]) -> "CornerOutcome":
        """The outcome that `asdict` made a table of."""
        fixed, trimmed = CornerTrial.of(values["fixed"]), CornerTrial.of(values["trimmed"])
        return cls(fixed, trimmed, values["trims"])


@dataclass(frozen=True)
class CornerRun:
    """A simulation at a corner of its technology.

    simulation: at the typical corner. typical: TRIMMED there, SI.
    benches: digest of the benches by which they are measured.
    """

    simulation: Simulation
    conditions: Conditions
    typical: dict[str, float]
    benches: str

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"{self.simulation.name} at {self.conditions.label}"

    @property
    def length(self) -> float:
        """Simulated time, s."""
        return 2 * self.stimulus.duration

    @property
    def stimulus(self) -> Stimulus:
        """The simulation's."""
        return self.simulation.experiment.stimulus.stimulus()

    @property
    def published(self) -> SpikeTable:
        """The published spikes; raises InputError where there are none to learn as."""
        if self.simulation.published is None:
            raise InputError(f"nothing was published of {self.simulation.name}")
        return self.simulation.published

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        biases = self.simulation.experiment.bias_table()
        values = {
            # Of the benches' decks the one of the circuit has the models at this corner.
            "deck": self.circuit(biases).job(self.stimulus, self.label).deck.sha256,
            "benches": self.benches,
            "stimulus": stimulus_digest(self.stimulus),
            # As text, since a pulse that the run doesn't end has no falling edge: NaN.
            "published": repr([column.tolist() for column in vars(self.published).values()]),
            "biases": biases.model_dump(),
            "typical": self.typical,
            "sources": sources_digest(__name__),
            **simulator_versions(),
        }
        return digest(to_json(values))

    def circuit(self, biases: BiasTable) -> MixedCircuit:
        """The circuit at the corner."""
        experiment = self.simulation.experiment
        solver = experiment.solver_of(MixedCircuit.tested_solver)
        return MixedCircuit(biases, solver, self.conditions, sub_lsbs=experiment.sub_lsbs)


def quantities(parameters: NeuronParameters) -> dict[str, float]:
    """TRIMMED of a circuit, SI units."""
    found = behaviour(parameters) | in_train(parameters)
    return {name: float(found[name]) for name in TRIMMED}


def run_corner(run: CornerRun, notify: Callable[[float], None]) -> dict[str, Any]:
    """The CornerOutcome, as a table; notify gets the simulated time in s."""
    with LocalPool(1) as pool:
        return asdict(_outcome(run, pool, notify))


def _outcome(run: CornerRun, pool: Pool, notify: Callable[[float], None]) -> CornerOutcome:
    biases = run.simulation.experiment.bias_table()
    measured = _measured(run, biases, pool)
    fixed = replace(measured, **_simulated(run, biases, pool, notify))
    trimmed = biases
    for _ in range(ROUNDS):
        if measured.unmeasured:
            break
        trimmed = _trimmed(run, trimmed, measured)
        measured = _measured(run, trimmed, pool)
    rest = _simulated(run, trimmed, pool, lambda time: notify(run.length / 2 + time))
    before = biases.model_dump()
    trims = {
        name: value / before[name]
        for name, value in trimmed.model_dump().items()
        if value != before[name]
    }
    return CornerOutcome(fixed, replace(measured, **rest), trims)


def _simulated(
    run: CornerRun, biases: BiasTable, pool: Pool, notify: Callable[[float], None]
) -> dict[str, Any]:
    """`learned` and `fault` of a trial with a table."""
    circuit = run.circuit(biases)
    try:
        job = circuit.job(run.stimulus, run.label)
        [(_, vectors)] = run_jobs([job], pool, lambda _, time: notify(time))
        found = learned(circuit.result(run.stimulus, vectors), run.published)
    except SimulationError as error:
        return {"learned": None, "fault": str(error)}
    return {"learned": found, "fault": ""}


def _measured(run: CornerRun, biases: BiasTable, pool: Pool) -> CornerTrial:
    """A trial with a table, of which only the quantities are known."""
    try:
        found = quantities(parameters(run_all(jobs(biases, run.conditions), pool)))
    except SimulationError as error:
        return CornerTrial(None, unmeasured=str(error))
    except (ArithmeticError, LookupError, ValueError) as error:
        # A circuit that doesn't work at all shows nothing of what a measurement looks for.
        return CornerTrial(None, unmeasured=f"{type(error).__name__}: {error}")
    shares = {name: value / run.typical[name] for name, value in found.items()}
    finite = {name: share for name, share in shares.items() if math.isfinite(share)}
    return CornerTrial(None, quantities=finite)


def _trimmed(run: CornerRun, biases: BiasTable, measured: CornerTrial) -> BiasTable:
    """The table after a round; what a current within its range can't reach stays as it is."""
    target = {name: run.typical[name] for name in measured.quantities}
    values = {name: share * target[name] for name, share in measured.quantities.items()}
    try:
        return corrected(biases, target, values)
    except InputError:
        return biases


CORNER = Task(run_corner, attrgetter("label"), key=attrgetter("key"))
