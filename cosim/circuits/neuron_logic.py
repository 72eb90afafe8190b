"""The digital part of the learning neuron, and its stimulus, in the mixed view.

A module of its own, so that the processes of runs load nothing else of the view.
"""

from collections.abc import Mapping
from operator import itemgetter

import numpy as np

from cosim.circuits.learning_logic import LearningLogic
from cosim.circuits.levels import LogicLevels
from cosim.engine.closed_loop import Action
from ebn_model.stimulus import Stimulus

WIN_INC, WIN_SL = "v(win_inc)", "v(win_sl)"


class DigitalNeuron:
    """The logic and the stimulus around the analog part, as a Controller.

    The logic acts at the middles of the input's edges, where the transistors' begins to move 2 ns
    later. All levels move within 20 ns, which costs no more time points than faster ones; so the
    pulses are as wide as the transistors', and less than 10 ns later.
    """

    probes = (WIN_INC, WIN_SL)
    edge = 20e-9

    def __init__(self, stimulus: Stimulus, sub_lsbs: int, levels: LogicLevels):
        """Begin at time 0; sub_lsbs as for LearningLogic."""
        self._levels = levels
        self._logic = LearningLogic(stimulus.start_weight, sub_lsbs)
        self._extra_synapse = stimulus.extra_synapse
        self._input, self._reset = False, stimulus.reset_until > 0
        self._decisions: list[int] = []
        self._weights: list[int] = []
        events = [(stimulus.reset_until, self._end_reset)] if self._reset else []
        events += [(time, self._rise) for time in stimulus.spike_times.tolist()]
        events += [(time, self._fall) for time in stimulus.fall_times.tolist()]
        # The latest first; sorting keeps the end of the reset before a spike at the same time.
        self._events = sorted(events, key=itemgetter(0))[::-1]

    @property
    def first_event(self) -> float | None:
        """Time of the next event, s."""
        return self._events[-1][0] if self._events else None

    @property
    def pins(self) -> dict[str, bool]:
        """Logic level by pin of the analog part."""
        extra = self._input and self._extra_synapse
        return self._logic.outputs | {"extra": extra, "extra_b": not extra, "reset": self._reset}

    @property
    def levels(self) -> dict[str, float]:
        """V by source; that of a pin is called v and its name."""
        return {f"v{pin}": self._levels.supply * level for pin, level in self.pins.items()}

    def act(self, time: float, values: Mapping[str, float]) -> Action:
        """An edge of the input, the end of the reset, or both."""
        while self._events and self._events[-1][0] <= time:
            _, event = self._events.pop()
            event(values)
        return Action(self.levels, self.first_event)

    def _end_reset(self, _values: Mapping[str, float]) -> None:
        self._reset = False

    def _rise(self, values: Mapping[str, float]) -> None:
        self._input = True
        self._logic.rise(*(self._levels.latched(values[win]) for win in self.probes))
        self._decisions.append(self._logic.decision)

    def _fall(self, _values: Mapping[str, float]) -> None:
        self._input = False
        self._logic.fall()
        self._weights.append(self._logic.weight)

    def record(self) -> dict[str, np.ndarray]:
        """The decision of each rising edge and the weight after each falling edge, LSB."""
        return {
            "decision": np.array(self._decisions, dtype=int),
            "weight": np.array(self._weights, dtype=int),
        }
