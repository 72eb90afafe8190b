from functools import cache

import pytest
from experiment_calls import read_simulation

from cosim.engine import simulator
from cosim.engine.simulator import simulator_versions, versions
from cosim.experiments.network.training_run import TrainingRun
from cosim.experiments.neuron import circuit_view
from cosim.experiments.neuron.circuit_view import CircuitView
from cosim.experiments.neuron.model_view import ModelView
from cosim.experiments.study.condition import Condition
from cosim.experiments.study.condition_run import ConditionRun
from cosim.workbench import provenance
from cosim.workbench.places import ROOT
from ebn_model.configurations import CONFIGURATIONS, configuration
from ebn_model.network.parameters import TaskParameters


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of a few modules; returns what writes one of them."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    write("cosim/top.py", "from cosim import (\n    middle,  # one of them\n)\nimport numpy\n")
    write("cosim/middle.py", "def f():\n    from ebn_model.bottom import x\n")
    write("ebn_model/bottom.py", "import ebn_model.inner.deep as deep\nfrom cosim.top import y\n")
    write("ebn_model/inner/__init__.py", "from . import beside\n")
    write("ebn_model/inner/beside.py", "from ..above import z\n")
    write(
        "ebn_model/inner/deep.py",
        "if TYPE_CHECKING:\n    import cosim.typed\nelse:\n    import cosim.run\n",
    )
    write("ebn_model/above.py", "z = 1\n")
    for name in "typed", "run", "other":
        write(f"cosim/{name}.py", "z = 1\n")
    return write


def digest_of(*modules):
    return provenance.sources_digest.__wrapped__(*modules)


@pytest.mark.parametrize(
    "module",
    [
        "cosim/top.py",
        "cosim/middle.py",
        "cosim/run.py",
        "ebn_model/bottom.py",
        "ebn_model/above.py",
        "ebn_model/inner/__init__.py",
        "ebn_model/inner/beside.py",
        "ebn_model/inner/deep.py",
    ],
)
def test_digest_follows_each_imported_module(project, module):
    before = digest_of("cosim.top")
    assert digest_of("cosim.top") == before
    project(module, "changed = True\n")
    assert digest_of("cosim.top") != before


@pytest.mark.parametrize("module", ["cosim/other.py", "cosim/typed.py"])
def test_digest_leaves_other_modules_out(project, module):
    before = digest_of("cosim.top")
    project(module, "z = 2\n")
    assert digest_of("cosim.top") == before
    assert digest_of("cosim.top", "cosim.other") != before


def test_a_root_that_there_is_not_is_an_error(project):
    with pytest.raises(FileNotFoundError):
        digest_of("cosim.nosuch")


@pytest.fixture
def change(tmp_path, monkeypatch):
    """Work on a copy of this project's sources; returns what changes one of them."""
    sources = [
        path for folder in ("cosim", "ebn_model") for path in ROOT.joinpath(folder).rglob("*.py")
    ]
    for path in sources:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    provenance.sources_digest.cache_clear()

    def change(name):
        path = tmp_path / name
        path.write_text(path.read_text(encoding="utf-8") + "changed = True\n", encoding="utf-8")
        provenance.sources_digest.cache_clear()

    yield change
    provenance.sources_digest.cache_clear()


def constants_key(_):
    return ModelView(read_simulation("simulation_1")).parameters_key


def study_key(folder):
    parameters = configuration("hardware")
    condition = Condition(
        "g", "m", "s", None, "learned", "initial", 2, parameters, TaskParameters()
    )
    return ConditionRun(condition, seed=1).key


def training_key(folder):
    return TrainingRun(configuration("hardware"), TaskParameters(), 2, 1, folder).key


TRAINED_BY = ["ebn_model/network/training.py", "ebn_model/chip/kernel.py"]
NOT_TRAINED_BY = [
    "cosim/circuits/neuron.py",
    "cosim/engine/deck.py",
    "cosim/engine/ngspice.py",
    "cosim/experiments/neuron/config.py",
    "cosim/experiments/network/settings.py",
]


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("key", "module"),
    [
        (constants_key, "cosim/cells/benches/dpi_membrane.py"),
        (constants_key, "cosim/cells/benches/plastic_synapse.py"),
        (constants_key, "cosim/cells/dpi_fit.py"),
        *((study_key, module) for module in [*TRAINED_BY, "ebn_model/network/evaluation.py"]),
        *(
            (training_key, module)
            for module in [*TRAINED_BY, "cosim/experiments/network/final_trial.py"]
        ),
    ],
)
def test_what_a_result_depends_on_makes_it_stale(change, tmp_path, key, module):
    before = key(tmp_path)
    change(module)
    assert key(tmp_path) != before


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("key", "module"),
    [
        (constants_key, "cosim/circuits/mixed_neuron.py"),
        (constants_key, "cosim/cells/benches/weight_bus.py"),
        *(
            (study_key, module)
            for module in [*NOT_TRAINED_BY, "cosim/experiments/study/settings.py"]
        ),
        *((training_key, module) for module in NOT_TRAINED_BY),
    ],
)
def test_what_a_result_does_not_depend_on_leaves_it_current(change, tmp_path, key, module):
    before = key(tmp_path)
    change(module)
    assert key(tmp_path) == before


@pytest.mark.parametrize("kind", [study_key, training_key])
def test_measured_constants_are_in_a_key_by_their_values(kind, tmp_path, monkeypatch):
    before = kind(tmp_path)
    hardware = configuration("hardware")
    neuron = hardware.neuron.model_copy(update={"i_in": 2 * hardware.neuron.i_in})
    changed = hardware.model_copy(update={"neuron": neuron})
    monkeypatch.setitem(CONFIGURATIONS, "hardware", lambda: changed)
    assert kind(tmp_path) != before


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("name", "own"),
    [("transistor", {"neuron.py"}), ("mixed", {"mixed_neuron.py", "learning_logic.py"})],
)
def test_a_circuits_key_covers_the_engine_but_not_the_figures(name, own):
    covered = set()
    real = provenance.Path.read_text

    def reading(path, **options):
        covered.add(path.name)
        return real(path, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance.Path, "read_text", reading)
        patch.setattr(circuit_view, "sources_digest", provenance.sources_digest.__wrapped__)
        assert CircuitView(read_simulation("simulation_1"), name).key
    assert own | {"worker.py", "ngspice.py", "deck.py", "stimulus.py"} <= covered
    assert "figures.py" not in covered


@pytest.mark.ngspice
def test_versions_name_the_simulator():
    assert int(simulator_versions()["ngspice"]) >= 30
    assert versions()["PySpice"].startswith("1.5")


@pytest.mark.parametrize(("number", "warned"), [(36, True), (39, False), (46, False)])
def test_an_ngspice_older_than_the_oldest_tested_gets_one_warning(
    monkeypatch, caplog, number, warned
):
    monkeypatch.setattr(simulator, "ngspice_version", lambda: str(number))
    monkeypatch.setattr(simulator, "simulator_versions", cache(simulator_versions.__wrapped__))
    assert versions()["ngspice"] == versions()["ngspice"] == str(number)
    assert [record.getMessage() for record in caplog.records] == warned * [
        f"ngspice {number} is older than 39, the oldest that this project is tested with: its "
        "results may differ"
    ]
