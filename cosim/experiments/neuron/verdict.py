"""Required and measured values, quantity by quantity."""

from cosim.comparison.spikes import UNTIL, Comparison, OneStep
from cosim.experiments.neuron.config import Tolerances
from cosim.workbench.checks import (
    Check,
    against_limit,
    at_least,
    at_most,
    information,
    nano_text,
    unjudged,
)


def published_checks(
    name: str, comparison: Comparison, tolerances: Tolerances, judge: bool
) -> list[Check]:
    """The checks of a run against the published spikes; just shown unless they are to be judged."""
    deviation = tolerances.turning_point_deviation
    turns = comparison.turning_points
    checks = [
        against_limit(
            (name, "turning points"),
            tolerances.turning_points,
            lambda expected: weights_text(expected) + (f" (± {deviation})" if deviation else ""),
            weights_text(turns),
            lambda expected: _turns_agree(turns, expected, deviation),
        ),
        against_limit(
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
    return checks if judge else list(map(unjudged, checks))


def part_checks(name: str, part: str, comparison: Comparison) -> list[Check]:
    """The checks of a part of a run against the published spikes, as information."""
    return [
        information(name, f"{part}: equal decisions", equal_decisions(comparison)),
        information(
            name, f"{part}: I_mem at rising edges, RMS", nano_text(comparison.i_mem_rise_rms)
        ),
    ]


def circuit_checks(name: str, comparison: Comparison, tolerances: Tolerances) -> list[Check]:
    """The checks of a circuit against a more detailed one."""
    return [
        at_least(
            (name, "equal decisions"),
            tolerances.mixed_decisions,
            comparison.decision_agreement,
            equal_decisions(comparison),
        ),
        at_most((name, "I_mem over time, RMS"), tolerances.mixed_i_mem_rms, comparison.i_mem_rms),
    ]


def model_checks(
    name: str, comparison: Comparison, step: OneStep, tolerances: Tolerances, judge_trajectory: bool
) -> list[Check]:
    """The checks of the model against a circuit; its trajectory may be just shown.

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
    return [*always, *(trajectory if judge_trajectory else map(unjudged, trajectory))]


def edge_check(name: str, edges: dict) -> Check:
    """The check of the stimulus' edges, from the record of a circuit's run."""
    hit, checked = edges["checked"] - edges["lost"], edges["checked"]
    return Check(
        name,
        "input edges with a time point",
        f"{checked}",
        f"{hit}, at least {edges['fewest_points_per_pulse']} points per pulse",
        hit == checked,
        about_run=True,
    )


def solver_check(name: str, looser: list[str], judged: bool) -> Check:
    """Check of solver options that are looser than tested, as SolverOptions.looser_than has them.

    They prove nothing by themselves: it fails unless results have been judged.
    """
    measured = f"{', '.join(looser)}: not proven with these options"
    required = "" if judged else "none where no result is judged"
    quantity = "solver options looser than tested"
    return Check(name, quantity, required, measured, None if judged else False, about_run=True)


def equal_decisions(comparison: Comparison) -> str:
    """Number of equal decisions, as text."""
    return f"{comparison.equal_decisions} of {comparison.spikes}"


def weights_text(weights: list[int]) -> str:
    """Weights in LSB, in order."""
    return ", ".join(map(str, weights))


def _turns_agree(turns: list[int], expected: list[int], deviation: int) -> bool:
    return len(turns) == len(expected) and all(
        abs(turn - other) <= deviation for turn, other in zip(turns, expected, strict=True)
    )
