"""Networks in files of the Neuromorphic Intermediate Representation (NIR)."""

import io
from pathlib import Path

from cosim.exchange.equivalent import Network
from cosim.exchange.extra import load_package
from cosim.exchange.nir_graph import graph_of, network_of
from ebn_model.errors import InputError
from ebn_model.text import reading


def write_nir(path: Path, network: Network) -> None:
    """Write a network, as nir_graph.graph_of says.

    Raises:
        InputError: the package nir isn't installed.
        OSError: the file can't be written.
    """
    nir = load_package("nir", "NIR files")
    buffer = io.BytesIO()
    nir.write(buffer, graph_of(network))
    Path(path).write_bytes(buffer.getvalue())


def read_nir(path: Path) -> Network:
    """Read what `write_nir` wrote, its recurrent weights perhaps trained elsewhere meanwhile.

    Raises:
        InputError: the package nir isn't installed, no such file, or what nir_graph.network_of
            refuses; names the file.
    """
    nir = load_package("nir", "NIR files")
    if not Path(path).is_file():
        raise InputError(f"no file {str(path)!r}")
    with reading(path, "NIR file"):
        graph = nir.read(str(path))
    return network_of(graph, str(path))
