"""Runs for the causes of spread: the cells' benches, with one device at a time that deviates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cosim.cells.characterise import changed_parameters, neuron_jobs, neuron_parameters
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions, die_of
from cosim.engine.devices import Alteration, Transistor
from cosim.engine.job import Job, Vectors
from cosim.engine.simulator import simulator_versions
from cosim.experiments.calibration.behaviour import behaviour
from cosim.technologies.mismatch import Mismatch
from cosim.workbench.errors import SimulationError
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest
from ebn_model.errors import InputError

PARTS = 16
"""The devices under a bias table are shared out to so many runs. Each has an ngspice, and measures
the nominal die once, for all of its devices; what an interruption costs is one of them."""
DEVIATES = ("threshold", "current factor")
"""The parts of a deviation, in the order of `normals`."""
NO_EFFECT = 1e-5
"""A device whose threshold changes no quantity by more than this share has no effect."""


@dataclass(frozen=True)
class OneDevice:
    """The deviation of one device, for `Job.alter`; all others are nominal.

    mismatch: of the deck. place: of the device on the chip. zvt, zb: in sigmas.
    """

    mismatch: Mismatch
    place: str
    zvt: float
    zb: float

    def __call__(self, transistors: Sequence[Transistor]) -> Iterable[Alteration]:
        """Both deviations; raises DeckError as `Mismatch.deviated`."""
        for transistor in transistors:
            if self.mismatch.place(transistor.name) == self.place:
                yield from self.mismatch.deviated(transistor, self.zvt, self.zb)


@dataclass(frozen=True)
class CausesRun:
    """The devices of a part, each alone by -1 and by +1 sigma, under a bias table."""

    table: str
    conditions: Conditions
    part: int

    length = 0.0

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"causes under {self.table}, part {self.part + 1} of {PARTS}"

    @property
    def key(self) -> str:
        """Digest of all that the outcome depends on."""
        decks = [job.deck.sha256 for job in self._jobs()]
        # A nominal die's deck doesn't have them.
        coefficients = [one.model_dump() for one in self.conditions.facts.pelgrom.values()]
        parts = [*decks, coefficients, self.part, sources_digest(__name__), simulator_versions()]
        return digest(to_json(parts))

    def __call__(self, simulate: Callable[[Job], Vectors]) -> dict[str, Any]:
        """The outcome; simulate: runs a Job.

        nominal: quantities of `behaviour`. deviating: by place, and by name of what deviates, those
        at -1 and at +1 sigma, or the reason under `error` why there are none; nothing of a device
        that has no effect.
        """
        benches = [_Bench(job, self.conditions, simulate) for job in self._jobs()]
        places = sorted({place for bench in benches for place in bench.places})
        cells = _Cells(benches)
        own = places[self.part :: PARTS]
        return {
            "nominal": cells.nominal,
            "deviating": {place: cells.deviating(place) for place in own},
        }

    def _jobs(self) -> list[Job]:
        """The nominal die's benches, whose sweeps have finer steps than those of other dies."""
        return neuron_jobs(read_biases(self.table, self.conditions.technology), self.conditions)


class _Bench:
    """A bench of the nominal die, whose result is known until one of its devices deviates.

    nominal: that result. places: of its devices on the chip.
    """

    def __init__(self, job: Job, conditions: Conditions, simulate: Callable[[Job], Vectors]):
        mismatch = die_of(job.deck, conditions.of_die(0))
        assert mismatch, "every die with a number has mismatch"
        self._job, self._mismatch, self._simulate = job, mismatch, simulate
        self.places: set[str] = set()
        self.nominal = simulate(replace(job, alter=self._note))

    def _note(self, transistors: Sequence[Transistor]) -> Iterable[Alteration]:
        """Notes the devices' places, and alters nothing."""
        places = (self._mismatch.place(one.name) for one in transistors)
        self.places.update(place for place in places if place is not None)
        return ()

    def deviating(self, place: str, zvt: float, zb: float) -> Vectors:
        """The result with a device's deviations in sigmas."""
        if place not in self.places:
            return self.nominal
        return self._simulate(replace(self._job, alter=OneDevice(self._mismatch, place, zvt, zb)))


class _Cells:
    """The quantities of all benches; nominal: those of the nominal die."""

    def __init__(self, benches: list[_Bench]):
        self._benches = benches
        self._vectors = [bench.nominal for bench in benches]
        self._parameters = neuron_parameters(self._vectors)
        self.nominal = behaviour(self._parameters)

    def deviating(self, place: str) -> dict[str, list]:
        """The quantities of a device's deviations, by what deviates; {} if it has no effect."""
        high = self._quantities(place, 1.0, 0.0)
        # Threshold and current factor act through the same current, and the threshold acts more.
        if not self._differs(high):
            return {}
        return {
            "threshold": [self._quantities(place, -1.0, 0.0), high],
            "current factor": [self._quantities(place, 0.0, zb) for zb in (-1.0, 1.0)],
        }

    def _quantities(self, place: str, zvt: float, zb: float) -> dict[str, Any]:
        try:
            vectors = [bench.deviating(place, zvt, zb) for bench in self._benches]
            return behaviour(changed_parameters(vectors, self._vectors, self._parameters))
        except (SimulationError, InputError) as error:
            return {"error": " ".join(str(error).split())}

    def _differs(self, found: dict[str, Any]) -> bool:
        return "error" in found or any(
            abs(found[name] - value) > NO_EFFECT * abs(value)
            for name, value in self.nominal.items()
        )
