"""Results of a view in a folder, with the key that dates them."""

from pathlib import Path

from cosim.workbench.store import read_json, read_result
from ebn_model.results import LearningResult


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
