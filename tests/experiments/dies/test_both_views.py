"""Agreement of the transistor view with the mixed one, die by die."""

import pytest
from synthetic import result

from cosim.experiments.dies.both_views import views_agreement, views_checks, views_outcome

I_MEM = [9.0e-9, 9.1e-9, 9.2e-9, 9.3e-9]


def outcome(transistor, mixed, settled=True, transistor_settled=True):
    views = {"settled": settled, "transistor_settled": transistor_settled}
    return views | views_outcome(transistor, mixed)


def test_i_mem_is_compared_up_to_the_first_different_decision():
    mixed = result(I_MEM, [1, 0, 0, -1])
    transistor = result([9.0e-9, 9.102e-9, 9.195e-9, 9.9e-9], [1, 0, -1, -1])
    found = outcome(transistor, mixed)
    assert found["views_first_difference"] == 2
    assert (found["views_equal"], found["views_spikes"]) == (3, 4)
    assert found["views_i_mem_difference"] == pytest.approx(5e-12)


def test_i_mem_is_compared_at_all_spikes_where_all_decisions_are_equal():
    mixed = result(I_MEM, [1, 0, 0, -1])
    transistor = result([*I_MEM[:3], 9.307e-9], [1, 0, 0, -1])
    found = outcome(transistor, mixed)
    assert found["views_first_difference"] is None
    assert found["views_i_mem_difference"] == pytest.approx(7e-12)


def test_dies_are_judged_together():
    alike = result(I_MEM, [1, 0, 0, -1])
    other = result([9.0e-9, 9.1e-9, 9.212e-9, 9.9e-9], [1, 0, -1, -1])
    found = views_agreement(
        {
            1: outcome(alike, alike),
            2: outcome(other, alike, transistor_settled=False),
            3: {"error": "Timestep too small"},
        }
    )
    assert (found.alike, found.settled.settled, found.mixed.settled) == (1, 1, 2)
    assert (found.equal_decisions, found.spikes, found.mixed.dies) == (7, 8, 2)
    *_, difference = views_checks("short", found, dead_band=10e-12)
    assert (difference.passed, difference.measured) == (False, "0.012 nA")
    *_, difference = views_checks("short", found, dead_band=13e-12)
    assert difference.passed is True


def test_dies_of_one_view_have_no_agreement():
    assert views_agreement({1: {"settled": True}, 2: {"error": "no"}}) is None
