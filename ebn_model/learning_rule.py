"""The learning rule: a window that moves with the weight, and the decision for a value.

Plain arithmetic, so that the readable models, for scalars and arrays, and the compiled loops of
networks, which compile these functions, decide by the same lines.
"""

from enum import IntEnum


class Decision(IntEnum):
    """A decision by the change of the weight that it means, LSB; in the order of all tables."""

    INC = 1
    SL = 0
    DEC = -1


def window(weight, i_lower, i_upper, i_omega, i_sign):
    """I_lower and I_upper in A for weights in LSB; arguments as in DecisionParameters."""
    shift = i_omega * weight - i_sign * (weight < 0)
    return i_lower - shift, i_upper - shift


def decide(value, lower, upper):
    """The Decision as a number: +1 below the window, -1 above it, 0 within or at its ends."""
    return (value < lower) * 1 - (value > upper) * 1
