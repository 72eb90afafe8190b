"""What was required and what was measured, quantity by quantity."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from cosim.compare import Comparison, OneStep
from cosim.experiments.config import Tolerances
from cosim.judgement import all_passed

UNTIL = "until the first different decision"


@dataclass(frozen=True)
class Row:
    """One line of the verdict; passed is None where nothing is required.

    check: whether it is about the run itself, which must be sound, but shows no result to be right.
    """

    comparison: str
    quantity: str
    required: str
    measured: str
    passed: bool | None
    check: bool = False


def overall(rows: Iterable[Row]) -> bool | None:
    """Whether all passed that is required; None where no result was judged, but for checks."""
    rows = list(rows)
    if any(row.check and row.passed is False for row in rows):
        return False
    return all_passed(row.passed for row in rows if not row.check)


def published_rows(
    name: str, comparison: Comparison, tolerances: Tolerances, judge: bool
) -> list[Row]:
    """The rows on a run against the published spikes; just shown unless they are to be judged."""
    deviation = tolerances.turning_point_deviation
    turns = comparison.turning_points
    rows = [
        _row(
            (name, "turning points"),
            tolerances.turning_points,
            lambda expected: weights_text(expected) + (f" (± {deviation})" if deviation else ""),
            weights_text(turns),
            lambda expected: _turns_agree(turns, expected, deviation),
        ),
        _row(
            (name, "equal decisions"),
            tolerances.decisions,
            lambda least: f"≥ {least}",
            equal_decisions(comparison),
            lambda least: comparison.equal_decisions >= least,
        ),
        at_most(
            (name, "I_mem at rising edges, RMS"),
            tolerances.i_mem_rise_rms,
            comparison.i_mem_rise_rms,
        ),
    ]
    return rows if judge else list(map(just_shown, rows))


def part_rows(name: str, part: str, comparison: Comparison) -> list[Row]:
    """The rows on a part of a run against the published spikes, as information."""
    return [
        shown(name, f"{part}: equal decisions", equal_decisions(comparison)),
        shown(name, f"{part}: I_mem at rising edges, RMS", nano_text(comparison.i_mem_rise_rms)),
    ]


def circuit_rows(name: str, comparison: Comparison, tolerances: Tolerances) -> list[Row]:
    """The rows on a circuit against a more detailed one."""
    return [
        at_least(
            (name, "equal decisions"),
            tolerances.mixed_decisions,
            comparison.decision_agreement,
            equal_decisions(comparison),
        ),
        at_most((name, "I_mem over time, RMS"), tolerances.mixed_i_mem_rms, comparison.i_mem_rms),
    ]


def model_rows(
    name: str, comparison: Comparison, step: OneStep, tolerances: Tolerances, judge_trajectory: bool
) -> list[Row]:
    """The rows on the model against a circuit; its trajectory may be just shown.

    One step ahead, and until the first different decision, the model has to follow any circuit.
    """
    band = f"{tolerances.dead_band * 1e12:g} pA"
    always = [
        at_least(
            (name, f"one-step decisions beyond ± {band}"),
            tolerances.model_one_step if step.outside else None,
            step.agreement,
            f"{step.equal} of {step.outside}, {step.inside} within",
        ),
        at_most(
            (name, f"I_mem {UNTIL}, RMS"),
            tolerances.model_alike_rms,
            comparison.i_mem_alike_rms,
        ),
    ]
    trajectory = [
        at_least(
            (name, "free-running decisions"),
            tolerances.model_free_running,
            comparison.decision_agreement,
            equal_decisions(comparison),
        ),
        at_most((name, "I_mem over time, RMS"), tolerances.model_i_mem_rms, comparison.i_mem_rms),
    ]
    return [*always, *(trajectory if judge_trajectory else map(just_shown, trajectory))]


def edge_row(name: str, edges: dict) -> Row:
    """The row on the stimulus' edges, from the record of a circuit's run."""
    hit, checked = edges["checked"] - edges["lost"], edges["checked"]
    return Row(
        name,
        "input edges with a time point",
        f"{checked}",
        f"{hit}, at least {edges['fewest_points_per_pulse']} points per pulse",
        hit == checked,
        check=True,
    )


def solver_row(name: str, looser: list[str], judged: bool) -> Row:
    """The row on solver options that are looser than tested, as SolverOptions.looser_than has them.

    They prove nothing by themselves: it fails unless results have been judged.
    """
    measured = f"{', '.join(looser)}: not proven with these options"
    required = "" if judged else "none where no result is judged"
    quantity = "solver options looser than tested"
    return Row(name, quantity, required, measured, None if judged else False, check=True)


def shown(name: str, quantity: str, measured: str) -> Row:
    """A row of information, of which nothing is required."""
    return Row(name, quantity, "", measured, None)


def equal_decisions(comparison: Comparison) -> str:
    """How many decisions were equal."""
    return f"{comparison.equal_decisions} of {comparison.spikes}"


def weights_text(weights: list[int]) -> str:
    """Weights in LSB, in order."""
    return ", ".join(map(str, weights))


def nano_text(current: float) -> str:
    """A current in A, written in nA."""
    return f"{current * 1e9:.3f} nA"


def just_shown(row: Row) -> Row:
    """The row as information, whatever it required."""
    return replace(row, required="", passed=None)


def _row(names: tuple[str, str], limit, describe: Callable, measured: str, judge: Callable) -> Row:
    if limit is None:
        return shown(*names, measured)
    return Row(*names, describe(limit), measured, judge(limit))


def at_least(names: tuple[str, str], share: float | None, measured: float, counts: str) -> Row:
    """A row that requires a share, 0 to 1, if any; `counts` says what the measured one is of."""
    text = f"{measured:.1%} ({counts})"
    return _row(names, share, lambda least: f"≥ {least:.0%}", text, lambda least: measured >= least)


def at_most(names: tuple[str, str], limit: float | None, measured: float) -> Row:
    """A row that requires a current in A to be at most as large as the limit, if there is one."""

    def describe(current: float) -> str:
        return f"≤ {nano_text(current)}"

    return _row(names, limit, describe, nano_text(measured), lambda most: measured <= most)


def _turns_agree(turns: list[int], expected: list[int], deviation: int) -> bool:
    return len(turns) == len(expected) and all(
        abs(turn - other) <= deviation for turn, other in zip(turns, expected, strict=True)
    )
