"""Populations of dies as HDF5 files: the constants of each, which any tool can load.

    /die                    numbers, shape (dies,); where dies were drawn, there is none
    /constants/NAME         of each die, shape (dies,); attributes `unit`, and `nominal`
    /correlation            of the constants, in the order of the attribute `names`

NAME is that of a constant in NeuronParameters, its parts joined by `__`: `membrane__tau`.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ebn_model.errors import InputError
from ebn_model.parameters import NeuronParameters
from ebn_model.text import reading
from ebn_model.validation import Table, validated

FORMAT = "ebn-dies"
VERSION = 1
_SIGNED = {"i_omega", "i_sign", "slope_change", "charge", "coupling"}
"""Constants of either sign, or 0, by the last part of the name: they spread by differences, all
others by factors."""
_UNITS = {
    "tau": "s",
    "refractory": "s",
    "exponent": "1",
    "slope_change": "1",
    "charge": "C",
    "coupling": "1",
}
"""By the last part of the name; all others are currents."""
_BETWEEN = "__"


@dataclass(frozen=True, eq=False)
class DiePopulation:
    """The constants of dies.

    Attributes:
        neurons: of each die. nominal: of the nominal one.
        numbers: of the dies; None where they were drawn from measured ones.
    """

    neurons: Sequence[NeuronParameters]
    nominal: NeuronParameters
    numbers: Sequence[int] | None = None

    def __post_init__(self):
        if len(self.neurons) < 2:
            raise InputError("a population has two dies at least")

    @property
    def names(self) -> list[str]:
        """The constants, `membrane.tau` and so on."""
        return list(_flat(self.nominal))

    @property
    def values(self) -> np.ndarray:
        """Constants of each die in SI units, shape (dies, constants)."""
        return np.array([list(_flat(one).values()) for one in self.neurons])

    @property
    def correlation(self) -> np.ndarray:
        """Pearson's, of each two constants over the dies, shape (constants, constants).

        A constant that is the same on all dies has 0 with all others.
        """
        values = self.values
        varies = np.ptp(values, axis=0) > 0
        matrix = np.eye(len(varies))
        matrix[np.ix_(varies, varies)] = np.corrcoef(values[:, varies], rowvar=False)
        return matrix

    def draw(self, dies: int, seed: int) -> "DiePopulation":
        """As many others, with the spreads and correlations of these.

        Normal with these dies' means and covariance, in the logarithm where a constant is positive;
        of the window centre and half-width are, so that none closes.

        Raises:
            InputError: a die that can't be, as its threshold is below its reset.
        """
        normals = np.array([_normal(one) for one in self.neurons])
        # From the first die on, so that what is the same on all dies stays so to the last bit.
        mean = normals[0] + (normals - normals[0]).mean(axis=0)
        centred = (normals - mean) / np.sqrt(len(normals) - 1)
        # As many normals as dies were measured: the covariance has no more dimensions.
        draws = np.random.default_rng(seed).standard_normal((dies, len(normals)))
        rows = mean + draws @ centred
        neurons = [_neuron(row, self.names, f"drawn die {n}") for n, row in enumerate(rows)]
        return DiePopulation(neurons, self.nominal)


def write_dies(path: Path, population: DiePopulation) -> None:
    """Write a population; raises OSError where it can't be written."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs.update(format=FORMAT, version=VERSION)
        if population.numbers is not None:
            file["die"] = np.array(population.numbers)
        nominal, values = _flat(population.nominal), population.values
        for column, name in enumerate(population.names):
            place = f"constants/{name.replace('.', _BETWEEN)}"
            file[place] = values[:, column]
            file[place].attrs.update(unit=_unit(name), nominal=nominal[name])
        file["correlation"] = population.correlation
        names = [name.replace(".", _BETWEEN) for name in population.names]
        file["correlation"].attrs["names"] = names
    Path(path).write_bytes(buffer.getvalue())


def read_dies(path: Path) -> DiePopulation:
    """Read what `write_dies` wrote, bit by bit the same.

    Raises:
        InputError: names the file and what is wrong with it.
    """
    with reading(path, "file of dies"), h5py.File(path) as file:
        if file.attrs.get("format") != FORMAT or file.attrs.get("version") != VERSION:
            raise InputError(f"{path}: not a file of the format {FORMAT}, version {VERSION}")
        numbers = [int(one) for one in file["die"]] if "die" in file else None
        columns = {name.replace(_BETWEEN, "."): item for name, item in file["constants"].items()}
        nominal = _nested({name: float(item.attrs["nominal"]) for name, item in columns.items()})
        values = {name: item[()].astype(float) for name, item in columns.items()}
    counts = {len(column) for column in values.values()} | ({len(numbers)} if numbers else set())
    if len(counts) != 1:
        raise InputError(f"{path}: constants of {sorted(counts)} dies")
    neurons = [
        validated(
            NeuronParameters,
            _nested({name: float(column[row]) for name, column in values.items()}),
            f"{path}: row {row}",
        )
        for row in range(counts.pop())
    ]
    return DiePopulation(neurons, validated(NeuronParameters, nominal, f"{path}: nominal"), numbers)


def _flat(table: Table) -> dict[str, float]:
    return dict(_leaves(table, ""))


def _leaves(table: Table, prefix: str) -> Iterator[tuple[str, float]]:
    for name, value in table:
        if isinstance(value, Table):
            yield from _leaves(value, f"{prefix}{name}.")
        elif value is not None:
            yield prefix + name, value


def _nested(values: dict[str, float]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *groups, last = name.split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[last] = value
    return tree


def _unit(name: str) -> str:
    return _UNITS.get(_last(name), "A")


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _normal(neuron: NeuronParameters) -> np.ndarray:
    """Constants as what is normal over dies, shape (constants,)."""
    values = _flat(neuron)
    lower, upper = values["decision.i_lower"], values["decision.i_upper"]
    values["decision.i_lower"], values["decision.i_upper"] = (lower + upper) / 2, upper - lower
    return np.array([v if _last(name) in _SIGNED else np.log(v) for name, v in values.items()])


def _neuron(normals: np.ndarray, names: list[str], source: str) -> NeuronParameters:
    """The inverse of _normal."""
    pairs = zip(names, normals.tolist(), strict=True)
    values = {name: v if _last(name) in _SIGNED else float(np.exp(v)) for name, v in pairs}
    centre, width = values["decision.i_lower"], values["decision.i_upper"]
    values["decision.i_lower"], values["decision.i_upper"] = centre - width / 2, centre + width / 2
    return validated(NeuronParameters, _nested(values), source)
