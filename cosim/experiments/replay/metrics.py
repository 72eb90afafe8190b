"""The numbers of a replay, for its summary."""

from dataclasses import asdict
from typing import Any

from cosim.comparison.rows import RowsComparison
from cosim.experiments.replay.outcome import ReplayOutcome


def metrics(comparison: RowsComparison, outcome: ReplayOutcome) -> dict[str, Any]:
    """The numbers of a report, as JSON has them; None where there is nothing to compare."""
    counts, compared = comparison.counts, bool(comparison.rows)
    return {
        "rows": len(comparison.rows),
        "missing_rows": comparison.missing,
        "pulses": counts.pulses,
        "in_dead_band": int(counts.inside.sum()),
        "one_step_agreement": counts.one_step_agreement if compared else None,
        "trajectory_agreement": counts.trajectory_agreement if compared else None,
        "final_weight_correlation": comparison.final_correlation if compared else None,
        "deviations": comparison.reasons,
        "unexplained": comparison.unexplained,
        "i_mem_rms_worst_row": comparison.i_mem_rms,
        "i_mem_alike_rms_worst_row": comparison.i_mem_alike_rms,
        # As it is: the scaled one, below, forgives a wrong gain, and so favours untrained codes.
        "decoding_error": {name: one.unscaled_error for name, one in outcome.network.items()},
        "network": {name: asdict(one) for name, one in outcome.network.items()},
    }
