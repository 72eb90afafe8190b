"""The learning neuron's logic in Python: the counterpart of netlists/cells/learning_logic.cir."""

from ebn_model.weight_counter import WeightCounter


def latched_decision(win_inc: bool, win_sl: bool) -> int:
    """The decision in LSB for what the latches take of the decision circuit's outputs.

    SL, else INC, else DEC.
    """
    if win_sl:
        return 0
    return 1 if win_inc else -1


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
        """Weight that the DAC sees, LSB."""
        return self._counter.weight

    @property
    def fraction(self) -> int:
        """Value of the counter's bits below the weight's."""
        return self._counter.fraction

    def rise(self, win_inc: bool, win_sl: bool) -> None:
        """Rising edge of the input: latch the decision circuit's outputs."""
        self._pulse = True
        self.decision = latched_decision(win_inc, win_sl)

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
