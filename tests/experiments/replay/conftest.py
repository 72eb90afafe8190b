import fake_rows
import pytest

from cosim.experiments.replay import report


@pytest.fixture
def solver(monkeypatch):
    """Stand-in for the rows' circuits, whose figures are not drawn."""
    monkeypatch.setattr(report, "save", lambda draw, paths: [p.write_bytes(b"PNG") for p in paths])
    return fake_rows.install(monkeypatch)
