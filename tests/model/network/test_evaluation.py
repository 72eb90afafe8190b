from dataclasses import replace

import numpy as np
import pytest

from ebn_model.configurations import build_network, configuration
from ebn_model.network.decoding import decoding_error, represented, unscaled_error
from ebn_model.network.evaluation import (
    DetailedScore,
    detailed_score,
    draw_trial,
    mean_score,
    score,
    validation_scores,
)
from ebn_model.network.parameters import DecoderParameters, TaskParameters
from ebn_model.network.seeds import Purpose

TASK = TaskParameters(duration=0.3, validation=3)


@pytest.fixture(scope="module")
def network():
    return build_network(configuration("repaired"), seed=2)


@pytest.fixture(scope="module")
def trial(network):
    return draw_trial(network.parameters, TASK, 2, Purpose.TEST)


@pytest.fixture(scope="module")
def result(network, trial):
    return network.run(trial.command, seed=trial.seed)


def test_each_error_is_that_of_its_formula(network, trial, result):
    command = trial.samples / TASK.amplitude
    filtered = represented(trial.command, network.parameters)[:-1]
    output = result.output[:-1]
    found = score(network, result, trial, TASK)
    assert found.paper_error == decoding_error(output, command, "paper")
    assert found.fitted_error == decoding_error(output, command, "fitted")
    assert found.filtered_error == decoding_error(output, filtered, "fitted")
    assert found.unscaled_error == unscaled_error(output, filtered)
    assert found.rate == pytest.approx(len(result.spike_times) / (20 * 0.3))


@pytest.mark.parametrize(
    ("orientation", "target", "name"),
    [
        ("paper", "command", "paper_error"),
        ("fitted", "command", "fitted_error"),
        ("fitted", "filtered", "filtered_error"),
    ],
)
def test_the_decoding_error_is_in_the_networks_own_formula(
    network, trial, result, orientation, target, name
):
    decoder = DecoderParameters(orientation=orientation, target=target)
    parameters = network.parameters.model_copy(update={"decoder": decoder})
    found = score(replace(network, parameters=parameters), result, trial, TASK)
    assert found.decoding_error == getattr(found, name)
    assert len({found.paper_error, found.fitted_error, found.filtered_error}) == 3


def test_a_detailed_score_is_a_score_with_details(network, trial, result):
    found = detailed_score(network, result, trial, TASK)
    plain = score(network, result, trial, TASK)
    assert {name: getattr(found, name) for name in vars(plain)} == vars(plain)
    assert found.spikes == len(result.spike_times)
    assert found.interval_variation > 0


def test_too_few_spikes_tell_nothing(network, trial, result):
    silent = replace(result, spike_times=np.empty(0), spike_neurons=np.empty(0, dtype=int))
    assert detailed_score(network, silent, trial, TASK).interval_variation is None


def test_a_mean_is_over_what_is_known():
    first = DetailedScore(0.1, 0.2, 0.3, 0.4, 0.5, 6.0, 7, None, 0.5, None)
    second = DetailedScore(0.3, 0.2, 0.3, 0.4, 0.5, 8.0, 8, 0.9, 0.7, None)
    found = mean_score([first, second])
    assert found == DetailedScore(
        pytest.approx(0.2), 0.2, 0.3, 0.4, 0.5, 7.0, 7.5, 0.9, pytest.approx(0.6), None
    )


def test_validation_is_on_trials_of_their_own(network):
    scores = validation_scores(network, TASK, 2)
    assert len({one.unscaled_error for one in scores}) == 3
    assert scores == validation_scores(network, TASK, 2)
    assert mean_score(scores).rate == pytest.approx(np.mean([one.rate for one in scores]))
