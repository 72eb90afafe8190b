"""A replay of spikes that didn't come from a network of ours: what rows get in it."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from cosim.replay.open_loop import network_stimuli
from cosim.replay.spike_checks import listed
from cosim.replay.spike_files import SpikeTrains
from ebn_model.chip.network import ChipNetwork, chip_state
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.row import RowStimulus


def stimuli_of_spikes(
    spikes: SpikeTrains,
    parameters: ChipParameters,
    rows: Iterable[int] | None = None,
    codes: np.ndarray | None = None,
    current: float = 0.0,
    forced: bool = True,
) -> dict[int, RowStimulus]:
    """Stimuli of rows when spikes come over the event bus and no network is known.

    Rows and their synapses have the user's ids, so that all that comes out of them does.

    Args:
        spikes: of all neurons.
        parameters: event bus and counters; those of another N will do.
        rows: ids of neurons; all by default.
        codes: W[n, k] at the beginning, LSB, shape (N, N), in the order of the ids; 0 by default.
        current: constant input current of all neurons on top of i_in, A.
        forced: whether a neuron spikes when it does in `spikes`, or by itself.

    Raises:
        InputError: a row or codes that can't be.
    """
    if spikes.neurons < 2:
        raise InputError(f"{spikes.source}: a row of one neuron has no synapse; state --neurons")
    p = parameters.model_copy(update={"neurons": spikes.neurons})
    shape = (spikes.neurons, spikes.neurons)
    state = chip_state(np.zeros(shape) if codes is None else codes, p)
    # Any decoder will do where there is no input.
    network = replace(ChipNetwork.build(p, seed=0), state=state)
    steps = int(np.ceil(spikes.duration / p.dt * (1 - 1e-9)))
    command = np.zeros((steps + 1, p.inputs))
    stimuli = network_stimuli(network, command, spikes, _places(spikes, rows), forced)
    ids, constant = spikes.ids, np.full(1, current)
    return {
        int(ids[place]): replace(
            stimulus,
            pre=ids[stimulus.pre],
            synapses=ids[stimulus.synapses],
            input_times=np.zeros(1),
            input_current=constant,
        )
        for place, stimulus in stimuli.items()
    }


def _places(spikes: SpikeTrains, rows: Iterable[int] | None) -> list[int] | None:
    """Places of rows among the neurons 0 .. N - 1; None for all."""
    if rows is None:
        return None
    places = {number: place for place, number in enumerate(spikes.ids.tolist())}
    rows = list(rows)
    for row in rows:
        if row not in places:
            raise InputError(
                f"{spikes.source}: row {row} is not one of {listed(spikes.ids)}; a neuron that "
                "never spikes has to be stated (--neurons)"
            )
    return [places[row] for row in rows]
