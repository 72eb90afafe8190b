import fake_rows
import pytest
from small_replay import CONFIG

from cosim.experiments.replay import report


@pytest.fixture
def solver(monkeypatch):
    """Stand-in for the rows' circuits, whose figures are not drawn."""
    monkeypatch.setattr(report, "save", lambda draw, paths: [p.write_bytes(b"PNG") for p in paths])
    return fake_rows.install(monkeypatch)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(CONFIG)
    return str(path)
