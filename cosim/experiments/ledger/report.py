"""The report of a ledger: verdict, tables and figure, as HTML and Markdown."""

from collections.abc import Iterator
from pathlib import Path

from cosim.cells.bench import specification_path
from cosim.cells.sheet import readable
from cosim.cells.specification import read_specification
from cosim.engine.simulator import versions
from cosim.experiments.ledger.energy_run import BLOCKS
from cosim.experiments.ledger.figure import draw_ledger
from cosim.experiments.ledger.law import fit_probability, fitted_law, inc_counts
from cosim.experiments.ledger.quantities import (
    SQUARE_MICRONS,
    decision_deviation,
    event_energy,
    layout_areas,
    supply_effect,
)
from cosim.experiments.ledger.runner import WRONG, Outcomes
from cosim.experiments.ledger.settings import Ledger
from cosim.workbench.checks import Check, information
from cosim.workbench.document import (
    Document,
    Paragraph,
    Picture,
    Section,
    Table,
    cells,
    to_html,
    to_markdown,
    verdict_table,
)
from cosim.workbench.provenance import sources_digest
from cosim.workbench.report import FIGURES, Report, StoredReport, verdict
from cosim.workbench.style import save

HTML, MARKDOWN = "report.html", "report.md"
NONE = "–"


class LedgerReport(Report):
    """A verdict with a page of its own."""

    @property
    def page(self) -> Path:
        """The report as one page, HTML."""
        return self.results / HTML


def make_report(ledger: Ledger, found: Outcomes, redraw: bool = False) -> LedgerReport:
    """Judge, and write summary, page and figure where they changed; OutputError if they can't be.

    redraw: anyway.
    """
    report = LedgerReport(ledger.title, ledger.results, [*_checks(ledger, found)])
    summary = {
        "experiment": ledger.title,
        **verdict(report),
        "technologies": found,
        "settings": ledger.settings.model_dump(mode="json"),
        "published": [one.model_dump(mode="json") for one in ledger.published],
        "versions": versions(),
        "sources": sources_digest(__name__),
    }
    document = _document(ledger, found, report)

    def write(folder: Path) -> None:
        energies = _good(found, "energy")
        static = {technology: one["static"] for technology, one in energies.items()}
        areas = {
            technology: layout_areas(one, ledger.settings.layout, technology)
            for technology, one in energies.items()
        }
        wrong = next(iter(_good(found, WRONG).values()), None)
        save(lambda: draw_ledger(static, areas, wrong), [folder / name for name in FIGURES])
        pictures = {name: (folder / name).read_bytes() for name in document.pictures}
        folder.joinpath(HTML).write_text(to_html(document, pictures), encoding="utf-8")
        folder.joinpath(MARKDOWN).write_text(to_markdown(document), encoding="utf-8")

    StoredReport(ledger.results, summary).write(write, redraw)
    return report


def _good(found: Outcomes, name: str) -> dict[str, dict]:
    """Outcomes of a run by technology, of those that didn't fail."""
    return {
        technology: runs[name]
        for technology, runs in found.items()
        if name in runs and "error" not in runs[name]
    }


def _measured(found: Outcomes, name: str) -> dict[str, dict[str, float]]:
    """Measurements of a bench, SI, by technology, where it didn't fail."""
    return {technology: one["values"] for technology, one in _good(found, name).items()}


def _checks(ledger: Ledger, found: Outcomes) -> Iterator[Check]:
    settings = ledger.settings
    for technology, one in _good(found, "energy").items():
        event = event_energy(one, settings.use)
        name = f"learning event at {settings.use.rate:g} Hz"
        text = f"{event['all'] * 1e12:.0f} pJ, {event['static'] / event['all']:.1%} static"
        yield information(technology, name, text)
    for table in dict.fromkeys((settings.biases, settings.spiking)):
        for technology, one in _good(found, f"noise {table}").items():
            yield information(
                technology,
                f"noise of I_mem and decision, {table}",
                f"{decision_deviation(one) * 1e12:.1f} pA RMS",
            )
    for technology, one in _good(found, WRONG).items():
        yield from _law_checks(technology, one, settings.wrong.probability)
    for technology, runs in found.items():
        failed = [name for name, one in runs.items() if "error" in one]
        text = ", ".join(failed) or "none"
        yield Check(technology, "runs that failed", "none", text, not failed, about_run=True)


def _law_checks(technology: str, one: dict, least: float) -> Iterator[Check]:
    """wrong decisions of a technology, outcome of a WrongRun."""
    counts = inc_counts(one)
    law = fitted_law(*counts)
    found = fit_probability(law, *counts)
    yield Check(
        technology,
        "wrong decisions follow a Gaussian law: probability of the fit",
        f"≥ {least:g}",
        f"{found:.2g}",
        found >= least,
    )
    text = f"{law.sigma * 1e12:.1f} pA ({law.sigma / one['sigma']:.2f} times that of .noise)"
    yield information(technology, "its standard deviation", text)
    yield information(technology, "its offset", f"{law.offset * 1e12:.1f} pA")


def _document(ledger: Ledger, found: Outcomes, report: Report) -> Document:
    use = ledger.settings.use
    of_use = (
        f"Transistor view, table {ledger.settings.biases}, 27 °C, nominal supply; pulses of "
        f"{use.pulse_width * 1e3:g} ms at {use.rate:g} Hz, weight {use.start_weight} at first. "
        "The bias block serves a whole chip, but counts here as a neuron's own."
    )
    layout = ledger.settings.layout
    of_layout = (
        f"No layout exists. Assumed: {layout.analog:g} times the gates' W·L for analog blocks, "
        f"{layout.logic:g} times for logic, {layout.capacitors:g} times the capacitors' plates."
    )
    sections = [
        Section("Verdict", "verdict", [verdict_table(report.checks)]),
        Section("Figure", "figure", [Picture(FIGURES[0], ledger.title, "figure-ledger")]),
        Section(
            "Energy and area",
            "energy",
            [Paragraph(of_use), Paragraph(of_layout), *_block_tables(ledger, found)],
        ),
        Section("Events", "events", [_event_table(ledger, found)]),
        Section("Delays", "delays", [_delay_table(ledger, found)]),
        Section("Noise", "noise", [_noise_table(ledger, found)]),
        Section("Supply", "supply", [_supply_table(ledger, found)]),
        Section("Published circuits", "published", [_published_table(ledger)]),
        *_failures(found),
    ]
    return Document(ledger.title, report.passed, sections)


def _block_tables(ledger: Ledger, found: Outcomes) -> Iterator[Table]:
    header = ("block", "static", "a pulse more", "transistors", "gates", "capacitors", "layout")
    for technology, one in _good(found, "energy").items():
        layout = layout_areas(one, ledger.settings.layout, technology)
        columns = (
            (one["static"], 1e9, "nW", 2),
            (one["pulse"], 1e12, "pJ", 3),
            (one["transistors"], 1, "", 0),
            (one["gates"], SQUARE_MICRONS, "µm²", 1),
            (one["capacitance"], 1e12, "pF", 2),
            (layout, 1, "µm²", 0),
        )
        rows = [
            cells(
                block,
                *(f"{v[block] * scale:.{n}f} {unit}".strip() for v, scale, unit, n in columns),
            )
            for block in BLOCKS
        ]
        totals = (
            f"{sum(v.values()) * scale:.{n}f} {unit}".strip() for v, scale, unit, n in columns
        )
        yield Table(header, [*rows, cells("all", *totals)], technology)


def _event_table(ledger: Ledger, found: Outcomes) -> Table:
    use = ledger.settings.use
    rows = []
    for technology in found:
        energy = _good(found, "energy").get(technology)
        spikes = _measured(found, "spikes").get(technology)
        event = event_energy(energy, use) if energy else None
        rows.append(
            cells(
                technology,
                *(
                    readable(event[name], "J") if event else NONE
                    for name in ("static", "pulse", "update", "all")
                ),
                readable(energy["crossing"], "J") if energy else NONE,
                readable(spikes["energy"], "J") if spikes else NONE,
            )
        )
    header = (
        "",
        f"static, {1e3 / use.rate:g} ms",
        "a pulse more",
        "a weight update more",
        "learning event in all",
        "decision becomes another",
        f"output spike ({ledger.settings.spiking})",
    )
    return Table(header, rows, "Energy by event")


def _delay_table(ledger: Ledger, found: Outcomes) -> Table:
    rows = []
    for bench, names in ledger.settings.delays.items():
        specification = read_specification(specification_path(bench))
        outcomes = _measured(found, f"delay {bench}")
        for name in names:
            measured = (
                readable(outcomes[one][name], "s") if one in outcomes else NONE for one in found
            )
            rows.append(cells(bench, specification[name].name, *measured))
    return Table(("cell", "delay", *found), rows)


def _noise_table(ledger: Ledger, found: Outcomes) -> Table:
    rows = []
    for table in dict.fromkeys((ledger.settings.biases, ledger.settings.spiking)):
        for technology, one in _good(found, f"noise {table}").items():
            parts = (
                f"{one[part]['thermal'] * 1e12:.1f}, {one[part]['flicker'] * 1e12:.1f}"
                for part in ("membrane", "lower", "upper")
            )
            together = f"{decision_deviation(one) * 1e12:.1f}"
            rows.append(cells(technology, table, *parts, together))
    header = ("", "table", "I_mem", "decision, lower threshold", "upper threshold", "together")
    caption = "Thermal and flicker noise from 0.01 Hz on, pA RMS, referred to I_mem"
    return Table(header, rows, caption)


def _supply_table(ledger: Ledger, found: Outcomes) -> Table:
    rows = []
    for technology, conditions in ledger.conditions.items():
        low, high, nominal = (
            _measured(found, f"decision {name}").get(technology)
            for name in ("low", "high", "nominal")
        )
        if not (low and high and nominal):
            rows.append(cells(technology, *(NONE,) * 4))
            continue
        volts = 2 * ledger.settings.supply_step * conditions.supply
        effect = supply_effect(low, high, volts)
        rows.append(
            cells(
                technology,
                *(
                    text
                    for name, change in effect.items()
                    for text in (
                        f"{change * 1e12:.1f} pA/V",
                        f"{100 * change * 0.1 * conditions.supply / nominal[name]:.2f} %",
                    )
                ),
            )
        )
    header = ("", "centre", "by 10 % of supply", "half-width", "by 10 % of supply")
    return Table(header, rows, "What the supply does to the thresholds at weight 0, DC")


def _published_table(ledger: Ledger) -> Table:
    rows = [
        cells(
            f"{one.name} ({one.year})",
            ", ".join(filter(None, (one.node, one.supply, one.conditions))) or NONE,
            f"{readable(one.energy, 'J')} per {one.event}" if one.energy else NONE,
            one.area or NONE,
            "yes" if one.learning else "no",
            one.source,
        )
        for one in ledger.published
    ]
    header = ("circuit", "process, supply, conditions", "energy", "area", "learns", "source")
    return Table(header, rows)


def _failures(found: Outcomes) -> Iterator[Section]:
    rows = [
        cells(technology, name, one["error"])
        for technology, runs in found.items()
        for name, one in runs.items()
        if "error" in one
    ]
    if rows:
        table = Table(("", "run", "reason"), rows)
        yield Section("Runs that failed", "failed", [table])
