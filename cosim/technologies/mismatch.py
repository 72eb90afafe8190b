"""Mismatch: each die's deviations of its transistors, drawn by their places on the chip.

A draw depends on the number of the die and on the transistor's place alone. So the same transistor
deviates alike in each view and bench that shows it, and still does when others are added.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scipy.special import ndtri

from cosim.engine.deck import Deck
from cosim.engine.devices import Alteration, Transistor
from cosim.technologies.technology import Pelgrom, Technology
from cosim.workbench.errors import DeckError

_PLACE = re.compile(r"\*place (\S+) is (\S+)")
_IDEAL = "ideal"
"""The place of what is none of the chip, as a bench's own equipment, which doesn't deviate."""


@dataclass(frozen=True)
class Mismatch:
    """Deviations of a die, for `Job.alter`.

    Threshold and current factor deviate by sigmas that go with one over the square root of the
    gate's area (Pelgrom, Duinmaijer, Welbers, JSSC 24(5), 1989).

    Attributes:
        die: its number, 0 or more.
        places: of instances on the chip, by the instance's name in the deck.
        coefficients: of the technology's models.
    """

    die: int
    places: tuple[tuple[str, str], ...]
    coefficients: tuple[Pelgrom, ...]

    def __call__(self, transistors: Sequence[Transistor]) -> Iterable[Alteration]:
        """Both deviations of each transistor.

        Raises:
            DeckError: a model for which the technology has no coefficients.
        """
        for transistor in transistors:
            place = self.place(transistor.name)
            if place is not None:
                yield from self.deviated(transistor, *normals(self.die, place))

    def deviated(self, transistor: Transistor, zvt: float, zb: float) -> Iterator[Alteration]:
        """Deviations of one transistor.

        Args:
            zvt, zb: of its threshold and of its current factor, in sigmas.

        Raises:
            DeckError: a model for which the technology has no coefficients.
        """
        threshold, factor = self._sigmas(transistor)
        nominal = transistor.parameters
        yield Alteration(transistor.name, "delvto", nominal.get("delvto", 0.0) + zvt * threshold)
        yield Alteration(transistor.name, "mulu0", nominal.get("mulu0", 1.0) * (1 + zb * factor))

    def place(self, device: str) -> str | None:
        """A device's place on the chip, from its name in the deck; None for one that is ideal."""
        path = device.removeprefix("m.").removesuffix(".m1")
        for instance, place in self.places:
            if path == instance or path.startswith(f"{instance}."):
                return None if place == _IDEAL else place + path[len(instance) :]
        return path

    def _sigmas(self, transistor: Transistor) -> tuple[float, float]:
        """Of the threshold in V, and of the current factor relative to it."""
        for one in self.coefficients:
            if transistor.model.partition(".")[0] == one.model.lower():
                p = transistor.parameters
                width, length = p["w"] * 1e6 + one.w_offset, p["l"] * 1e6 + one.l_offset
                root = math.sqrt(p.get("m", 1.0) * width * length)
                return one.avt / root, one.abeta / root
        raise DeckError(
            f"{transistor.name}: the technology has no mismatch of model {transistor.model!r}"
        )


def mismatch_of(deck: Deck, technology: Technology, die: int) -> Mismatch:
    """The mismatch of a die, in a deck whose netlists say where on the chip its instances are.

    They say so by lines of comment: `*place xread is xneuron.xanalog.xdecision.xmem`, or `is ideal`
    for what is not on the chip. Other instances are where their names say.

    Raises:
        DeckError: an instance with two places, or a technology without coefficients.
    """
    coefficients = tuple(technology.pelgrom.values())
    if not coefficients:
        raise DeckError(f"technology {technology.name} states no mismatch of its transistors")
    places: dict[str, str] = {}
    for line in deck.lines:
        if match := _PLACE.fullmatch(line.text.strip()):
            instance, place = match[1].lower(), match[2].lower()
            if places.setdefault(instance, place) != place:
                raise DeckError(f"{line}: {instance} has the place {places[instance]} already")
    # The longest name first: it is the most exact.
    order = sorted(places.items(), key=lambda item: len(item[0]), reverse=True)
    return Mismatch(die, tuple(order), coefficients)


def normals(die: int, place: str) -> tuple[float, float]:
    """Two independent unit normals of a place on a die, the same ones on every machine."""
    digest = hashlib.sha256(f"{die}/{place}".encode()).digest()
    first, second = (int.from_bytes(digest[k : k + 6], "big") for k in (0, 8))
    return _normal(first), _normal(second)


def _normal(number: int) -> float:
    """The unit normal of an integer below 2**48, all of which are equally likely."""
    return float(ndtri((number + 0.5) / 2**48))
