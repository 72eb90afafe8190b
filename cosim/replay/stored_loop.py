"""A finished closed loop on disk: the network's run, and what each row's circuit did in it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cosim.circuits.row import RowCircuit
from cosim.engine.simulator import simulator_versions
from cosim.replay.row_run import RowRun, Waveform
from cosim.replay.stored_row import UNITS, content_digest
from cosim.workbench.provenance import sources_digest
from cosim.workbench.store import StoredResult
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.row_stimulus import row_stimulus
from ebn_model.network.fields import CHIP_UNITS
from ebn_model.network.files import load, save
from ebn_model.network.results import NetworkResult

NETWORK = "network.h5"


class StoredLoop(StoredResult):
    """The run of all rows and their network, in a folder for each kind of loop and view."""

    def __init__(
        self,
        folder: Path,
        kind: str,
        network: ChipNetwork,
        command: np.ndarray,
        circuits: Sequence[RowCircuit],
        waveform: Waveform,
    ):
        """folder: gets KIND_VIEW/; the rest as for `close_loop`."""
        none = np.empty(0), np.empty(0, dtype=int)
        stimulus = row_stimulus(network, command, *none, 0, kind == "teach")
        # Of row 0, in whose place each circuit is put; most often it is the same for all rows.
        decks = {one: one.job(stimulus, "row 0").deck.sha256 for one in circuits}
        key = {
            "loop": kind,
            "view": circuits[0].view,
            "decks": [decks[one] for one in circuits],
            "network": content_digest(network),
            "command": content_digest(command),
            "waveform": waveform,
            "sources": sources_digest(
                "cosim.replay.closed_loop", "cosim.replay.row_run", "cosim.replay.stored_loop"
            ),
            **simulator_versions(),
        }
        super().__init__(Path(folder) / f"{kind}_{circuits[0].view}", key)
        self._neurons = network.parameters.neurons

    def read(self) -> tuple[NetworkResult, dict[int, RowRun]]:
        """Network and rows, bit by bit as they were; raises as `record`."""
        folder = self.checked()
        rows = {row: load(folder / _file(row), RowRun) for row in range(self._neurons)}
        return load(folder / NETWORK, NetworkResult), rows

    def write(self, network: NetworkResult, rows: dict[int, RowRun]) -> None:
        """Keep a run; raises OutputError where it can't be."""
        with self.writing() as folder:
            save(network, folder / NETWORK, CHIP_UNITS)
            for row, run in rows.items():
                save(run, folder / _file(row), UNITS)


def _file(row: int) -> str:
    return f"row_{row:03d}.h5"
