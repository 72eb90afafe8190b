"""What a pulse and a train of pulses change, by the model's constants."""

import pytest
from synthetic import neuron_parameters

from cosim.experiments.calibration.behaviour import EACH, IN_TRAIN, behaviour, in_train


def leaking(parameters, factor):
    """The neuron with another leakage of its synapses."""
    synapses = {
        name: getattr(parameters, name).model_copy(
            update={"i_floor": getattr(parameters, name).i_floor * factor}
        )
        for name in ("excitatory", "inhibitory")
    }
    return parameters.model_copy(update=synapses)


def test_leakage_changes_the_kick_of_one_pulse_and_nothing_within_a_train():
    parameters = neuron_parameters()
    other = leaking(parameters, 0.1)
    kicks, other_kicks = behaviour(parameters), behaviour(other)
    trains, other_trains = in_train(parameters), in_train(other)
    assert set(trains) == set(IN_TRAIN) <= set(EACH)
    for sign in ("exc", "inh"):
        assert other_kicks[f"kick_{sign}"] < 0.97 * kicks[f"kick_{sign}"]
        assert other_trains[f"train_{sign}"] == pytest.approx(trains[f"train_{sign}"], rel=0.01)


@pytest.mark.parametrize("sign", ["exc", "inh"])
def test_a_train_moves_i_mem_in_proportion_to_the_synapse(sign):
    parameters = neuron_parameters()
    name = {"exc": "excitatory", "inh": "inhibitory"}[sign]
    synapse = getattr(parameters, name)
    stronger = synapse.model_copy(update={"i_th": synapse.i_th * 1.02})
    found = in_train(parameters.model_copy(update={name: stronger}))
    typical = in_train(parameters)
    assert found[f"train_{sign}"] == pytest.approx(1.02 * typical[f"train_{sign}"], rel=5e-3)
    other = ({"exc", "inh"} - {sign}).pop()
    assert found[f"train_{other}"] == pytest.approx(typical[f"train_{other}"], rel=1e-6)
