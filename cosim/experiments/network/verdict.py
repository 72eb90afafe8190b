"""Requirements of an experiment with networks against the means over its seeds."""

from collections.abc import Callable

import numpy as np

from cosim.experiments.network.final_trial import STATES
from cosim.experiments.network.settings import NetworkExperiment
from cosim.workbench.checks import Check, information
from cosim.workbench.statistics import Estimate, estimate

_ERRORS = {
    "paper_error": "decoding error, the paper's formula",
    "fitted_error": "decoding error",
    "filtered_error": "decoding error, against the filtered input",
    "unscaled_error": "unscaled error",
    "rate": "rate (Hz)",
}


def verdict_checks(experiment: NetworkExperiment, records: list[dict]) -> list[Check]:
    """The verdict on the records of all seeds; with a user's changes it is just shown."""
    return [
        *_learned_checks(experiment, records),
        *_final_checks(experiment, records),
        *_validation_checks(experiment, records),
    ]


def _learned_checks(experiment: NetworkExperiment, records: list[dict]) -> list[Check]:
    limits, seeds = experiment.settings.tolerances, len(records)
    group = f"learned and optimal weights, mean of {seeds} {'seed' if seeds == 1 else 'seeds'}"
    distance, correlation = (
        estimate(record["learned"][name] for record in records)
        for name in ("distance", "correlation")
    )
    return [
        _check(
            experiment,
            (group, "correlation"),
            limits.correlation,
            lambda least: f"≥ {least:g}",
            correlation,
            lambda least: correlation.mean >= least,
        ),
        _check(
            experiment,
            (group, "distance"),
            limits.distance,
            lambda bounds: f"{bounds[0]:g} to {bounds[1]:g}",
            distance,
            lambda bounds: bounds[0] <= distance.mean <= bounds[1],
        ),
    ]


def _final_checks(experiment: NetworkExperiment, records: list[dict]) -> list[Check]:
    """Final trial: ours beside what was published of it."""
    group, found = "final trial, decoding error in the paper's formula", []
    for state in STATES:
        trials = [record["final_trial"][state] for record in records]
        errors = [trial["paper_error"] for trial in trials]
        error = estimate(errors)
        spikes = np.median([trial["spikes"] for trial in trials])
        # A network that runs away is far off, so that the mean is about it alone.
        measured = f"{error}; median {np.median(errors):.3g}, {spikes:.0f} spikes"
        published = experiment.settings.published.get(state)
        if published is None or experiment.changes:
            found.append(information(group, state, measured))
            continue
        text = f"published {published.decoding_error:g}, {published.spikes} spikes"
        passed = None
        if published.deviation is not None:
            text += f", ± {published.deviation:g}"
            passed = abs(error.mean - published.decoding_error) <= published.deviation
        found.append(Check(group, state, text, measured, passed))
    return found


def _validation_checks(experiment: NetworkExperiment, records: list[dict]) -> list[Check]:
    """Means of ten trials per seed, which chance moves less than the final trial."""
    limits = experiment.settings.tolerances
    count = experiment.settings.task.validation
    required = {"unscaled_error": limits.unscaled_error, "rate": limits.rate}
    found = []
    for state in STATES:
        group = f"mean of {count} trials, {state} weights"
        for name, text in _ERRORS.items():
            value = estimate(record["validation"][state][name] for record in records)
            limit = required.get(name) if state == "learned" else None
            found.append(
                _check(
                    experiment,
                    (group, text),
                    limit,
                    lambda most: f"≤ {most:g}",
                    value,
                    lambda most, mean=value.mean: mean <= most,
                )
            )
    return found


def _check(
    experiment: NetworkExperiment,
    names: tuple[str, str],
    limit,
    describe: Callable,
    measured: Estimate | str,
    judge: Callable,
) -> Check:
    if limit is None or experiment.changes:
        return information(*names, str(measured))
    return Check(*names, describe(limit), str(measured), judge(limit))
