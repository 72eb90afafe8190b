"""Decisions with noise, in time: how often they are wrong, by the distance from the threshold.

The noise comes from a seed and is played in by a source: ngspice's own, trnoise, heeds none.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cosim.circuits.conditions import Conditions
from cosim.engine.deck import Deck
from cosim.engine.job import Job, Vectors
from cosim.engine.simulator import simulator_versions
from cosim.experiments.ledger.noise_run import NoiseRun
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest
from ebn_model.network.seeds import Purpose, generator

STEP = 50e-6
"""Of the noise, s: the decision's bandwidth is a few kHz at most."""
SAMPLE = 3e-3
"""Between two looks at the outcome, s: white noise is forgotten by then."""
WAIT = 10e-3
"""Before the first one, s."""
_PAIRS_PER_LINE = 4


@dataclass(frozen=True)
class WrongRun:
    """The decision at its lower threshold, with its own noise played in beside I_mem.

    distances: of I_mem from the threshold, in standard deviations of the noise. samples: outcomes
    at each. seed: of the noise.
    """

    table: str
    conditions: Conditions
    distances: tuple[float, ...]
    samples: int
    seed: int

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"wrong decisions under {self.table}, {self.conditions.label}"

    @property
    def length(self) -> float:
        """Simulated time, s."""
        return self._duration * len(self.distances)

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        chosen = [list(self.distances), self.samples, self.seed]
        parts = [self._noise.key, chosen, sources_digest(__name__), simulator_versions()]
        return digest(to_json(parts))

    def __call__(self, simulate: Callable[[Job], Vectors]) -> dict[str, Any]:
        """`sigma`: of the noise that was played in, A, referred to I_mem; `distances` in A,
        `samples`, and number of outcomes that are `wrong` at each."""
        job = self._noise.threshold_jobs()["lower"]
        found = self._noise.threshold_outcome(simulate(job))
        frequency, density, gain = (
            np.array(found[name]) for name in ("frequency", "density", "gain")
        )
        sigma = band_deviation(frequency, density, gain, 1 / self._duration)
        count = round(self._duration / STEP)
        wrong = []
        for number, distance in enumerate(self.distances):
            stream = generator(self.seed, Purpose.NOISE, number)
            noise = coloured(frequency, density, count, STEP, stream)
            vectors = simulate(self._transient(job, distance * sigma, noise))
            inc = self._outcomes(vectors)
            wrong.append(int((inc if distance > 0 else ~inc).sum()))
        return {
            "sigma": sigma,
            "distances": [distance * sigma for distance in self.distances],
            "samples": self.samples,
            "wrong": wrong,
        }

    @property
    def _noise(self) -> NoiseRun:
        return NoiseRun(self.table, self.conditions)

    @property
    def _duration(self) -> float:
        return WAIT + self.samples * SAMPLE

    def _transient(self, job: Job, distance: float, noise: np.ndarray) -> Job:
        """The threshold's operating point, then I_mem beside it by distance and noise, A."""
        lines = tuple(line for line in job.deck.lines if line.name != "noise")
        # The level of I_mem stays where the servo has put it, at the threshold without noise.
        times = np.arange(len(noise)) * STEP
        source = _source(times[1:], distance + noise[1:])
        tran = f".tran 1m {self._duration!r} 0 {STEP / 2!r}"
        deck: Deck = replace(job.deck, lines=lines).append(source, "noise")
        vectors = ("inc",)
        return replace(
            job, deck=deck.append(tran, "analysis"), vectors=vectors, t_stop=self._duration
        )

    def _outcomes(self, vectors: Vectors) -> np.ndarray:
        """True where INC is on, shape (samples,)."""
        times = WAIT + SAMPLE * np.arange(self.samples)
        return np.interp(times, vectors["time"], vectors["inc"]) > self.conditions.supply / 2


def coloured(
    frequency: np.ndarray, density: np.ndarray, count: int, step: float, stream: np.random.Generator
) -> np.ndarray:
    """Gaussian noise of a density, without what is slower than its length, shape (count,).

    Args:
        frequency: ascending, Hz. density: there, per sqrt(Hz). count: of samples.
        step: between them, s. stream: random numbers.
    """
    at = np.fft.rfftfreq(count, step)
    wanted = np.exp(np.interp(np.log(at[1:]), np.log(frequency), np.log(density)))
    parts = stream.standard_normal((2, len(wanted)))
    spectrum = np.zeros(len(at), complex)
    spectrum[1:] = (parts[0] + 1j * parts[1]) * wanted * np.sqrt(count / (4 * step))
    return np.fft.irfft(spectrum, count)


def band_deviation(
    frequency: np.ndarray, density: np.ndarray, gain: np.ndarray, lowest: float
) -> float:
    """Standard deviation in A of noise from `lowest` in Hz on, as the outcome sees it.

    density: A/sqrt(Hz). gain: of the outcome, relative; both of shape (frequencies,).
    """
    at = np.geomspace(lowest, frequency[-1], 2000)
    power = np.interp(np.log(at), np.log(frequency), (density * gain) ** 2)
    return float(np.sqrt(np.trapezoid(power, at)))


def _source(times: np.ndarray, currents: np.ndarray) -> str:
    pairs = [
        "0 0",
        *(f"{time:.9g} {current:.6g}" for time, current in zip(times, currents, strict=True)),
    ]
    rows = [" ".join(pairs[k : k + _PAIRS_PER_LINE]) for k in range(0, len(pairs), _PAIRS_PER_LINE)]
    return "iplayed p_mem 0 pwl(" + "\n+ ".join(rows) + ")"
