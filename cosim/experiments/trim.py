"""Trim: the reference currents of a die, chosen by what its benches measure.

A chip's bias generator gives each current by a code of a few bits. The code is found by successive
approximation, all currents of a stage at once: from the greatest bit on, a bit stays where the
quantity that the current sets is still below what it is to be. Nothing of the die's draws is known
to it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field, field_validator

from cosim.cells.bench import bench_job
from cosim.cells.characterise import (
    BENCHES,
    decision_parameters,
    jobs,
    parameters,
    spike_job,
    spike_parameters,
)
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.engine.job import Job
from cosim.engine.simulator import simulator_versions
from cosim.experiments.calibration.behaviour import behaviour
from cosim.experiments.neuron.config import Experiment
from cosim.workbench.errors import SimulationError
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest
from cosim.workbench.settings import Positive, Section
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable
from ebn_model.validation import validated

QUANTITY = {
    "i_rest": "window_centre",
    "i_sl": "window_half_width",
    "i_in": "i_settled",
    "i_lsb": "kick_inh",
    "i_th_exc": "kick_exc",
    "i_th_inh": "kick_inh",
    "i_spike": "i_spike",
    "i_reset": "i_reset",
}
"""The quantity that each current that can be trimmed sets; it grows with the current. The LSB is
that of inhibition, as it is inhibition that comes to the end of the weight's range first."""
TRIMMED_LAST = "i_sl"
"""Trimmed after all others, for which it has its highest code: the bench `decision` finds a wide
window on any die, and looks for it within some I_sl of where it is to be. Then this bench alone
has to run, as no other current changes."""
OF_SPIKES = frozenset({"i_spike", "i_reset"})
WEIGHT_0_ALONE = ".param lowest_weight=0 highest_weight=0"
"""Of bench `decision`: the window's place and width are trimmed at one weight, which takes a fifth
of the time that all eight of them do."""


class TrimmedBias(Section):
    """A current with a trim.

    range: greatest change to either side, a share of the bias table's value.
    target: what its quantity is to be, as a share of the nominal die's.
    """

    range: Annotated[float, Gt(0), Lt(1)] = 0.4
    target: Positive = 1.0


class Trim(Section):
    """Trims of a die: currents by name, each with so many bits.

    A code c from -2**(bits-1) to 2**(bits-1) - 1 makes the table's current I to
    I*(1 + c*range/2**(bits-1)).
    """

    bits: Annotated[int, Ge(1), Le(8)]
    biases: dict[str, TrimmedBias] = Field(min_length=1)

    @field_validator("biases")
    @classmethod
    def _can_be_trimmed(cls, biases: dict[str, TrimmedBias]) -> dict[str, TrimmedBias]:
        for name in biases:
            if name not in QUANTITY:
                raise InputError(f"no trim for {name!r}; there are: {', '.join(QUANTITY)}")
        quantities = [QUANTITY[name] for name in biases]
        for name in biases:
            if quantities.count(QUANTITY[name]) > 1:
                raise InputError(f"{name}: another current is trimmed for {QUANTITY[name]}, too")
        return biases

    def currents(self, codes: Mapping[str, int], table: BiasTable) -> dict[str, float]:
        """The trimmed currents in A, by name, of codes by name."""
        half = 2 ** (self.bits - 1)
        return {
            name: getattr(table, name) * (1 + codes[name] * one.range / half)
            for name, one in self.biases.items()
        }


def fill_in_currents(tables: Any, source: str) -> None:
    """Give each trim that is `like` another table's the currents of that one.

    tables: of a file, by name, some with a `trim`; changed. Raises InputError, which names the
    source, where the other table has no currents of its own, or both are stated.
    """
    if not isinstance(tables, dict):
        return
    for name, table in tables.items():
        trim = _trim_of(table)
        if "like" not in trim:
            continue
        other = trim.pop("like")
        biases = _trim_of(tables.get(other)).get("biases")
        if not biases:
            raise InputError(f"{source}: {name}.trim.like: {other!r} has no trim with biases")
        if "biases" in trim:
            raise InputError(f"{source}: {name}.trim states biases, and is like {other!r}, too")
        trim["biases"] = biases


def _trim_of(table: Any) -> dict[str, Any]:
    trim = table.get("trim") if isinstance(table, dict) else None
    return trim if isinstance(trim, dict) else {}


def untrimmed_table(experiment: Experiment) -> BiasTable:
    """The bias table that trims start from: the file's, with its changes."""
    values = read_biases(experiment.biases, experiment.technology).model_dump()
    return validated(BiasTable, {**values, **experiment.bias_changes}, "bias_changes")


def trim_jobs(trim: Trim, biases: BiasTable, conditions: Conditions) -> list[Job]:
    """The runs of the benches that a trim needs; their results go to `measured`."""
    *others, outcomes = jobs(biases, conditions)
    spikes = [spike_job(biases, conditions)] if OF_SPIKES & trim.biases.keys() else []
    return [*others, at_weight_0(outcomes), *spikes]


def measured(results: list) -> dict[str, float]:
    """Quantities that trims set, SI, from the vectors of `trim_jobs`; raises as `parameters`."""
    cells, spikes = results[: len(BENCHES)], results[len(BENCHES) :]
    found = parameters(cells)
    if spikes:
        found = found.model_copy(update={"spike": spike_parameters(*spikes)})
    values = behaviour(found)
    return {name: values[name] for name in QUANTITY.values() if name in values}


def at_weight_0(outcomes: Job) -> Job:
    """The run of bench `decision` at weight 0 alone."""
    return replace(outcomes, deck=outcomes.deck.append(WEIGHT_0_ALONE, "weight 0 alone"))


@dataclass(frozen=True)
class NominalRun:
    """The quantities of the nominal die that a trim brings each die to; table: of biases."""

    trim: Trim
    table: BiasTable
    conditions: Conditions

    length = 0.0
    label = "nominal die, for trims"

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on; the same for trims of the same currents."""
        decks = [job.deck.sha256 for job in self._jobs()]
        return digest(to_json([*decks, sources_digest(__name__), simulator_versions()]))

    def __call__(self, simulate: Callable) -> dict[str, Any]:
        """The quantities of `measured`; simulate: runs a Job."""
        return measured([simulate(job) for job in self._jobs()])

    def _jobs(self) -> list[Job]:
        return trim_jobs(self.trim, self.table, self.conditions.of_die(None))


def trim_die(
    trim: Trim,
    table: BiasTable,
    conditions: Conditions,
    nominal: Mapping[str, Any],
    simulate: Callable,
) -> dict[str, int]:
    """Codes of a die's trimmed currents, by name.

    Args:
        nominal: outcome of NominalRun under the table, its `error` if it failed.
        simulate: runs a Job.

    Raises:
        SimulationError: the die's cells can't be measured, or the nominal one's couldn't.
    """
    if "error" in nominal:
        raise SimulationError(f"nominal die: {nominal['error']}")
    wanted = {name: one.target * nominal[QUANTITY[name]] for name, one in trim.biases.items()}

    highest = dict.fromkeys(trim.biases, 2 ** (trim.bits - 1) - 1)
    first = [name for name in highest if name != TRIMMED_LAST]
    codes: dict[str, int] = {}

    def table_of(trial: Mapping[str, int]) -> BiasTable:
        return table.model_copy(update=trim.currents(highest | codes | dict(trial), table))

    def errors(trial: Mapping[str, int]) -> dict[str, float]:
        jobs_of_trial = trim_jobs(trim, table_of(trial), conditions)
        found = measured([simulate(job) for job in jobs_of_trial])
        return {name: found[QUANTITY[name]] - wanted[name] for name in trial}

    def error_of_window(trial: Mapping[str, int]) -> dict[str, float]:
        vectors = simulate(at_weight_0(bench_job("decision", table_of(trial), conditions)))
        try:
            window = decision_parameters(vectors)
        except SimulationError:
            # Mismatch has closed the window, which was there with the highest code: too narrow.
            return {TRIMMED_LAST: -wanted[TRIMMED_LAST]}
        return {TRIMMED_LAST: window.half_width - wanted[TRIMMED_LAST]}

    if first:
        codes = approximate(first, trim.bits, errors)
    if TRIMMED_LAST in trim.biases:
        codes |= approximate([TRIMMED_LAST], trim.bits, error_of_window)
    return {name: codes[name] for name in trim.biases}


def approximate(
    names: Sequence[str], bits: int, errors: Callable[[Mapping[str, int]], Mapping[str, float]]
) -> dict[str, int]:
    """Codes whose errors are the smallest of those that successive approximation tries.

    names: of the currents, which get `bits` each. errors: measured minus wanted values under codes,
    by the current's name.
    """
    lowest = -(2 ** (bits - 1))
    codes = dict.fromkeys(names, lowest)
    tried: dict[str, list[tuple[float, int]]] = {name: [] for name in codes}
    for bit in reversed(range(bits)):
        trial = {name: code + 2**bit for name, code in codes.items()}
        for name, error in errors(trial).items():
            tried[name].append((abs(error), trial[name]))
            if error <= 0:
                codes[name] = trial[name]
    # Both neighbours of what is wanted were tried, but for the lowest code of all.
    at_the_end = {name: code for name, code in codes.items() if code == lowest}
    if at_the_end:
        nearest = {name: min(found)[1] for name, found in tried.items()}
        for name, error in errors({**nearest, **at_the_end}).items():
            if name in at_the_end:
                tried[name].append((abs(error), lowest))
    return {name: min(found)[1] for name, found in tried.items()}


def trim_outcome(codes: Mapping[str, int], currents: Mapping[str, float]) -> dict[str, Any]:
    """Code and current (A) of each trim, as they are recorded with a die."""
    return {
        **{f"code_{name}": code for name, code in codes.items()},
        **currents,
    }
