"""A technology's lines in a deck: wrappers and parameters at its beginning, models at its end."""

import re

from cosim.engine.deck import Deck
from cosim.technologies.drawn_sizes import check_sizes
from cosim.technologies.models import model_reference
from cosim.technologies.schematic_names import with_wrapped_devices
from cosim.technologies.sizes import sizes
from cosim.technologies.technology import Device, Technology
from cosim.workbench.errors import DeckError


def origin(technology: Technology) -> str:
    """Origin of the lines with a technology's wrappers and parameters."""
    return f"technology {technology.name}"


def with_wrappers(deck: Deck, technology: Technology, corner: str) -> Deck:
    """Add the wrappers `nfet` and `pfet`, and what technology and corner set in the netlists."""
    name = origin(technology)
    if technology.netlist:
        deck = deck.include(technology.folder / technology.netlist)
    else:
        text = "\n".join(_wrapper(kind, device) for kind, device in technology.devices.items())
        deck = deck.append(f"* {technology.about}\n{text}", name)
    parameters = technology.parameters | technology.corners[corner].parameters
    if parameters:
        stated = " ".join(f"{key}={value!r}" for key, value in parameters.items())
        deck = deck.append(f".param {stated}", name)
    return deck


def with_models(deck: Deck, technology: Technology, corner: str) -> Deck:
    """Add the models to a deck that has all its devices, those of a PDK's schematics included.

    Raises:
        InputError, DeckError: see `with_wrapped_devices` and `check_sizes`.
        ModelError, OutputError: see `model_reference`.
        DeckError: parameters of the corner that nothing uses.
    """
    deck = with_wrapped_devices(deck, technology)
    check_sizes(deck)
    if technology.models:
        deck = _with_models(deck, technology, corner)
    _check_used(deck, technology, corner)
    return deck


def _with_models(deck: Deck, technology: Technology, corner: str) -> Deck:
    assert technology.models
    text = model_reference(technology, corner, sizes(deck))
    source = technology.models.package or "its file"
    deck = deck.append(f"* models of {technology.name}, corner {corner}, from {source}", "models")
    deck = deck.append(text, "models")
    digests = sorted(deck.library_files)
    return deck.append("\n".join(f"* SHA-256 {digest}" for _, digest in digests), "models")


def _check_used(deck: Deck, technology: Technology, corner: str) -> None:
    """Refuse a corner that sets what nothing uses, since it would be the typical one."""
    parameters = technology.corners[corner].parameters
    if not parameters:
        return
    text = "\n".join(line.text.lower() for line in deck.expanded() if line.text[:1] != "*")
    for name in parameters:
        if not re.search(rf"\b{re.escape(name.lower())}\b(?!\s*=(?!=))", text):
            raise DeckError(
                f"technology {technology.name}: its corner {corner} sets {name}, which neither "
                "netlists nor models use"
            )


def _wrapper(kind: str, device: Device) -> str:
    """A subcircuit with the technology's device, as generic180.spice has them."""
    width, length = f"max(w,{device.w_min!r})", f"max(l,{device.l_min!r})"
    area = f"m*({width}{device.w_offset:+})*({length}{device.l_offset:+})"
    around = f"{{2*({width}{device.diffusion:+})*1u}}"
    return "\n".join(
        [
            f".subckt {kind} d g s b w=1 l=1 m=1 zvt=0 zb=0",
            f"m1 d g s b {device.model} w={{{width}*1u}} l={{{length}*1u}} m={{m}}",
            f"+ ad={{{width}*{device.diffusion!r}p}} as={{{width}*{device.diffusion!r}p}}",
            f"+ pd={around} ps={around}",
            f"+ delvto={{zvt*{device.avt!r}/sqrt({area})}}",
            f"+ mulu0={{1+zb*{device.abeta!r}/sqrt({area})}}",
            f".ends {kind}",
        ]
    )
