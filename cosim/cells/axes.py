"""The type that benches draw on; a process that only measures need not load matplotlib for it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
else:
    Axes = Any
