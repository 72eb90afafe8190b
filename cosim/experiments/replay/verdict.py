"""Checks of a replay's rows and network against its tolerances."""

from collections.abc import Mapping

from cosim.comparison.rows import RowsComparison
from cosim.comparison.spikes import UNTIL
from cosim.comparison.tolerances import ReplayTolerances
from cosim.workbench.checks import Check, at_least, at_most, information, unjudged
from ebn_model.network.evaluation import DetailedScore


def verdict_checks(
    comparison: RowsComparison,
    network: Mapping[str, DetailedScore],
    view: str,
    tolerances: ReplayTolerances,
) -> list[Check]:
    """All lines of the verdict; a row of the network that is missing fails, whatever the others do.

    view: of the circuit.
    """
    name = f"model against {view}"
    checks = [_completeness(comparison, view)]
    if comparison.rows:
        checks.append(comparison.counted.check(view))
        learned = [
            *_decisions(name, comparison, tolerances),
            *_weights(name, comparison, tolerances),
        ]
        # Without a pulse all agree, which shows nothing.
        checks += learned if comparison.counts.pulses else map(unjudged, learned)
        checks += _membranes(name, comparison, tolerances)
    return checks + _network(network, tolerances)


def _completeness(comparison: RowsComparison, view: str) -> Check:
    found, missing = len(comparison.rows), comparison.missing
    text = f"{found}" + (f", missing: {', '.join(map(str, missing))}" if missing else "")
    required = found + len(missing)
    return Check(view, "rows", f"{required}", text, bool(found) and not missing, about_run=True)


def _decisions(name: str, comparison: RowsComparison, tolerances: ReplayTolerances) -> list[Check]:
    counts = comparison.counts
    unexplained = comparison.unexplained
    return [
        counts.one_step_check(name, tolerances.dead_band, tolerances.one_step),
        at_least(
            (name, "decisions along the trajectory"),
            tolerances.trajectory,
            counts.trajectory_agreement,
            f"{counts.trajectory.trace()} of {counts.pulses}",
        ),
        Check(
            name,
            "deviations without a reason",
            f"≤ {tolerances.unexplained}",
            f"{unexplained}",
            unexplained <= tolerances.unexplained,
        ),
    ]


def _weights(name: str, comparison: RowsComparison, tolerances: ReplayTolerances) -> list[Check]:
    least, measured = tolerances.final_weight_correlation, comparison.final_correlation
    greatest = max(row.weights.greatest.max(initial=0) for row in comparison.rows.values())
    return [
        Check(
            name,
            "correlation of final weights",
            f"≥ {least:g}",
            f"{measured:.4f}",
            measured >= least,
        ),
        information(name, "greatest difference of a weight", f"{greatest:.0f} LSB"),
    ]


def _membranes(name: str, comparison: RowsComparison, tolerances: ReplayTolerances) -> list[Check]:
    rows = comparison.rows.values()
    least = min(row.membrane.spikes.f1 for row in rows)
    window = f"within {tolerances.spike_window * 1e3:g} ms"
    alike, whole = (f"I_mem {span}, RMS, worst row" for span in (UNTIL, "over time"))
    # Rows may be kept without their waveforms.
    limit = None if comparison.i_mem_alike_rms is None else tolerances.i_mem_alike_rms
    spikes = sum(row.membrane.spikes.first + row.membrane.spikes.second for row in rows)
    f1, measured = tolerances.spike_f1 if spikes else None, comparison.spike_f1
    return [
        at_most((name, alike), limit, comparison.i_mem_alike_rms),
        at_most((name, whole), tolerances.i_mem_rms, comparison.i_mem_rms),
        Check(
            name,
            f"F1 of own spikes {window}",
            "" if f1 is None else f"≥ {f1:g}",
            f"{measured:.3f} (worst row {least:.3f})",
            None if f1 is None else measured >= f1,
        ),
    ]


def _network(network: Mapping[str, DetailedScore], tolerances: ReplayTolerances) -> list[Check]:
    """Checks of the network; what is required of it fails where it wasn't scored.

    The decoding error forgives a wrong gain, so that it says little without the other two.
    """
    errors = [
        information(
            "network",
            f"decoding error with {name} codes",
            f"{one.decoding_error:.4f} (unscaled {one.unscaled_error:.4f}, {one.rate:.1f} Hz)",
        )
        for name, one in network.items()
    ]
    return [
        *errors,
        *_ratio(network, "model", tolerances.network_error_ratio),
        *_ratio(network, "untrained", tolerances.untrained_error_ratio),
    ]


def _ratio(network: Mapping[str, DetailedScore], other: str, limit: float | None) -> list[Check]:
    """The unscaled error with the circuit's codes over that with others."""
    name = f"unscaled decoding error, circuit over {other}"
    if not {"circuit", other} <= network.keys():
        return (
            [] if limit is None else [Check("network", name, f"≤ {limit:g}", "not scored", False)]
        )
    ratio = network["circuit"].unscaled_error / network[other].unscaled_error
    if limit is None:
        return [information("network", name, f"{ratio:.3f}")]
    return [Check("network", name, f"≤ {limit:g}", f"{ratio:.3f}", ratio <= limit)]
