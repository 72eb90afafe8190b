"""Cycles of the learning logic, for its testbench in Verilog: stimulus and expected outputs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cosim.circuits.learning_logic import LearningLogic, latched_decision
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN

PINS = (
    *("pulse_exc", "pulse_inh", "pulse_b", "m4", "m3", "m2", "m1", "m0"),
    *("q5", "q4", "q3", "q2", "q1", "q0", "q5_b", "inc", "sl"),
)
"""Pins of netlists/cells/learning_logic.cir that are outputs, in the testbench's order."""
DRIFTS = (-0.9, -0.3, 0.0, 0.3, 0.9)
"""Mean of the decisions that count, in the stretches of a random walk."""
SHARE_SL = 0.3
"""Share of decisions that don't count, in a random walk."""
PRESETS_EVERY = 200
"""Cycles from preset to preset of a random walk, on average."""

Outcome = tuple[bool, bool]
"""Levels of win_inc and win_sl."""


@dataclass(frozen=True)
class Cycle:
    """A pulse, and what comes before it.

    Attributes:
        preset: weight that is loaded before the pulse, LSB; None for no preset.
        at_rise: outcome of the comparison at the pulse's rise. afterwards: from then on.
        high, low: levels of PINS while the pulse lasts, and after it, "0" and "1".
    """

    preset: int | None
    at_rise: Outcome
    afterwards: Outcome
    high: str
    low: str

    @property
    def line(self) -> str:
        """The cycle as the testbench reads it."""
        load = self.preset is not None
        code = (self.preset or 0) & 63
        outcomes = (f"{inc:b}{sl:b}" for inc, sl in (self.at_rise, self.afterwards))
        return f"{load:b} {code:06b} {' '.join(outcomes)} {self.high} {self.low}\n"


class RandomWalk:
    """Random cycles with the outputs of the logic in Python.

    Attributes:
        decided: values of the accumulator, weight * 2**s + fraction, with the decisions made at
            them, so far.
        presets: weights that were loaded, LSB.
    """

    def __init__(self, sub_lsbs: int, seed: int):
        """sub_lsbs: bits of the counter below the weight's, 0 .. 4."""
        self.decided: set[tuple[int, int]] = set()
        self.presets: set[int] = set()
        self._sub_lsbs = sub_lsbs
        self._random = np.random.default_rng(seed)

    @property
    def is_exhaustive(self) -> bool:
        """True if every value was held, counted up and counted down, and every weight loaded."""
        weights = WEIGHT_MAX + 1 - WEIGHT_MIN
        return len(self.decided) == 3 * weights << self._sub_lsbs and len(self.presets) == weights

    def cycles(self, count: int) -> Iterator[Cycle]:
        """Walk: the first cycle has a preset."""
        logic = LearningLogic(0, self._sub_lsbs)
        stimuli = (stimulus for stretch in self._stretches(count) for stimulus in stretch)
        for preset, at_rise, afterwards in stimuli:
            if preset is not None:
                self.presets.add(preset)
                logic = LearningLogic(preset, self._sub_lsbs)
            accumulator = (logic.weight << self._sub_lsbs) + logic.fraction
            logic.rise(*at_rise)
            self.decided.add((accumulator, logic.decision))
            high = _levels(logic, at_rise)
            logic.fall()
            yield Cycle(preset, at_rise, afterwards, high, _levels(logic, at_rise))

    def _stretches(self, count: int) -> Iterator[Iterable[tuple[int | None, Outcome, Outcome]]]:
        """Presets and outcomes, in stretches that drift up, down or not."""
        done = 0
        while done < count:
            length = min(int(self._random.integers(1, 200 << self._sub_lsbs)), count - done)
            drift = float(self._random.choice(DRIFTS))
            inc, later_inc = self._random.random((2, length)) < (1 + drift) / 2
            sl, later_sl = self._random.random((2, length)) < SHARE_SL
            weights = self._random.integers(WEIGHT_MIN, WEIGHT_MAX + 1, length).tolist()
            loads = self._random.random(length) < 1 / PRESETS_EVERY
            loads[0] |= done == 0
            presets = [w if load else None for w, load in zip(weights, loads.tolist(), strict=True)]
            at_rise = zip(inc.tolist(), sl.tolist(), strict=True)
            afterwards = zip(later_inc.tolist(), later_sl.tolist(), strict=True)
            yield zip(presets, at_rise, afterwards, strict=True)
            done += length


def _levels(logic: LearningLogic, latched: Outcome) -> str:
    """Levels of PINS; latched: outcome at the last rise, which has to mean the logic's decision."""
    assert latched_decision(*latched) == logic.decision
    inc, sl = latched
    bits = {f"q{bit}": bool(logic.weight >> bit & 1) for bit in range(6)}
    levels = {**logic.outputs, **bits, "inc": inc, "sl": sl, "q5_b": not bits["q5"]}
    return "".join("01"[levels[pin]] for pin in PINS)


def write_cycles(cycles: Iterable[Cycle], path: Path) -> None:
    """Write a file for the testbench."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(cycle.line for cycle in cycles)
