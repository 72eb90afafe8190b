import numpy as np
import pytest

from ebn_model.network.mismatch import LEAST_FACTOR, draw_mismatch
from ebn_model.network.parameters import MismatchParameters


def draw(neurons=40, seed=1, **parameters):
    return draw_mismatch(MismatchParameters(**parameters), neurons, np.random.default_rng(seed))


def test_without_mismatch_all_devices_are_nominal():
    chip = draw()
    assert chip.weight.shape == chip.stuck.shape == (40, 40)
    assert chip.threshold.shape == chip.tau_mem.shape == (40,)
    assert all((array == 1).all() for array in (chip.weight, chip.threshold, chip.tau_mem))
    assert chip.stuck.dtype == bool
    assert not chip.stuck.any()


@pytest.mark.parametrize("kind", ["weight", "threshold", "tau_mem"])
def test_only_the_named_devices_differ_by_the_named_deviation(kind):
    factors = getattr(draw(300, **{kind: 0.1}), kind)
    assert factors.mean() == pytest.approx(1, abs=0.02)
    assert factors.std() == pytest.approx(0.1, rel=0.1)
    others = {"weight", "threshold", "tau_mem"} - {kind}
    assert all((getattr(draw(300, **{kind: 0.1}), name) == 1).all() for name in others)


@pytest.mark.parametrize("kind", ["weight", "threshold", "tau_mem"])
def test_a_seed_is_one_chip_at_any_deviation(kind):
    small = getattr(draw(**{kind: 0.05}), kind)
    large = getattr(draw(**{kind: 0.2, "stuck": 0.1}), kind)
    assert large - 1 == pytest.approx(4 * (small - 1))
    assert not np.allclose(large, getattr(draw(seed=2, **{kind: 0.2}), kind))


def test_devices_differ_independently():
    chip = draw(400, threshold=0.2, tau_mem=0.2)
    assert abs(np.corrcoef(chip.threshold, chip.tau_mem)[0, 1]) < 0.15


def test_no_factor_falls_to_zero_or_below():
    factors = draw(200, weight=1.0).weight
    assert factors.min() == LEAST_FACTOR > 0
    assert np.mean(factors == LEAST_FACTOR) == pytest.approx(0.184, abs=0.01)


def test_stuck_synapses_are_a_share_that_only_grows():
    few, many = (draw(100, stuck=share).stuck for share in (0.05, 0.2))
    assert few.mean() == pytest.approx(0.05, abs=0.01)
    assert many.mean() == pytest.approx(0.2, abs=0.02)
    assert many[few].all()
    assert draw(stuck=1.0).stuck.all()
