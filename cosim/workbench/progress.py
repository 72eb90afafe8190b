"""Progress of runs on the terminal: simulated milliseconds, what is done, and when it will end."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import mean

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Show = Callable[[int, float], None]
"""Takes the number of a run and its simulated time in s."""
AddBar = Callable[[str, Sequence[float]], Show]
"""From a label and the lengths of its runs in s to the function that takes their progress."""

EVERY = 60.0
"""Seconds after which bars are printed anew where nothing can be drawn over, as in a log file."""

_COLUMNS = (
    TextColumn("{task.description}"),
    TextColumn("{task.fields[done]} of {task.fields[runs]}"),
    BarColumn(bar_width=30),
    TextColumn("{task.fields[simulated]}"),
    TimeElapsedColumn(),
    TextColumn("remaining"),
    TimeRemainingColumn(),
)


@contextmanager
def progress_bars(console: Console | None = None) -> Iterator[AddBar]:
    """Show bars on standard error while the block runs; gives the function that adds one."""
    with Progress(*_COLUMNS, console=console or Console(stderr=True)) as progress:
        log = _Log(progress)

        def add_bar(label: str, lengths: Sequence[float]) -> Show:
            return _Bar(progress, log, label, lengths).show

        yield add_bar


class _Bar:
    """A bar of runs whose shares are their simulated times; those of runs without it an average."""

    def __init__(self, progress: Progress, log: "_Log", label: str, lengths: Sequence[float]):
        self._progress, self._log, self._lengths = progress, log, lengths
        self._length = sum(lengths)
        timed = [length for length in lengths if length]
        self._average = mean(timed) if timed else 1.0
        self._times: dict[int, float] = {}
        total = sum(length or self._average for length in lengths)
        self._bar = progress.add_task(label, total=total, runs=len(lengths), done=0, simulated="")
        self._draw()

    def show(self, number: int, reached: float) -> None:
        """Takes the simulated time of a run, s; at its end, that is its length."""
        self._times[number] = reached
        self._draw()
        self._log.go_on()

    def _draw(self) -> None:
        done = [n for n, reached in self._times.items() if _is_end(reached, self._lengths[n])]
        simulated = sum(min(reached, self._lengths[n]) for n, reached in self._times.items())
        without = sum(self._average for n in done if not self._lengths[n])
        text = f"{simulated * 1e3:5.0f} of {self._length * 1e3:.0f} ms" if self._length else ""
        self._progress.update(
            self._bar, completed=simulated + without, done=len(done), simulated=text
        )


def _is_end(reached: float, length: float) -> bool:
    # A run's last message may come a rounding error before its end; one that counts as without time
    # may tell that of a part.
    return reached >= length * (1 - 1e-9) if length else reached == 0


class _Log:
    """Prints the bars from time to time where nothing can be drawn over."""

    def __init__(self, progress: Progress):
        self._progress, self._last = progress, time.monotonic()

    def go_on(self) -> None:
        """Called when there is something new."""
        console, now = self._progress.console, time.monotonic()
        if not console.is_interactive and now - self._last > EVERY:
            self._last = now
            console.print(self._progress.get_renderable())
