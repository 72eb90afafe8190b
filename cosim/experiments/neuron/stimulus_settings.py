"""The section `[stimulus]` of a file: a spike train, and the conditions of the run."""

from math import ceil
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt
from pydantic import BeforeValidator, FiniteFloat, model_validator

from cosim.replay.spike_checks import LONGEST_RUN
from cosim.workbench.settings import Section
from ebn_model.errors import InputError
from ebn_model.parameters import Bias
from ebn_model.stimulus import Stimulus, poisson_spikes, regular_spikes
from ebn_model.units import Hertz, Second, to_si

LENGTH = 0.5
"""Duration of a run whose train has no end of its own, s; that of the published simulations."""
SETTLING = 4e-3
"""The run goes on for this time after the last pulse of a train, s."""
RECOVERY = 0.2e-3
"""Least time between the pulses of a Poisson train, s."""

_TRAINS = {
    "spikes": (),
    "period": ("first_spike", "count"),
    "rate": ("seed", "start", "stop", "pause"),
}
"""The key that chooses a kind of train, and the keys that belong to it alone."""


def _confirmed(stated: Any) -> float:
    """A time in s; of a long run it has to have its unit, as 14 is often meant to be 14 ms."""
    seconds = to_si(stated, "s")
    if seconds >= LONGEST_RUN and not str(stated).endswith("s"):
        raise InputError(
            f"{stated} without a unit is in s, and circuits take hours for a run of seconds; write "
            f'"{stated} ms" if that is meant, otherwise confirm it by "{stated} s"'
        )
    return seconds


Time = Annotated[Second, BeforeValidator(_confirmed)]


class StimulusSettings(Section):
    """Stimulus of the neuron; times in s, weight in LSB, see Stimulus. A time of LONGEST_RUN or
    more has to have its unit. One of three trains:

    spikes: the times themselves.
    period: regular spikes; first_spike (default: a period after the reset), count (default: as
        many as fit).
    rate: a Poisson train, rate in Hz; seed of numpy's default generator, start (default: after
        the reset) and stop (default: as late as fits), pause: least interval between rising edges
        (default: the pulse and 0.2 ms).

    duration: default 4 ms after the last pulse, or 500 ms if the train has no end of its own.
    input_current: constant input in A instead of the bias table's i_in; or input_factor: the
        table's i_in times this.
    """

    start_weight: int = 0
    spikes: tuple[Time, ...] | None = None
    first_spike: Time | None = None
    period: Annotated[Time, Gt(0)] | None = None
    count: Annotated[int, Ge(1)] | None = None
    rate: Annotated[Hertz, Gt(0)] | None = None
    seed: Annotated[int, Ge(0)] = 0
    start: Time | None = None
    stop: Time | None = None
    pause: Annotated[Time, Gt(0)] | None = None
    pulse_width: Time = 1e-3
    duration: Time | None = None
    reset_until: Time = 0.0
    extra_synapse: bool = False
    input_current: Bias | None = None
    input_factor: Annotated[FiniteFloat, Gt(0)] = 1.0

    @model_validator(mode="after")
    def _one_train_and_one_input(self) -> "StimulusSettings":
        stated = self.model_fields_set
        chosen = [kind for kind in _TRAINS if kind in stated]
        if len(chosen) != 1:
            raise ValueError(
                f"states {' and '.join(chosen) or 'no spikes'}; "
                f"give one of {', '.join(_TRAINS)}, for a list, a regular or a Poisson train"
            )
        for kind, keys in _TRAINS.items():
            for key in keys:
                if key in stated and kind not in stated:
                    raise ValueError(f"{key} belongs to a train with {kind}, not {chosen[0]}")
        if {"input_current", "input_factor"} <= stated:
            raise ValueError("states input_current and input_factor; give one of them")
        return self

    @property
    def used_seed(self) -> int | None:
        """Seed of the random numbers in the stimulus, None where there are none."""
        return None if self.rate is None else self.seed

    def stimulus(self) -> Stimulus:
        """Stimulus of circuit and model; raises InputError where that can't be."""
        times = self._times()
        if not len(times):
            raise InputError("there is no spike before the end of the run")
        return Stimulus(
            spike_times=times,
            pulse_width=self.pulse_width,
            duration=self._duration(times),
            start_weight=self.start_weight,
            reset_until=self.reset_until,
            extra_synapse=self.extra_synapse,
        )

    def _times(self) -> np.ndarray:
        if self.spikes is not None:
            return np.array(self.spikes)
        length = LENGTH if self.duration is None else self.duration
        end = length - self.pulse_width - SETTLING
        if self.period is not None:
            return self._regular(self.period, end)
        assert self.rate is not None, "a stimulus has spikes, a period or a rate"
        return poisson_spikes(
            self.rate,
            start=self.reset_until if self.start is None else self.start,
            stop=end if self.stop is None else self.stop,
            pause=self.pulse_width + RECOVERY if self.pause is None else self.pause,
            seed=self.seed,
        )

    def _regular(self, period: float, end: float) -> np.ndarray:
        first = self.reset_until + period if self.first_spike is None else self.first_spike
        fitting = max(ceil((end - first) / period), 0)
        return regular_spikes(first, period, fitting if self.count is None else self.count)

    def _duration(self, times: np.ndarray) -> float:
        if self.duration is not None:
            return self.duration
        ends_itself = {"spikes", "count", "stop"} & self.model_fields_set
        return times.max() + self.pulse_width + SETTLING if ends_itself else LENGTH
