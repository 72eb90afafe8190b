"""The digital part of a row, and its stimulus, in the views whose logic is digital.

A module of its own, so that the processes of runs load little else.
"""

from collections.abc import Mapping

import numpy as np

from cosim.circuits.learning_logic import LearningLogic
from cosim.circuits.levels import LogicLevels
from cosim.circuits.neuron_logic import WIN_INC, WIN_SL
from cosim.circuits.row_timeline import RowTimeline, on_tick
from cosim.workbench.errors import SimulationError
from ebn_model.row import RowStimulus

DAC_PINS = (*(f"m{bit}" for bit in range(5)), "sign", "pulse_exc", "pulse_inh", "pulse_b")
"""Pins of a DAC, in the order of steered_dac."""
BUS_PINS = {**{f"m{bit}": f"b{bit}" for bit in range(5)}, "sign": "sign", "sign_b": "sign_b"}
"""Node of the weight bus by pin of the logic."""


class DigitalRow(RowTimeline):
    """Memory, counters and bus of a row, for a number of DACs, as a Controller.

    With a DAC for each synapse it has its weight at all times. With fewer, a spike takes the first
    free one, which gets the weight as it comes on the bus.
    """

    probes = (WIN_INC, WIN_SL)
    edge = 20e-9

    def __init__(
        self,
        stimulus: RowStimulus,
        dacs: int,
        levels: LogicLevels,
        step: float | None = None,
    ):
        """Begin at time 0.

        dacs: number of DACs. step: where a run in step with others stopped at each multiple of
        this time in s, this one does too, and so computes the same to the last bit.
        """
        super().__init__(stimulus.slot, stimulus.pulse_width, levels)
        starts = zip(stimulus.start_codes, stimulus.start_fractions, strict=True)
        self._logic = [
            LearningLogic(int(code), stimulus.sub_lsbs, int(fraction)) for code, fraction in starts
        ]
        self._dacs = dacs
        own = dacs == len(self._logic)
        self._dac_of = {synapse: synapse for synapse in range(dacs)} if own else {}
        self._own_dacs = own
        if step:
            for number in range(1, int(stimulus.duration / step * (1 - 1e-9)) + 1):
                self.add_stop(number * step, lambda _: None)
        forced = stimulus.forced_spikes
        self._forced = forced is not None
        self._pulses: list[list[int]] = []
        self._running: dict[int, list[int]] = {}
        self._names = stimulus.synapses.tolist()
        place = {pre: number for number, pre in enumerate(self._names)}
        for rise, pre in zip(stimulus.rise_times.tolist(), stimulus.pre.tolist(), strict=True):
            self.add_pulse(rise, place[pre])
        for time in () if forced is None else forced:
            self.add_spike(float(time))

    @property
    def levels(self) -> dict[str, float]:
        """V by source at the beginning: the bus has the first synapse's weight."""
        first = self._logic[:1] or [LearningLogic(0)]
        logic = self._logic if self._own_dacs else first * self._dacs
        pins = {f"v{BUS_PINS[pin]}": level for pin, level in _bus(first[0]).items()}
        for dac, synapse in enumerate(logic):
            pins |= {f"v{pin}_{dac}": synapse.outputs[pin] for pin in DAC_PINS}
        pins |= {"vforce_b": True} if self._forced else {}
        return {source: self._levels.supply * level for source, level in pins.items()}

    def select(self, synapse: int) -> None:
        """Weight on the bus and, where it has none of its own, into a DAC."""
        if not self._own_dacs:
            self._take_dac(synapse)
        for pin, level in _bus(self._logic[synapse]).items():
            self.drive(f"v{BUS_PINS[pin]}", level)

    def rise(self, synapse: int, values: Mapping[str, float]) -> None:
        """Latch and begin to drive."""
        logic = self._logic[synapse]
        logic.rise(*(self._levels.latched(values[win]) for win in self.probes))
        self._drive_dac(synapse)
        pulse = [logic.decision, logic.weight, logic.weight]
        self._pulses.append(pulse)
        self._running[synapse] = pulse

    def fall(self, synapse: int) -> None:
        """Count and cease to drive."""
        logic = self._logic[synapse]
        logic.fall()
        self._running.pop(synapse)[-1] = logic.weight
        self._drive_dac(synapse)
        if not self._own_dacs:
            del self._dac_of[synapse]

    def record(self) -> dict[str, np.ndarray]:
        """Decision at each rising edge, weight before and after it, and the counters at the end."""
        pulses = np.array(self._pulses, dtype=int).reshape(-1, 3)
        return {
            "decision": pulses[:, 0],
            "weight_before": pulses[:, 1],
            "weight_after": pulses[:, 2],
            "final_codes": np.array([logic.weight for logic in self._logic], dtype=int),
            "final_fractions": np.array([logic.fraction for logic in self._logic], dtype=int),
        }

    def _take_dac(self, synapse: int) -> None:
        free = set(range(self._dacs)) - set(self._dac_of.values())
        if not free:
            raise SimulationError(
                f"the synapse of neuron {self._names[synapse]} finds none of the {self._dacs} "
                f"DACs free at {self._now:g} s; take more (dacs), or the view mixed, which has one "
                "for each synapse"
            )
        self._dac_of[synapse] = min(free)
        self._drive_dac(synapse)

    def _drive_dac(self, synapse: int) -> None:
        outputs, dac = self._logic[synapse].outputs, self._dac_of[synapse]
        for pin in DAC_PINS:
            self.drive(f"v{pin}_{dac}", outputs[pin])


def digital_edges(stimulus: RowStimulus) -> np.ndarray:
    """Beginnings and ends of all edges of pulses within the run, s, ascending, shape (times,)."""
    middles = np.concatenate([stimulus.rise_times, stimulus.fall_times])
    ticks = np.array([on_tick(time) for time in middles.tolist()])
    times = np.sort(np.concatenate([ticks, ticks + DigitalRow.edge]))
    return times[times < stimulus.duration]


def _bus(logic: LearningLogic) -> dict[str, bool]:
    return {pin: logic.outputs[pin] for pin in BUS_PINS}
