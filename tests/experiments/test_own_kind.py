"""The kind of experiment that docs/architecture.md shows."""

import pytest
from experiment_calls import summary_of
from pages import texts

from cosim import experiments
from cosim.cli import main

PAGE = "docs/architecture.md"


def block(language):
    """The only block of the page in a language."""
    [text] = texts(PAGE, language)
    return text


@pytest.fixture
def place(tmp_path, monkeypatch):
    folder = tmp_path / "kinds" / "weight_changes"
    folder.mkdir(parents=True)
    folder.joinpath("__init__.py").touch()
    folder.joinpath("kind.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(folder.parent)])
    tmp_path.joinpath("changes.toml").write_text(block("toml"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_runs_reports_and_draws_like_any_other(place, capsys):
    results = place / "changes_results"
    assert main(["run", "changes.toml"]) == 0
    printed = capsys.readouterr().out
    assert "Weight changes by rate" in printed and "200 Hz" in printed
    counts = summary_of(results)["weight_changes"]
    assert len(set(counts.values())) > 1 and 0 < max(counts.values()) < 50
    assert main(["report", "changes.toml"]) == 0
    capsys.readouterr()
    assert main(["figures", "changes.toml"]) == 0
    assert capsys.readouterr().out.strip() == str(results / "figure.png")


def test_what_it_does_not_take_is_refused(place, capsys):
    assert main(["run", "changes.toml", "--view", "mixed"]) == 2
    assert "of the kind 'weight_changes', which takes no --view" in capsys.readouterr().err
    assert main(["run", "changes.toml", "--scheduler", "tcp://nowhere"]) == 2
    assert "can't go to a cluster: it takes a second" in capsys.readouterr().err


def test_an_unknown_kind_gets_the_list(tmp_path, capsys):
    path = tmp_path / "odd.toml"
    path.write_text('kind = "networks"\n')
    assert main(["run", str(path)]) == 2
    message = capsys.readouterr().err
    assert (
        "unknown kind 'networks'; there are: bias_comparison, chip, dies, ledger, network, neuron"
        in message
    )


def test_the_example_is_short():
    assert len(block("python").splitlines()) < 60
