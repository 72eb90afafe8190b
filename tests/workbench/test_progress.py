import io

from rich.console import Console

from cosim.workbench.progress import progress_bars


def test_progress_tells_runs_time_and_the_end():
    screen = io.StringIO()
    with progress_bars(Console(file=screen, width=100)) as add_bar:
        show = add_bar("rows", [0.1, 0.05, 0.1])
        show(2, 0.02)
        show(2, 0.08)
        show(1, 0.05)
    text = screen.getvalue()
    assert "rows 1 of 3" in text
    assert "130 of 250 ms" in text
    assert "remaining" in text


def test_runs_without_time_are_counted():
    screen = io.StringIO()
    with progress_bars(Console(file=screen, width=100)) as add_bar:
        add_bar("benches", [0.0, 0.0])(0, 0.0)
    assert "benches 1 of 2" in screen.getvalue()
