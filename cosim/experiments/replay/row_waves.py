"""Digital waveforms of a row's circuit as a VCD file: pulses, weights and decisions."""

from pathlib import Path

from cosim.experiments.neuron.logic_waves import LogicWave, counted_waves, write_vcd
from ebn_model.row import RowResult, RowStimulus


def row_waves(result: RowResult, stimulus: RowStimulus) -> dict[str, dict[str, LogicWave]]:
    """Signals of each synapse, as its pulses in the result have them, by `synapse_PRE`."""
    starts = zip(stimulus.synapses.tolist(), stimulus.start_codes.tolist(), strict=True)
    return {
        f"synapse_{pre:03d}": counted_waves(result.events.of(pre), code, 0.0)
        for pre, code in starts
    }


def write_row_waves(result: RowResult, stimulus: RowStimulus, path: Path) -> None:
    """Write them, and the neuron's own spikes as the event `neuron.spike`."""
    scopes = {"neuron": {}, **row_waves(result, stimulus)}
    write_vcd(scopes, stimulus.duration, path, events={"spike": result.output_spikes})
