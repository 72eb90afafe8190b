import pytest
from pydantic import ValidationError

from cosim.circuits.mixed_neuron import MIXED_SOLVER, MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.row import DIGITAL_SOLVER, TRANSISTOR_SOLVER
from cosim.engine.solver_options import SolverOptions

BOUNDS = {
    "xmu": (0.1, 0.5, "unstable"),
    "reltol": (1e-8, 1e-3, "one time step"),
    "abstol": (1e-18, 1e-9, "currents are smaller"),
    "vntol": (1e-9, 1e-4, "weak inversion"),
    "gmin": (5e-15, 1e-12, "loads nodes"),
    "chgtol": (1e-18, 1e-11, "charges are smaller"),
    "trtol": (1.0, 100.0, "one time step"),
    "max_step": (1e-7, 1e-3, "a pulse fits"),
}


@pytest.mark.parametrize(("name", "bounds"), BOUNDS.items())
def test_each_option_has_two_bounds_with_a_reason(name, bounds):
    least, most, reason = bounds
    for value in (least, most):
        assert getattr(SolverOptions(**{name: value}), name) == value
    with pytest.raises(ValidationError, match=rf"{name}\n.*is below {least:g}, where \w+"):
        SolverOptions(**{name: least * 0.99})
    with pytest.raises(ValidationError, match=rf"is above {most:g}, where .*{reason}"):
        SolverOptions(**{name: most * 1.01})


def test_every_number_is_bounded():
    numbers = [name for name, value in SolverOptions() if isinstance(value, float)]
    assert numbers == list(BOUNDS)


@pytest.mark.parametrize(
    ("options", "looser"),
    [
        ({}, []),
        ({"trtol": 20}, ["trtol = 20 (tested 10)"]),
        ({"trtol": 7, "reltol": 1e-6, "max_step": 5e-5, "bypass": 0, "gmin": 5e-15}, []),
        (
            {"reltol": 1e-4, "abstol": 1e-14, "vntol": 1e-5},
            [
                "reltol = 0.0001 (tested 1e-05)",
                "abstol = 1e-14 (tested 1e-15)",
                "vntol = 1e-05 (tested 1e-06)",
            ],
        ),
        ({"gmin": 1e-13}, ["gmin = 1e-13 (tested 1e-14)"]),
        ({"chgtol": 1e-12}, ["chgtol = 1e-12 (tested 1e-13)"]),
        ({"max_step": 2e-4}, ["max_step = 0.0002 (tested 0.0001)"]),
        ({"max_step": 5e-5}, ["max_step = 5e-05 (tested 0.0001) with bypass = 1"]),
        ({"method": "gear"}, ["method = gear (tested trap)"]),
        ({"xmu": 0.4}, ["xmu = 0.4 (tested 0.49)"]),
        ({"xmu": 0.5}, ["xmu = 0.5 (tested 0.49)"]),
    ],
)
def test_what_is_looser_is_told(options, looser):
    assert SolverOptions(**options).looser_than(SolverOptions()) == looser


def test_bypass_is_looser_where_it_is_not_tested():
    told = SolverOptions().looser_than(SolverOptions(bypass=0))
    assert told == ["bypass = 1 (tested 0)"]


def test_each_view_has_options_that_are_within_the_bounds():
    for options in (SolverOptions(), MIXED_SOLVER, TRANSISTOR_SOLVER, DIGITAL_SOLVER):
        assert SolverOptions.model_validate(options.model_dump()) == options
    assert TransistorCircuit.tested_solver == SolverOptions(trtol=2)
    assert MixedCircuit.tested_solver == MIXED_SOLVER
