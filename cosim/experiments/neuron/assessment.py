"""The comparisons that a simulation's results allow: metrics, and the checks of the verdict."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise

import numpy as np

from cosim.comparison.spikes import Comparison, compare, one_step, same_spikes, weight_sequence
from cosim.experiments.neuron.config import ALIKE, Experiment, Tolerances
from cosim.experiments.neuron.settling import last_weights
from cosim.experiments.neuron.verdict import (
    circuit_checks,
    model_checks,
    part_checks,
    published_checks,
    weights_text,
)
from cosim.experiments.neuron.views import Results
from cosim.workbench.checks import Check, information
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.results import LearningResult, SpikeTable, turning_points


@dataclass(frozen=True)
class Assessment:
    """One comparison: its name, everything measured, and its checks."""

    name: str
    metrics: dict
    checks: list[Check]


def assess(results: Results, experiment: Experiment, as_stated: bool) -> list[Assessment]:
    """Compare the most detailed view with what was published, and each view with the one before.

    Args:
        results: what there is.
        experiment: what ran, and what is required.
        as_stated: whether the run is what its file states. Only then a circuit must agree with
            the published spikes, and the model with the circuit's trajectory, for which the
            tolerances were set; one step ahead, and in I_mem until they decide differently, it must
            agree in any case.
    """
    found, tolerances = [], experiment.tolerances
    _, run = results.reference
    published = results.published
    if published and not same_spikes(run.spikes, published):
        published = None
        if as_stated and results.circuits and tolerances.of_published:
            # Nothing of what is required of the published table can be judged.
            other = Check("published table", "spikes", "those of the stimulus", "others", False)
            found.append(Assessment(other.comparison, {}, [other]))
    if published:
        judge = as_stated and bool(results.circuits)
        found.append(_against_published(results, published, tolerances, judge))
    found += _circuits(results, tolerances)
    if results.circuits and results.neuron:
        found.append(_model(results, results.neuron, experiment, as_stated))
    return found if published else [*found, _alone(results)]


def _alone(results: Results) -> Assessment:
    name, run = results.reference
    turns = turning_points(weight_sequence(run.spikes))
    last = last_weights(run.spikes)
    checks = [
        information(name, "turning points", weights_text(turns)),
        information(name, "last weight", last.text),
    ]
    return Assessment(name, {"turning_points": turns, "last_weights": asdict(last)}, checks)


def _against_published(
    results: Results, published: SpikeTable, tolerances: Tolerances, judge: bool
) -> Assessment:
    view, run = results.reference
    name = f"{view} against published"
    comparison = compare(run, published)
    metrics, checks = asdict(comparison), published_checks(name, comparison, tolerances, judge)
    if tolerances.fitted_until is not None:
        for part, compared in _parts(run, published, tolerances.fitted_until):
            metrics[part] = asdict(compared)
            checks += part_checks(name, part, compared)
    return Assessment(name, metrics, checks)


def _parts(
    run: LearningResult, published: SpikeTable, limit: float
) -> Iterator[tuple[str, Comparison]]:
    """The spikes before a time in s, and the others, as far as there are any."""
    spikes = run.spikes
    parts = {
        f"fitted, before {limit * 1e3:g} ms": (spikes.t_rise < limit, published.t_rise < limit),
        f"predicted, from {limit * 1e3:g} ms": (spikes.t_rise >= limit, published.t_rise >= limit),
    }
    for name, (of_run, of_published) in parts.items():
        if of_run.any() and of_published.any():
            part = replace(run, spikes=_chosen(spikes, of_run))
            yield name, compare(part, _chosen(published, of_published))


def _chosen(spikes: SpikeTable, which: np.ndarray) -> SpikeTable:
    """The spikes of a mask of shape (spikes,)."""
    return SpikeTable(*(getattr(spikes, column.name)[which] for column in fields(SpikeTable)))


def _circuits(results: Results, tolerances: Tolerances) -> Iterator[Assessment]:
    """Each circuit against the next more detailed one."""
    for (detailed, reference), (view, run) in pairwise(results.circuits.items()):
        name = f"{view} against {detailed}"
        comparison = compare(run, reference)
        yield Assessment(name, asdict(comparison), circuit_checks(name, comparison, tolerances))


def _model(
    results: Results, neuron: LearningNeuron, experiment: Experiment, as_stated: bool
) -> Assessment:
    """The model against the most detailed circuit."""
    view, circuit = results.reference
    name = f"model against {view}"
    run, tolerances = results.runs["model"], experiment.tolerances
    if tolerances.model_alike_rms is None:
        # Not the circuit's I_mem, which may be what is wrong.
        level = max(experiment.bias_table().i_rest, float(run.i_mem.max()))
        tolerances = tolerances.model_copy(update={"model_alike_rms": ALIKE * level})
    comparison = compare(run, circuit)
    step = one_step(circuit.spikes, neuron, tolerances.dead_band)
    metrics = {**asdict(comparison), "one_step": asdict(step)}
    checks = model_checks(name, comparison, step, tolerances, judge_trajectory=as_stated)
    return Assessment(name, metrics, checks)
