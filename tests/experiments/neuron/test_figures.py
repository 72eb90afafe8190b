from dataclasses import replace

import numpy as np
import pytest
from experiment_calls import read_experiment
from fake_circuit import CONFIG
from PIL import Image
from synthetic import neuron_parameters

from cosim.experiments.neuron.figures import draw, make_figure
from cosim.experiments.neuron.views import Results
from ebn_model.learning_neuron import LearningNeuron


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose I_mem goes through the decision window."""
    config = tmp_path_factory.mktemp("run") / "config.toml"
    config.write_text(CONFIG.replace("count = 5", "count = 20").replace('"30 ms"', '"110 ms"'))
    neuron = LearningNeuron(neuron_parameters(i_omega=1e-12))
    return neuron.run(read_experiment(config).stimulus.stimulus())


@pytest.fixture
def results(run):
    neuron = LearningNeuron(neuron_parameters(i_omega=1e-12))
    runs = dict.fromkeys(("transistor", "mixed", "model"), run)
    return Results(runs=runs, neuron=neuron, published=run.spikes)


def parts(results):
    """The axes of a figure by name, and the figure."""
    figure = make_figure(results, "a title")
    return dict(zip(("current", "zoom", "weight"), figure.axes, strict=True)), figure


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_axes_name_quantity_and_unit(results):
    axes, figure = parts(results)
    assert axes["current"].get_ylabel() == axes["zoom"].get_ylabel() == "$I_{mem}$ (nA)"
    assert axes["weight"].get_ylabel() == "weight (LSB)"
    assert axes["weight"].get_xlabel() == axes["zoom"].get_xlabel() == "time (ms)"
    assert figure.get_suptitle() == "a title"


def test_the_legend_names_every_source(results):
    _, figure = parts(results)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["transistor", "mixed", "model", "published"]


def test_currents_are_in_nanoampere_and_weights_on_their_own_axes(results, run):
    axes, _ = parts(results)
    for name, values in (
        ("current", run.i_mem * 1e9),
        ("weight", run.weight),
    ):
        lines = {line.get_label(): line for line in axes[name].lines}
        np.testing.assert_allclose(lines["transistor"].get_ydata(), values)
        np.testing.assert_allclose(lines["transistor"].get_xdata(), run.time * 1e3)
        assert len(lines["published"].get_xdata()) == 20
    styles = {(line.get_color(), line.get_linewidth()) for line in lines.values()}
    assert len(styles) == 4


def test_regions_and_thresholds_are_named_at_their_place(results, run):
    axes, _ = parts(results)
    assert texts(axes["current"]) == ["INC", "SL", "DEC"]
    heights = {text.get_text(): text.get_position()[1] for text in axes["zoom"].texts}
    shift = 1e-3 * run.weight[-1]
    assert heights["$I_{lower}$"] == pytest.approx(8.6 - shift)
    assert heights["$I_{upper}$"] == pytest.approx(9.4 - shift)
    assert heights["$I_{rest}$"] == pytest.approx(9.0)


def test_the_three_regions_fill_the_axes(results):
    axes, _ = parts(results)
    for name in ("current", "zoom"):
        bottoms, tops = zip(
            *(
                (area.get_paths()[0].vertices[:, 1].min(), area.get_paths()[0].vertices[:, 1].max())
                for area in axes[name].collections
            ),
            strict=True,
        )
        assert (min(bottoms), max(tops)) == pytest.approx(axes[name].get_ylim())
        assert len(bottoms) == 3


def test_the_zoom_shows_the_window_with_margins_until_the_end(results):
    axes, _ = parts(results)
    low, high = axes["zoom"].get_ylim()
    assert 7.5 < low < 8.5
    assert 9.4 < high < 10.1
    assert axes["zoom"].get_xlim()[1] == pytest.approx(110)


def test_the_zoom_shows_a_run_that_ends_outside_the_window(run):
    late = run.time >= 2 / 3 * run.time[-1]
    high = replace(run, i_mem=run.i_mem + 5e-9)
    neuron = LearningNeuron(neuron_parameters(i_omega=1e-12))
    axes, _ = parts(Results(runs={"mixed": high}, neuron=neuron, published=None))
    low, top = axes["zoom"].get_ylim()
    assert low < 8.6
    assert top > high.i_mem[late].max() * 1e9


@pytest.mark.parametrize(
    ("missing", "labels"),
    [
        ("transistor", ["mixed", "model", "published"]),
        ("mixed", ["transistor", "model", "published"]),
        ("model", ["transistor", "mixed", "published"]),
        ("published", ["transistor", "mixed", "model"]),
    ],
)
def test_what_is_missing_is_left_out(results, missing, labels):
    less = Results(
        runs={view: run for view, run in results.runs.items() if view != missing},
        neuron=None if missing == "model" else results.neuron,
        published=None if missing == "published" else results.published,
    )
    axes, figure = parts(less)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == labels
    assert bool(axes["zoom"].collections) == (missing != "model")


def test_files_open_and_are_the_same_each_time(results, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        draw(results, "a title", [folder / "figure.png", folder / "figure.pdf"])
    with Image.open(first / "figure.png") as image:
        assert image.size == (1400, 780)
        assert len(image.convert("RGB").getcolors(maxcolors=1 << 24)) > 10
    pdf = (first / "figure.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and pdf.rstrip().endswith(b"%%EOF")
    assert pdf == (second / "figure.pdf").read_bytes()
