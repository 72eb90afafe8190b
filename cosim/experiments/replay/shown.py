"""A replay with its progress on the terminal, which goes on to its report when rows fail."""

from collections.abc import Mapping

from cosim.experiments.replay.progress import row_progress
from cosim.replay.open_loop import MissingRowsError, ReplayResult, RowSettings, replay_stimuli
from ebn_model.row import RowStimulus


def replay_shown(
    stimuli: Mapping[int, RowStimulus], settings: RowSettings
) -> tuple[ReplayResult, MissingRowsError | None]:
    """The result, and the error that names the rows which are missing in it.

    Raises what `replay_stimuli` raises otherwise.
    """
    duration = next(iter(stimuli.values())).duration
    try:
        with row_progress(len(stimuli), duration) as on_progress:
            return replay_stimuli(stimuli, settings, on_progress), None
    except MissingRowsError as missing:
        return missing.result, missing
