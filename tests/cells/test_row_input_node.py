"""A row's input node, measured on the circuit, and what the model of the row makes of it."""

import numpy as np
import pytest

from cosim.cells.input_node import LEAST_COUPLING, input_node_job, measured_input_node
from cosim.cells.row_characterise import row_parameters
from cosim.cells.row_constants import row_constants
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.row import RowCircuit
from cosim.circuits.row_readout import I_MEM
from cosim.engine.solver_options import SolverOptions
from cosim.engine.worker import run_all
from cosim.workbench.errors import SimulationError
from cosim.workbench.places import NETLISTS, in_project
from ebn_model.chip.row import ChipRow
from ebn_model.parameters import InputNodeParameters
from ebn_model.row import RowStimulus

SECOND = NETLISTS / "second_version"
pytestmark = pytest.mark.ngspice


def test_in_the_first_version_it_counts_for_too_little():
    """Its pair is a sixth as wide: by the same measurement it takes I_mem along by 0.12 %."""
    biases, known = read_biases("network"), row_constants("network", Conditions())
    assert row_parameters(known, biases).input_node == InputNodeParameters()


def test_measured_anew_it_is_the_same():
    with in_project(SECOND):
        known = row_constants("network", Conditions())
        measured = row_parameters(known, read_biases("network")).input_node
    assert known.input_node.coupling > 1.5 * LEAST_COUPLING
    assert measured.charge == pytest.approx(known.input_node.charge, rel=0.02)
    assert measured.coupling == pytest.approx(known.input_node.coupling, rel=0.02)


@pytest.mark.parametrize("factor", [0.95, 1.02])
def test_a_row_whose_input_comes_back_otherwise_is_refused(factor):
    """A membrane that loses 5 %, or gains 2 %, once the input is back."""
    with in_project(SECOND):
        biases, known = read_biases("network"), row_constants("network", Conditions())
        [vectors] = run_all([input_node_job(biases)])
        changed = np.where(vectors["time"] > 2.2e-3, factor, 1.0) * vectors[I_MEM]
        with pytest.raises(SimulationError, match="no charge of the input node explains"):
            measured_input_node({**vectors, I_MEM: changed}, known, biases)


def test_the_model_follows_the_circuit_where_excitation_brings_an_input_back():
    """An input that takes all for 15 ms, and five pulses of 10 LSB, which have to lift the node
    each time; by a solver that follows its charge."""
    rises = 5e-3 + 3e-3 * np.arange(5)
    stimulus = RowStimulus(
        rises,
        np.arange(5),
        np.arange(5),
        np.full(5, 10),
        pulse_width=1e-3,
        slot=1e-4,
        duration=25e-3,
        input_times=np.array([2e-3, 2.01e-3, 20e-3, 20.01e-3]),
        input_current=np.array([0, -1.5e-9, -1.5e-9, 0]),
        forced_spikes=np.empty(0),
    )
    solver = SolverOptions(trtol=1, chgtol=1e-15, abstol=1e-14, max_step=2e-5)
    with in_project(SECOND):
        neuron = row_constants("network", Conditions())
        circuit = RowCircuit(solver=solver)
        [vectors] = run_all([circuit.job(stimulus, "row without input")])
        found = circuit.result(stimulus, vectors)
    ideal = neuron.model_copy(update={"input_node": InputNodeParameters()})
    after = np.array([19e-3, 24e-3])
    with_node, without = (
        np.interp(after, model.time, model.i_mem) - np.interp(after, found.time, found.i_mem)
        for model in (ChipRow(one).run(stimulus) for one in (neuron, ideal))
    )
    assert (without > 60e-12).all()
    assert (np.abs(with_node) < 30e-12).all()
