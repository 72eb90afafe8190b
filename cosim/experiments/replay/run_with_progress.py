"""A replay with its progress on the terminal, which goes on to its report when rows fail."""

from collections.abc import Mapping

from cosim.replay.open_loop import MissingRowsError, ReplayResult, RowSettings, replay_stimuli
from cosim.workbench.progress import progress_bars
from ebn_model.row import RowStimulus


def run_with_progress(
    stimuli: Mapping[int, RowStimulus], settings: RowSettings
) -> tuple[ReplayResult, MissingRowsError | None]:
    """The result, and the error that names the rows which are missing in it.

    Raises what `replay_stimuli` raises otherwise.
    """
    places = {row: place for place, row in enumerate(stimuli)}
    try:
        with progress_bars() as add_bar:
            show = add_bar("rows", [stimulus.duration for stimulus in stimuli.values()])
            result = replay_stimuli(stimuli, settings, lambda row, time: show(places[row], time))
            return result, None
    except MissingRowsError as missing:
        return missing.result, missing
