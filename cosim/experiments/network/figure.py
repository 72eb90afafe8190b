"""Figure 1: what a network codes before, after and with optimal weights, and how it learned."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from cosim.experiments.network.final_trial import Coded, FinalTrial
from cosim.workbench.style import BLUE, DASHED, DOTTED, GREEN, ORANGE, SKY, VERMILION, WIDTH, milli
from ebn_model.chip.parameters import ChipParameters
from ebn_model.network.training import History

HEIGHT = 7.6
"""Height in inches."""
MOST_SPIKES = 20_000
"""A raster of more is a black area, and a file too large to open: every n-th is drawn."""
_INPUT_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY)
_ROWS = ("output", "raster", "weights")


def make_figure(trial: FinalTrial, histories: list[History], parameters, title: str) -> Figure:
    """A column per state: reconstruction, raster, weights; learning curves below.

    Args:
        trial: the final trial of the first seed.
        histories: of all seeds, the first one's first.
        parameters: of the network.
        title: above all.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    names = list(trial.coded)
    axes = figure.subplot_mosaic(
        [*([f"{row} {name}" for name in names] for row in _ROWS), ["curves"] * len(names)],
        height_ratios=(1.0, 1.0, 1.6, 1.1),
    )
    extent = max(np.abs(coded.state.weights).max() for coded in trial.coded.values())
    for name, coded in trial.coded.items():
        _draw_output(axes[f"output {name}"], trial, coded)
        axes[f"output {name}"].set_title(f"{name} weights\n{_error(coded)}", fontsize=8)
        _draw_raster(axes[f"raster {name}"], trial, coded)
        image = _draw_weights(axes[f"weights {name}"], coded, extent)
    _label_first_column(axes, names)
    coded = isinstance(parameters, ChipParameters)
    row = [axes[f"weights {name}"] for name in names]
    figure.colorbar(image, ax=row, label="code (LSB)" if coded else "weight", shrink=0.9)
    _draw_curves(axes["curves"], histories)
    figure.suptitle(title, fontsize=9)
    return figure


def _error(coded: Coded) -> str:
    """The decoding error in the network's own formula, and the unscaled one."""
    score = coded.score
    return f"decoding error {score.decoding_error:.3f}\nunscaled error {score.unscaled_error:.3g}"


def _label_first_column(axes: dict[str, Axes], names: list[str]) -> None:
    for row, label in zip(_ROWS, ("signal", "neuron", "to neuron"), strict=True):
        first = axes[f"{row} {names[0]}"]
        first.set_ylabel(label)
        for name in names[1:]:
            axes[f"{row} {name}"].tick_params(labelleft=False)
    output = axes[f"output {names[0]}"]
    for label, style in (("target", DASHED), ("decoded", "-")):
        output.plot([], [], color="0.3", linestyle=style, linewidth=0.8, label=label)
    output.legend(loc="upper left", ncols=2, frameon=False, fontsize=6.5, borderpad=0.1)


def _draw_output(axes: Axes, trial: FinalTrial, coded: Coded) -> None:
    """Target and reconstruction of each input; what leaves the frame is cut."""
    time = milli(trial.time)
    pairs = zip(trial.target.T, coded.reconstruction.T, strict=True)
    for number, (target, decoded) in enumerate(pairs):
        colour = _INPUT_COLOURS[number % len(_INPUT_COLOURS)]
        axes.plot(time, target, color=colour, linewidth=0.8, linestyle=DASHED)
        axes.plot(time, decoded, color=colour, linewidth=0.8)
    axes.set_xlim(0, time[-1])
    reach = 1.5 * np.abs(trial.target).max()
    axes.set_ylim(-reach, reach)
    axes.tick_params(labelbottom=False)


def _draw_raster(axes: Axes, trial: FinalTrial, coded: Coded) -> None:
    result = coded.result
    some = slice(None, None, -(-len(result.spike_times) // MOST_SPIKES) or 1)
    axes.plot(
        milli(result.spike_times[some]),
        result.spike_neurons[some],
        color="black",
        linestyle="none",
        marker="|",
        markersize=2.6,
        markeredgewidth=0.5,
        rasterized=True,
    )
    axes.set_xlim(0, milli(trial.time[-1]))
    axes.set_ylim(-1, len(coded.state.weights))
    axes.set_xlabel("time (ms)")
    axes.set_title(f"{coded.score.spikes} spikes, {coded.score.rate:.1f} Hz/neuron", fontsize=7)


def _draw_weights(axes: Axes, coded: Coded, extent: float) -> AxesImage:
    image = axes.imshow(
        coded.state.weights, cmap="RdBu_r", vmin=-extent, vmax=extent, interpolation="nearest"
    )
    ticks = np.arange(0, len(coded.state.weights), max(1, len(coded.state.weights) // 4))
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.set_xlabel("from neuron")
    return image


def _draw_curves(axes: Axes, histories: list[History]) -> None:
    """Errors, and distance to the optimal weights, over the iterations; medians bold."""
    quantities = {
        "decoding_error": ("decoding error", BLUE, "-", "o"),
        "unscaled_error": ("unscaled error", GREEN, DOTTED, "^"),
        "distance": ("distance to optimal weights", VERMILION, DASHED, "s"),
    }
    iterations = histories[0].iteration
    for name, (label, colour, style, marker) in quantities.items():
        curves = np.array([getattr(history, name) for history in histories])
        if len(histories) > 1:
            axes.plot(iterations, curves.T, color=colour, linewidth=0.5, alpha=0.4)
        axes.plot(
            iterations,
            np.median(curves, axis=0),
            color=colour,
            linestyle=style,
            marker=marker,
            markersize=3,
            label=label,
        )
    axes.set_yscale("log")
    axes.set_xlabel("iteration")
    axes.set_ylabel("error, distance")
    axes.grid(alpha=0.3, linewidth=0.4)
    seeds = f"median of {len(histories)} seeds" if len(histories) > 1 else None
    legend = axes.legend(ncols=3, loc="upper right", fontsize=7, title=seeds, title_fontsize=7)
    legend.get_frame().set_linewidth(0)
