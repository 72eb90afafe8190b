from dataclasses import asdict, replace

import numpy as np
import pytest
from synthetic_rows import run, stimulus

from cosim.experiments.replay.network_scores import codes_of_rows, network_scores
from ebn_model.chip.mapping import weights_of_codes
from ebn_model.chip.network import ChipNetwork, chip_state
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.network.balance import balance, input_currents
from ebn_model.network.decoding import decoding_error
from ebn_model.network.evaluation import draw_trial, mean_score, validation_scores
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.seeds import Purpose

TASK = TaskParameters(duration=0.15, validation=2)
SEED = 3


@pytest.fixture(scope="module")
def network():
    return ChipNetwork.build(ChipParameters(neurons=6, noise=20e-12), seed=1)


@pytest.fixture(scope="module")
def codes(network):
    return network.optimal_state.weights


def test_scores_are_those_of_the_network_with_these_codes(network, codes):
    programmed = replace(network, state=chip_state(codes, network.parameters))
    expected = mean_score(validation_scores(programmed, TASK, SEED))
    found = network_scores(network, {"a": codes}, TASK, SEED)["a"]
    for name, value in asdict(expected).items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-12), name


def test_the_papers_formula_and_the_balance_of_one_trial(network, codes):
    p, task = network.parameters, TASK.model_copy(update={"validation": 1})
    trial = draw_trial(p, task, SEED, Purpose.VALIDATION)
    programmed = replace(network, state=chip_state(codes, p))
    result = programmed.run(trial.command, seed=trial.seed)
    target = trial.samples / task.amplitude
    found = network_scores(network, {"a": codes}, task, SEED)["a"]
    assert found.paper_error == pytest.approx(
        decoding_error(result.output[: len(target)], target, "paper"), rel=1e-12
    )
    currents = input_currents(
        trial.command,
        result.spike_times,
        result.spike_neurons,
        weights_of_codes(codes, p),
        network.decoder,
        p,
    )
    balanced = balance(currents, p)
    assert found.balance == pytest.approx(np.mean(balanced.correlation), rel=1e-12)
    assert found.lag == pytest.approx(np.median(balanced.lag), abs=1e-12)


def test_all_codes_get_the_same_trials(network, codes):
    scores = network_scores(network, {"a": codes, "b": codes, "zero": 0 * codes}, TASK, SEED)
    assert list(scores) == ["a", "b", "zero"]
    assert scores["a"] == scores["b"]
    assert scores["zero"].rate > scores["a"].rate


def test_codes_of_another_shape_are_refused(network):
    with pytest.raises(InputError, match=r"state\.weights"):
        network_scores(network, {"a": np.zeros((5, 5))}, TASK, SEED)


def test_rows_put_their_final_codes_into_the_networks():
    given = stimulus(start_codes=(4, -4))
    result = run((8, 9, 8, 9), (1, 0, 1, 0), given)
    codes = codes_of_rows(np.full((7, 7), 9), {3: result}, {3: given})
    expected = np.full((7, 7), 9.0)
    expected[3, [2, 5]] = [6, -4]
    np.testing.assert_array_equal(codes, expected)


@pytest.mark.parametrize(("row", "stimuli"), [(7, {7: stimulus()}), (3, {})])
def test_a_row_that_is_not_there_is_refused(row, stimuli):
    with pytest.raises(InputError, match=f"row {row} is not one of the 7"):
        codes_of_rows(np.zeros((7, 7)), {row: run((), ())}, stimuli)
