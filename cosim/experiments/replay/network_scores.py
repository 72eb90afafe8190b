"""Scores of the whole network with the codes that a row's circuit or model has learned."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ebn_model.chip.network import ChipNetwork, chip_state
from ebn_model.errors import InputError
from ebn_model.network.evaluation import (
    DetailedScore,
    detailed_score,
    mean_score,
    validation_scores,
)
from ebn_model.network.parameters import TaskParameters
from ebn_model.row import RowResult, RowStimulus


def network_scores(
    network: ChipNetwork, codes: Mapping[str, np.ndarray], task: TaskParameters, seed: int
) -> dict[str, DetailedScore]:
    """Mean scores with each of several sets of codes, LSB, shape (N, N), by name.

    All are of the same trials, the validation trials of `seed`, without learning.

    Raises:
        InputError: codes of another shape, or that can't be stored.
    """
    found = {}
    for name, these in codes.items():
        programmed = replace(network, state=chip_state(these, network.parameters))
        found[name] = mean_score(validation_scores(programmed, task, seed, detailed_score))
    return found


def codes_of_rows(
    codes: np.ndarray, results: Mapping[int, RowResult], stimuli: Mapping[int, RowStimulus]
) -> np.ndarray:
    """The network's codes, LSB, shape (N, N), with the final ones of some rows.

    Args:
        codes: of the other rows and synapses.
        results: of the rows that ran, by the number of the row's neuron.
        stimuli: of these rows, by the same.

    Raises:
        InputError: a row that the network doesn't have, or one without a stimulus.
    """
    filled = np.array(codes, dtype=float)
    for row, result in results.items():
        if row not in range(len(filled)) or row not in stimuli:
            raise InputError(f"row {row} is not one of the {len(filled)} rows with a stimulus")
        filled[row, stimuli[row].synapses] = result.final_codes
    return filled
