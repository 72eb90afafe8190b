"""Progress of runs on the terminal, one bar each, in simulated milliseconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

AddBar = Callable[[str, float], Callable[[float], None]]
"""From a label and the length of a run in s to the function that takes its simulated time in s."""


@contextmanager
def progress_bars() -> Iterator[AddBar]:
    """Show bars on standard error while the block runs; gives the function that adds one."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:5.0f} of {task.total:.0f} ms"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def add_bar(label: str, length: float) -> Callable[[float], None]:
            task = progress.add_task(label, total=length * 1e3)
            return lambda time: progress.update(task, completed=time * 1e3)

        yield add_bar
