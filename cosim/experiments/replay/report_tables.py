"""The tables of a replay's report."""

import json
from collections.abc import Mapping

from cosim.comparison.decisions import DecisionCounts
from cosim.comparison.membrane import SpikeMatch
from cosim.comparison.rows import RowComparison, RowsComparison
from cosim.comparison.tolerances import ReplayTolerances
from cosim.experiments.replay.outcome import ReplayOutcome
from cosim.experiments.replay.worst_tables import Links, reason_cell, synapse_cell
from cosim.workbench.document import Cell, Listing, Paragraph, Table, cells
from ebn_model.learning_rule import Decision
from ebn_model.network.evaluation import DetailedScore


def row_table(comparison: RowsComparison, links: Links) -> Table:
    """A line for each row, in the order of the neurons; the missing ones are shown as missing."""
    header = (
        "row",
        "pulses",
        "one step",
        "in dead band",
        "trajectory",
        "ΔI_mem RMS (nA)",
        "|Δw| mean, max (LSB)",
        "final corr.",
        "own spikes: F1",
        "jitter (ms)",
        "worst decision",
        "worst synapse",
    )
    lines = {row: _row_line(row, one, links) for row, one in comparison.rows.items()}
    for row in comparison.missing:
        lines[row] = [Cell(f"{row}"), Cell("missing", passed=False), *cells(*[""] * 10)]
    caption = (
        "One step: share of decisions outside the dead band that the model makes, too, when it is "
        "given the circuit's I_mem and weight. Trajectory: share of equal decisions of two runs."
    )
    return Table(header, [lines[row] for row in sorted(lines)], caption)


def _row_line(row: int, one: RowComparison, links: Links) -> list[Cell]:
    counts, weights, membrane = one.counts, one.weights, one.membrane
    rms = membrane.i_mem_rms
    decision, synapse = one.worst_decision, next(iter(one.weight_deviations), None)
    columns = cells(
        f"{row}",
        f"{counts.pulses}",
        f"{counts.one_step_agreement:.2%}",
        f"{counts.inside.sum()}",
        f"{counts.trajectory_agreement:.2%}",
        "–" if rms is None else f"{rms * 1e9:.4f}",
        f"{weights.mean_abs.mean():.3f}, {weights.greatest.max():.0f}",
        f"{one.final_correlation:.4f}",
        f"{membrane.spikes.f1:.3f}",
        _jitter(membrane.spikes),
    )
    worst = Cell("none") if decision is None else reason_cell(decision, links)
    return [*columns, worst, Cell("none") if synapse is None else synapse_cell(synapse, links)]


def _jitter(spikes: SpikeMatch) -> str:
    return f"{spikes.jitter * 1e3:.3f}" if spikes.matched else "–"


def confusion_tables(counts: DecisionCounts) -> list[Table]:
    """One step ahead outside and inside the dead band, and along the trajectories."""
    captions = {
        "outside": "One step ahead, outside the dead band",
        "inside": "One step ahead, inside the dead band, where either decision is right",
        "trajectory": "Along the trajectories, all decisions",
    }
    return [
        Table(
            ("circuit", *(f"model {name}" for name in Decision.__members__)),
            [
                cells(name, *(f"{number}" for number in line))
                for name, line in zip(Decision.__members__, getattr(counts, which), strict=True)
            ],
            caption,
        )
        for which, caption in captions.items()
    ]


def network_table(scores: Mapping[str, DetailedScore]) -> Table | Paragraph:
    """Scores of the whole network by its codes."""
    if not scores:
        return Paragraph("Not scored.")
    header = (
        "codes",
        "decoding error",
        "unscaled error",
        "error, paper's formula",
        "rate (Hz)",
        "E/I correlation",
        "E/I lag (ms)",
    )
    rows = [
        cells(
            name,
            *(f"{value:.4f}" for value in (one.decoding_error, one.unscaled_error)),
            f"{one.paper_error:.4f}",
            f"{one.rate:.2f}",
            _or_dash(one.balance),
            _or_dash(one.lag and one.lag * 1e3),
        )
        for name, one in scores.items()
    ]
    return Table(header, rows, "Means over validation trials without learning, of the model")


def provenance_blocks(
    outcome: ReplayOutcome, tolerances: ReplayTolerances
) -> list[Listing | Table]:
    """All that it takes to repeat the run."""
    source = outcome.provenance
    facts = {
        **{f"seed of {name}": f"{seed}" for name, seed in source.seeds.items()},
        **dict(source.versions),
        "sources, SHA-256": source.sources,
    }
    settings = {**source.configuration, "tolerances": tolerances.model_dump()}
    return [
        Listing(source.command),
        Table(("", "value"), [cells(name, value) for name, value in facts.items()]),
        Listing(json.dumps(settings, indent=2, ensure_ascii=False)),
    ]


def _or_dash(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
