"""Style of figures: a journal's width, and colours for all kinds of colour vision."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

WIDTH = 7.0
"""Width in inches: two columns of a journal page."""

# Okabe and Ito's colours, distinct in grey, too.
BLUE, VERMILION, SKY, ORANGE, GREEN, PURPLE, YELLOW = (
    "#0072B2",
    "#D55E00",
    "#56B4E9",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#F0E442",
)
DASHED, DOTTED = (0, (4, 2)), (0, (1, 1))

Amount = TypeVar("Amount", float, np.ndarray)

_STYLE: Any = {
    "font.size": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 8,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "mathtext.default": "regular",
    "pdf.fonttype": 42,
}


def save(make_figure: Callable[[], Figure], paths: Iterable[Path]) -> None:
    """Make a figure in our style and save it in the format of each path's suffix."""
    with mpl.rc_context(_STYLE):
        figure = make_figure()
        for path in paths:
            # Without a date the same results give the same file.
            metadata = {"CreationDate": None} if path.suffix == ".pdf" else None
            figure.savefig(path, dpi=200, metadata=metadata)


def milli(seconds: Amount) -> Amount:
    """From s to ms."""
    return seconds * 1e3


def nano(amperes: Amount) -> Amount:
    """From A to nA."""
    return amperes * 1e9


def plain_number(value: float, _place: int) -> str:
    """Label of a tick without powers of ten, for Axis.set_major_formatter."""
    return f"{value:g}"
