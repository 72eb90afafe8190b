"""What was required and what was measured, quantity by quantity."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cosim.compare import Comparison, OneStep
from cosim.experiments.config import Tolerances


@dataclass(frozen=True)
class Row:
    """One line of the verdict; passed is None where nothing is required."""

    comparison: str
    quantity: str
    required: str
    measured: str
    passed: bool | None


def published_rows(
    comparison: Comparison, tolerances: Tolerances, name: str, judge: bool
) -> list[Row]:
    """The rows on a run against the published spikes; just shown unless they are to be judged."""
    deviation = tolerances.turning_point_deviation
    turns = comparison.turning_points
    rows = [
        _row(
            (name, "turning points"),
            tolerances.turning_points,
            lambda expected: _weights(expected) + (f" (± {deviation})" if deviation else ""),
            _weights(turns),
            lambda expected: _turns_agree(turns, expected, deviation),
        ),
        _row(
            (name, "equal decisions"),
            tolerances.decisions,
            lambda least: f"≥ {least}",
            f"{comparison.equal_decisions} of {comparison.spikes}",
            lambda least: comparison.equal_decisions >= least,
        ),
        _at_most(
            (name, "I_mem at rising edges, RMS"),
            tolerances.i_mem_rise_rms,
            comparison.i_mem_rise_rms,
        ),
    ]
    return rows if judge else [replace(row, required="", passed=None) for row in rows]


def model_rows(comparison: Comparison, step: OneStep, tolerances: Tolerances) -> list[Row]:
    """The rows on the model against the circuit."""
    name = "model against circuit"
    band = f"{tolerances.dead_band * 1e12:g} pA"
    free = comparison.equal_decisions, comparison.spikes
    return [
        _at_least(
            (name, f"one-step decisions beyond ± {band}"),
            tolerances.model_one_step,
            step.agreement,
            f"{step.equal} of {step.outside}, {step.inside} within",
        ),
        _at_least(
            (name, "free-running decisions"),
            tolerances.model_free_running,
            comparison.decision_agreement,
            "{} of {}".format(*free),
        ),
        _at_most((name, "I_mem over time, RMS"), tolerances.model_i_mem_rms, comparison.i_mem_rms),
    ]


def edge_row(edges: dict) -> Row:
    """The row on the stimulus' edges, from the record of the circuit's run."""
    hit, checked = edges["checked"] - edges["lost"], edges["checked"]
    return Row(
        "circuit",
        "input edges with a time point",
        f"{checked}",
        f"{hit}, at least {edges['fewest_points_per_pulse']} points per pulse",
        hit == checked,
    )


def _row(names: tuple[str, str], limit, describe: Callable, measured: str, judge: Callable) -> Row:
    if limit is None:
        return Row(*names, "", measured, None)
    return Row(*names, describe(limit), measured, judge(limit))


def _at_least(names: tuple[str, str], share: float, measured: float, counts: str) -> Row:
    text = f"{measured:.1%} ({counts})"
    return Row(*names, f"≥ {share:.0%}", text, measured >= share)


def _at_most(names: tuple[str, str], limit: float | None, measured: float) -> Row:
    def describe(current: float) -> str:
        return f"≤ {_nano(current)}"

    return _row(names, limit, describe, _nano(measured), lambda most: measured <= most)


def _turns_agree(turns: list[int], expected: list[int], deviation: int) -> bool:
    return len(turns) == len(expected) and all(
        abs(turn - other) <= deviation for turn, other in zip(turns, expected, strict=True)
    )


def _weights(weights: list[int]) -> str:
    return ", ".join(map(str, weights))


def _nano(current: float) -> str:
    return f"{current * 1e9:.3f} nA"
