"""Figure of the correlations of the cells' quantities over dies."""

import numpy as np
from matplotlib.figure import Figure

from cosim.experiments.calibration.behaviour import QUANTITIES

SIZE = (6.4, 4.6)
MARKED = 0.5
"""Correlations beyond have their number in white, on a dark ground."""


def make_correlation_figure(names: list[str], matrix: np.ndarray, title: str) -> Figure:
    """The matrix, each element with its number; matrix: shape (names, names)."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    for row, column in np.ndindex(matrix.shape):
        colour = "white" if abs(matrix[row, column]) > MARKED else "0.2"
        text = f"{matrix[row, column]:.2f}".replace("0.", ".")
        axes.text(column, row, text, ha="center", va="center", fontsize=5, color=colour)
    labels = [QUANTITIES[name].text for name in names]
    axes.set_yticks(range(len(names)), labels, fontsize=6)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=6)
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=8)
    figure.colorbar(image, label="correlation over dies")
    return figure
