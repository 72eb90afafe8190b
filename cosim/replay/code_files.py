"""Codes that a row begins with, from a file."""

from pathlib import Path

import h5py
import numpy as np

from cosim.exchange.nir_files import read_nir
from ebn_model.chip.network import ChipNetwork
from ebn_model.errors import InputError
from ebn_model.network.fields import CHIP_UNITS
from ebn_model.network.files import load
from ebn_model.network.results import NetworkResult
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN
from ebn_model.text import read_lines


def read_codes(path: Path, neurons: int) -> np.ndarray:
    """Codes W[n, k] from neuron k to neuron n in LSB, shape (N, N), the diagonal 0.

    Args:
        path: .csv, N lines of N numbers without a header; .npy, such an array; .h5, a NetworkResult
            (ebn_model.network.files) of the chip, whose last weights are taken; .nir, a network
            of it.
        neurons: N.

    Raises:
        InputError: names the file and what is wrong with it: unreadable, cut off, of another N, or
            a code that can't be.
    """
    path = Path(path)
    readers = {".csv": _read_csv, ".npy": _read_npy, ".h5": _read_hdf5, ".hdf5": _read_hdf5}
    readers[".nir"] = _read_nir
    if path.suffix.lower() not in readers:
        raise InputError(f"{path}: codes come as {', '.join(readers)}")
    if not path.is_file():
        raise InputError(f"no file {str(path)!r}")
    codes = readers[path.suffix.lower()](path)
    if codes.shape != (neurons, neurons):
        raise InputError(f"{path}: codes of shape {codes.shape} are not for {neurons} neurons")
    possible = (codes == np.rint(codes)) & (codes >= WEIGHT_MIN) & (codes <= WEIGHT_MAX)
    possible &= (codes == 0) | ~np.eye(neurons, dtype=bool)
    if not possible.all():
        row, column = np.argwhere(~possible)[0]
        raise InputError(
            f"{path}: the code {codes[row, column]:g} in row {row}, column {column} is not a whole "
            f"number in {WEIGHT_MIN} .. {WEIGHT_MAX}, 0 on the diagonal"
        )
    return codes


def _read_csv(path: Path) -> np.ndarray:
    lines = read_lines(path)
    try:
        return np.loadtxt(lines, delimiter=",", ndmin=2)
    except ValueError as error:
        raise InputError(f"{path}: no table of numbers ({error})") from None


def _read_npy(path: Path) -> np.ndarray:
    try:
        codes = np.load(path, allow_pickle=False)
        # Others would lose something, such as their imaginary part, or have none to begin with.
        if np.asarray(codes).dtype.kind not in "iuf":
            raise ValueError("its elements are no real numbers")
        return np.asarray(codes, dtype=float)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path}: no readable array ({error})") from None


def _read_hdf5(path: Path) -> np.ndarray:
    weights = load(path, NetworkResult).state.weights
    with h5py.File(path) as file:
        unit = file["state/weights"].attrs.get("unit")
    if unit != CHIP_UNITS["weights"]:
        raise InputError(
            f"{path}: holds the result of a network whose weights are no codes: their unit is "
            f"{unit}, not {CHIP_UNITS['weights']}; give that of a network of the chip"
        )
    return weights


def _read_nir(path: Path) -> np.ndarray:
    network = read_nir(path)
    if not isinstance(network, ChipNetwork):
        raise InputError(f"{path}: holds a {type(network).__name__}, whose weights are no codes")
    return network.state.weights
