"""The stimuli of a row in transistors: event bus and forced spikes, as a Controller.

A module of its own, so that the processes of runs load little else.
"""

from collections.abc import Mapping

import numpy as np

from cosim.rows.timeline import RowTimeline
from cosim.sources import EDGE, PRESET_UNTIL, SUPPLY
from ebn_model.row import RowStimulus

DESELECT = 2e-6
"""A synapse stays on the weight bus for so long after its pulse has begun, s."""


class TransistorRow(RowTimeline):
    """What comes to a row from outside; all logic is in the circuit."""

    probes = ()
    edge = EDGE

    def __init__(self, stimulus: RowStimulus, hold: float):
        """Begin at time 0; hold: refractory period of forced spikes, s."""
        super().__init__(stimulus.slot, stimulus.pulse_width, hold)
        self._count = len(stimulus.synapses)
        self._forced = stimulus.forced_spikes is not None
        self.add_event(PRESET_UNTIL, lambda _: self._end_preset())
        place = {pre: number for number, pre in enumerate(stimulus.synapses.tolist())}
        for rise, pre in zip(stimulus.rise_times.tolist(), stimulus.pre.tolist(), strict=True):
            self.add_pulse(rise, place[pre])
        for time in stimulus.forced_spikes if self._forced else ():
            self.add_spike(float(time))

    @property
    def levels(self) -> dict[str, float]:
        """V by source at the beginning: the bus has the first synapse's weight."""
        pins = {"vload": True} | ({"vhold": False} if self._forced else {})
        for number in range(self._count):
            pins |= {f"vinput_{number}": False, f"vselect_{number}": number == 0}
        return {source: SUPPLY * level for source, level in pins.items()}

    def add_pulse(self, rise: float, synapse: int) -> None:
        """As for all rows; the synapse leaves the bus once it has latched."""
        super().add_pulse(rise, synapse)
        self.add_event(rise + DESELECT, lambda _: self.drive(f"vselect_{synapse}", False))

    def select(self, synapse: int) -> None:
        """Its weight on the bus."""
        self.drive(f"vselect_{synapse}", True)

    def rise(self, synapse: int, values: Mapping[str, float]) -> None:
        """Its pulse begins."""
        self.drive(f"vinput_{synapse}", True)

    def fall(self, synapse: int) -> None:
        """Its pulse ends."""
        self.drive(f"vinput_{synapse}", False)

    def record(self) -> dict[str, np.ndarray]:
        """Nothing: the circuit has it all."""
        return {}

    def _end_preset(self) -> None:
        self.drive("vload", False)
        if self._count:
            self.drive("vselect_0", False)
