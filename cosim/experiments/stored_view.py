"""Results of a view in a folder, with the key that dates them."""

from pathlib import Path

import numpy as np

from cosim.experiments.provenance import digest
from cosim.experiments.store import read_json, read_result, to_json
from ebn_model.results import LearningResult
from ebn_model.stimulus import Stimulus


class StoredView:
    """Results in a folder; they are current as long as the key stored with them is the view's."""

    folder: Path
    files: tuple[str, ...]
    key: dict

    def is_current(self) -> bool:
        """Whether the stored results are complete and what a run would give."""
        complete = all((self.folder / name).is_file() for name in self.files)
        return complete and self.record.get("key") == self.key

    @property
    def record(self) -> dict:
        """What run.json tells about the stored run."""
        return read_json(self.folder / "run.json")

    def result(self) -> LearningResult:
        """The stored run; raises InputError where there is none."""
        return read_result(self.folder)


def stimulus_digest(stimulus: Stimulus) -> str:
    """Digest of all that a stimulus states, each spike included."""
    values = {name: np.asarray(value).tolist() for name, value in vars(stimulus).items()}
    return digest(to_json(values))
