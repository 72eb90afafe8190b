"""A row's digital part that goes in step with other rows, and is told about spikes as they come.

A module of its own, so that the processes of runs load little else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cosim.circuits.levels import LogicLevels
from cosim.circuits.neuron_readout import OUTPUT_SPIKE
from cosim.circuits.row_logic import DigitalRow
from cosim.workbench.task_process import Link
from ebn_model.row import RowStimulus


@dataclass(frozen=True)
class Step:
    """Events of a row from now on.

    until: when the row stops for the next step, s; None where it goes on to the end.
    pulses: rising edge, s, and the place of the synapse, of each pulse that is new.
    spikes: forced spikes of the neuron itself, s.
    """

    until: float | None
    pulses: list[tuple[float, int]] = field(default_factory=list)
    spikes: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """Events of a row during a step.

    decisions: place of the synapse, and decision in LSB, of each pulse that rose.
    spikes: of the neuron itself, where it spikes by itself, s.
    """

    decisions: list[tuple[int, int]]
    spikes: list[float]


class LockstepRow(DigitalRow):
    """A DigitalRow whose pulses and forced spikes come step by step."""

    def __init__(self, stimulus: RowStimulus, dacs: int, levels: LogicLevels, link: Link):
        """Begin at time 0 with the first step; the stimulus has no pulses."""
        super().__init__(stimulus, dacs, levels)
        crossing = (OUTPUT_SPIKE, levels.supply / 2)
        self.watched: tuple[str, float] | None = None if self._forced else crossing
        self._decisions: list[tuple[int, int]] = []
        self._spikes: list[float] = []
        self._link = link
        self._take_step()

    def rise(self, synapse: int, values: Mapping[str, float]) -> None:
        """As in a DigitalRow; the decision is reported."""
        super().rise(synapse, values)
        self._decisions.append((synapse, self._logic[synapse].decision))

    def crossed(self, time: float) -> None:
        """The neuron spikes."""
        self._spikes.append(time)

    def _take_step(self) -> None:
        step: Step = self._link.receive()
        for rise, synapse in step.pulses:
            self.add_pulse(rise, synapse)
        for time in step.spikes:
            self.add_spike(time)
        if step.until is not None:
            # After the pulses: what is decided at the same time belongs to this step.
            self.add_stop(step.until, lambda _: self._end_step())

    def _end_step(self) -> None:
        self._link.send(Answer(self._decisions, self._spikes))
        self._decisions, self._spikes = [], []
        self._take_step()
