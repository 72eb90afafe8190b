"""Mismatch: each die's deviations of its transistors, drawn by their places on the chip.

A draw depends on the number of the die and on the transistor's place alone. So the same transistor
deviates alike in each view and bench that shows it, and still does when others are added. What all
transistors of a kind have in common is drawn in the same way, by the kind in the place's stead.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.special import ndtri

from cosim.engine.deck import Deck
from cosim.engine.devices import Alteration, Transistor
from cosim.technologies.technology import Pelgrom, Technology
from cosim.workbench.errors import DeckError

_PLACE = re.compile(r"\*\s*place\s+(\S+)\s+is\s+(\S+)", re.I)
_LIKE_A_PLACE = re.compile(r"\*place\b|\*\s*place\s+x\S+\s+is\b", re.I)
Variation = Literal["local", "global", "both"]
"""Parts of a die's deviations: each transistor's own, that of all of a kind together, or both."""
_IDEAL = "ideal"
"""The place of what is none of the chip, as a bench's own equipment: it deviates by nothing but
what all transistors have in common."""


@dataclass(frozen=True)
class Shift:
    """Deviation of all transistors of a model: threshold in V, and current factor relative."""

    model: str
    threshold: float
    factor: float


@dataclass(frozen=True)
class Mismatch:
    """Deviations of a die, for `Job.alter`.

    Threshold and current factor deviate by sigmas that go with one over the square root of the
    gate's area (Pelgrom, Duinmaijer, Welbers, JSSC 24(5), 1989).

    Attributes:
        die: its number, 0 or more.
        places: of instances on the chip, by the instance's name in the deck.
        coefficients: of the technology's models, times the scale of the mismatch.
        local: whether each transistor deviates by itself. shifts: of all of a model; () for none.
    """

    die: int
    places: tuple[tuple[str, str], ...]
    coefficients: tuple[Pelgrom, ...]
    local: bool = True
    shifts: tuple[Shift, ...] = ()

    def __call__(self, transistors: Sequence[Transistor]) -> Iterable[Alteration]:
        """Both deviations of each transistor.

        Raises:
            DeckError: a model for which the technology has no coefficients.
        """
        for transistor in transistors:
            place = self.place(transistor.name)
            if place is not None and self.local:
                yield from self.deviated(transistor, *normals(self.die, place))
            elif self.shifts:
                # A bench's own mirrors go with the chip's, as they do at a corner.
                yield from self.deviated(transistor, 0.0, 0.0)

    def deviated(self, transistor: Transistor, zvt: float, zb: float) -> Iterator[Alteration]:
        """Deviations of one transistor, with those of its model.

        Args:
            transistor: of the deck.
            zvt: deviation of its threshold, in sigmas.
            zb: deviation of its current factor, in sigmas.

        Raises:
            DeckError: a model for which the technology has no coefficients.
        """
        threshold, factor = self._sigmas(transistor)
        nominal = transistor.parameters
        delvto = nominal.get("delvto", 0.0) + zvt * threshold
        mulu0 = nominal.get("mulu0", 1.0) * (1 + zb * factor)
        for shift in self.shifts:
            if _is_of(transistor, shift.model):
                delvto, mulu0 = delvto + shift.threshold, mulu0 * (1 + shift.factor)
        yield Alteration(transistor.name, "delvto", delvto)
        yield Alteration(transistor.name, "mulu0", mulu0)

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
            if _is_of(transistor, one.model):
                p = transistor.parameters
                width, length = p["w"] * 1e6 + one.w_offset, p["l"] * 1e6 + one.l_offset
                root = math.sqrt(p.get("m", 1.0) * width * length)
                return one.avt / root, one.abeta / root
        raise DeckError(
            f"{transistor.name}: the technology has no mismatch of model {transistor.model!r}"
        )


def mismatch_of(
    deck: Deck, technology: Technology, die: int, variation: Variation = "local", scale: float = 1.0
) -> Mismatch:
    """The mismatch of a die, in a deck whose netlists say where on the chip its instances are.

    They say so by lines of comment: `*place xread is xneuron.xanalog.xdecision.xmem`, or `is ideal`
    for what is not on the chip. Other instances are where their names say.

    scale: factor of what each transistor deviates by itself, threshold and current factor.

    Raises:
        DeckError: an instance that isn't there or has two places, a line of another form, or a
            technology without coefficients.
    """
    coefficients = tuple(_scaled(one, scale) for one in technology.pelgrom.values())
    if not coefficients:
        raise DeckError(f"technology {technology.name} states no mismatch of its transistors")
    places = _places(deck)
    # The longest name first: it is the most exact.
    order = sorted(places.items(), key=lambda item: len(item[0]), reverse=True)
    shifts = () if variation == "local" else tuple(_shifts(technology, die))
    return Mismatch(die, tuple(order), coefficients, variation != "global", shifts)


def _places(deck: Deck) -> dict[str, str]:
    """Places of instances by their names in the deck; raises DeckError as `mismatch_of`."""
    elements = {line.text.split(None, 1)[0].lower() for line in deck.lines if line.text.strip()}
    places: dict[str, str] = {}
    for line in deck.lines:
        text = line.text.strip()
        if not _LIKE_A_PLACE.match(text):
            continue
        match = _PLACE.fullmatch(text)
        if not match:
            raise DeckError(f"{line}: {text!r} is not of the form *place INSTANCE is PLACE")
        instance, place = match[1].lower(), match[2].lower()
        if instance.partition(".")[0] not in elements:
            raise DeckError(f"{line}: there is no {instance}, whose place it states")
        if places.setdefault(instance, place) != place:
            raise DeckError(f"{line}: {instance} has the place {places[instance]} already")
    return places


def _scaled(one: Pelgrom, scale: float) -> Pelgrom:
    return one.model_copy(update={"avt": scale * one.avt, "abeta": scale * one.abeta})


def _shifts(technology: Technology, die: int) -> Iterator[Shift]:
    for kind, common in technology.common.items():
        # No instance has a space in its name.
        zvt, zb = normals(die, f"all {kind}")
        model = technology.pelgrom[kind].model
        yield Shift(model, zvt * common.vt, zb * common.beta)


def _is_of(transistor: Transistor, model: str) -> bool:
    """True if a transistor's model is that one, or a bin of it."""
    return transistor.model.partition(".")[0] == model.lower()


def normals(die: int, place: str) -> tuple[float, float]:
    """Two independent unit normals of a place on a die, the same ones on every machine."""
    digest = hashlib.sha256(f"{die}/{place}".encode()).digest()
    first, second = (int.from_bytes(digest[k : k + 6], "big") for k in (0, 8))
    return _normal(first), _normal(second)


def _normal(number: int) -> float:
    """The unit normal of an integer below 2**48, all of which are equally likely."""
    return float(ndtri((number + 0.5) / 2**48))
