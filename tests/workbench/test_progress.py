import io

import pytest
from rich.console import Console

from cosim.workbench import progress
from cosim.workbench.progress import progress_bars


@pytest.fixture
def screen():
    return io.StringIO()


def test_progress_tells_runs_time_and_the_end(screen):
    with progress_bars(Console(file=screen, width=100)) as add_bar:
        show = add_bar("rows", [0.1, 0.05, 0.1])
        show(2, 0.02)
        show(2, 0.08)
        show(1, 0.05)
    text = screen.getvalue()
    assert "rows 1 of 3" in text
    assert "130 of 250 ms" in text
    assert "remaining" in text


def test_runs_without_time_are_counted(screen):
    with progress_bars(Console(file=screen, width=100)) as add_bar:
        show = add_bar("benches", [0.0, 0.0, 0.0])
        show(0, 0.0)
        # of a part of the second one
        show(1, 0.02)
    text = screen.getvalue()
    assert "benches 1 of 3" in text
    assert "ms" not in text


@pytest.mark.parametrize("lengths", [[0.0] * 4, [0.5, 0.5, 0.0, 0.0]])
def test_half_of_the_runs_are_half_of_the_bar(monkeypatch, screen, lengths):
    monkeypatch.setattr(progress, "_COLUMNS", [progress.TextColumn("{task.percentage:.0f} %")])
    with progress_bars(Console(file=screen, width=100)) as add_bar:
        show = add_bar("dies", lengths)
        show(1, lengths[1])
        show(2, lengths[2])
    assert screen.getvalue().strip() == "50 %"


def test_a_log_is_told_from_time_to_time(monkeypatch, screen):
    with progress_bars(Console(file=screen, width=100)) as add_bar:
        show = add_bar("trial", [1.0])
        show(0, 0.2)
        assert not screen.getvalue()
        monkeypatch.setattr(progress, "EVERY", 0.0)
        show(0, 0.3)
        assert "300 of 1000 ms" in screen.getvalue()


def test_a_terminal_has_one_bar(monkeypatch, screen):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    terminal = Console(file=screen, width=100, force_terminal=True, force_interactive=True)
    with progress_bars(terminal) as add_bar:
        bars = screen.getvalue().count("\n")
        add_bar("trial", [1.0])(0, 0.3)
        assert screen.getvalue().count("\n") == bars
