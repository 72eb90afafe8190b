"""Progress of a replay on the terminal: rows done, simulated time, and when it will end."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cosim.replay.parallel import OnProgress

_COLUMNS = (
    TextColumn("{task.fields[done]} of {task.fields[rows]} rows"),
    BarColumn(bar_width=30),
    TextColumn("{task.completed:5.0f} of {task.total:.0f} ms"),
    TimeElapsedColumn(),
    TextColumn("remaining"),
    TimeRemainingColumn(),
)


@contextmanager
def row_progress(
    rows: int, duration: float, console: Console | None = None
) -> Iterator[OnProgress]:
    """Show one bar on standard error while the block runs; gives what takes the rows' progress.

    rows: how many there are. duration: of each, s.
    """
    times: dict[int, float] = {}
    with Progress(*_COLUMNS, console=console or Console(stderr=True)) as progress:
        task = progress.add_task("", total=rows * duration * 1e3, rows=rows, done=0)

        def on_progress(row: int, time: float) -> None:
            times[row] = time
            # A run's last message may come a rounding error before its end.
            done = sum(reached >= duration * (1 - 1e-9) for reached in list(times.values()))
            progress.update(task, completed=sum(list(times.values())) * 1e3, done=done)

        yield on_progress
