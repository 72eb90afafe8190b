"""Costs of potentials around a spike, of numbers, arrays or sympy's expressions.

v: of a neuron before the spike of another one, whose kick moves it, both in the same unit.
"""


def mirror(v, kick):
    """Square of the mean of the potentials before and after a spike."""
    return (v + kick / 2) ** 2


def after(v, kick):
    """Square of the potential after a spike."""
    return (v + kick) ** 2
