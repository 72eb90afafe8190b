"""Progress of runs on the terminal: simulated milliseconds, what is done, and when it will end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Show = Callable[[int, float], None]
"""Takes the number of a run and its simulated time in s."""
AddBar = Callable[[str, Sequence[float]], Show]
"""From a label and the lengths of its runs in s to the function that takes their progress."""

_COLUMNS = (
    TextColumn("{task.description}"),
    TextColumn("{task.fields[done]} of {task.fields[runs]}"),
    BarColumn(bar_width=30),
    TextColumn("{task.completed:5.0f} of {task.total:.0f} ms"),
    TimeElapsedColumn(),
    TextColumn("remaining"),
    TimeRemainingColumn(),
)


@contextmanager
def progress_bars(console: Console | None = None) -> Iterator[AddBar]:
    """Show bars on standard error while the block runs; gives the function that adds one."""
    with Progress(*_COLUMNS, console=console or Console(stderr=True)) as progress:

        def add_bar(label: str, lengths: Sequence[float]) -> Show:
            times: dict[int, float] = {}
            runs = len(lengths)
            bar = progress.add_task(label, total=sum(lengths) * 1e3, runs=runs, done=0)

            def show(number: int, time: float) -> None:
                times[number] = time
                # A run's last message may come a rounding error before its end.
                done = sum(reached >= lengths[n] * (1 - 1e-9) for n, reached in times.items())
                progress.update(bar, completed=sum(times.values()) * 1e3, done=done)

            return show

        yield add_bar
