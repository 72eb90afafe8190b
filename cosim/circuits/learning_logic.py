"""The learning neuron's logic in Python: twin of netlists/cells/learning_logic.cir."""

from ebn_model.weight_counter import WeightCounter

LATCH_THRESHOLD = 0.8
"""A latch takes a voltage above this for a 1, V: where its inverter switches in generic180."""


def latched_decision(v_win_inc: float, v_win_sl: float) -> int:
    """The decision in LSB for the decision circuit's outputs in V: SL, else INC, else DEC.

    An output between the levels is what the latch would make of it.
    """
    if v_win_sl > LATCH_THRESHOLD:
        return 0
    return 1 if v_win_inc > LATCH_THRESHOLD else -1


class LearningLogic:
    """Pulse interface, latches, counter and magnitude encoder of one plastic synapse.

    decision: what the last rising edge latched, LSB.
    """

    def __init__(self, start_weight: int, sub_lsbs: int = 0, fraction: int | None = None):
        """Begin without a pulse; arguments as for WeightCounter."""
        self._counter = WeightCounter(start_weight, sub_lsbs, fraction)
        self._pulse = False
        self.decision = 0

    @property
    def weight(self) -> int:
        """What the DAC sees, LSB."""
        return self._counter.weight

    @property
    def fraction(self) -> int:
        """Value of the counter's bits below the weight's."""
        return self._counter.fraction

    def rise(self, v_win_inc: float, v_win_sl: float) -> None:
        """Rising edge of the input: latch the decision circuit's outputs, in V."""
        self._pulse = True
        self.decision = latched_decision(v_win_inc, v_win_sl)

    def fall(self) -> None:
        """Falling edge of the input: count."""
        self._pulse = False
        self._counter.step(self.decision)

    @property
    def outputs(self) -> dict[str, bool]:
        """Logic level by pin of the cell, those that the analog part needs."""
        pulse, weight = self._pulse, self.weight
        sign = weight < 0
        magnitude = {f"m{bit}": bool(weight >> bit & 1) != sign for bit in range(5)}
        return magnitude | {
            "sign": sign,
            "sign_b": not sign,
            "pulse_exc": pulse and not sign,
            "pulse_inh": pulse and sign,
            "pulse_b": not pulse,
        }
