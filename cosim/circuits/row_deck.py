"""Decks of rows, built from the cells for any number of synapses."""

import numpy as np

from cosim.circuits.levels import LogicLevels
from cosim.circuits.row_logic import DAC_PINS, DigitalRow
from cosim.circuits.row_sources import transistor_stimuli
from cosim.engine.deck import Deck
from cosim.workbench.places import NETLISTS
from ebn_model.row import RowStimulus

BUS = "b0_b b1_b b2_b b3_b b4_b sign_b"
"""Lines of the weight bus, active-low."""
POINTS_PER_LINE = 4
ONSET = 1e-6
"""The input current comes on within this time, s."""
FLAT = 1.0
"""Length of the last, constant segment of the input current, s."""


def digital_row(deck: Deck, stimulus: RowStimulus, dacs: int, levels: LogicLevels) -> Deck:
    """Add that many DACs and the sources of a DigitalRow to a row's deck.

    What the synapses without a DAC would hang on the lines stays.
    """
    sources = DigitalRow(stimulus, dacs, levels).levels
    lines = [f"{source} {source[1:]} 0 pwl(0 0)" for source in sources]
    for dac in range(dacs):
        pins = " ".join(f"{pin}_{dac}" for pin in DAC_PINS)
        lines.append(f"xdac_{dac} in_exc in_inh {pins} v_lsb vdda 0 steered_dac")
    if idle := len(stimulus.synapses) - dacs:
        # Switches at rest, as in a synapse without a pulse, whose DAC keeps their source high.
        for line in ("in_exc", "in_inh"):
            lines.append(f"xidle_{line} {line} 0 vdda 0 nfet w=0.84 l=0.36 m={idle}")
    return deck.append("\n".join(lines), "synapses")


def transistor_row(deck: Deck, stimulus: RowStimulus, supply: float) -> Deck:
    """Add complete synapses, the keepers of the weight bus and all stimuli to a row's deck."""
    lines = [f".param sub_lsbs={stimulus.sub_lsbs}"] if stimulus.sub_lsbs else []
    lines += ["vddd vddd 0 {supply}", f"xbus {BUS} b0 b1 b2 b3 b4 sign vddd 0 weight_bus"]
    for number in range(len(stimulus.synapses)):
        preset = " ".join(f"p{bit}_{number}" for bit in range(6))
        bits = " ".join(f"q{bit}_{number}" for bit in range(6))
        lines += [
            f"xsynapse_{number} input_{number} select_{number} win_inc win_sl load {preset}",
            f"+ {bits} inc_{number} sl_{number} {BUS} in_exc in_inh",
            "+ v_lsb vdda vddd 0 row_synapse",
            # No pulse has set the latches yet, and halfway between their states is a solution, too.
            f".ic v(inc_{number})=0 v(sl_{number})=0",
            ".save " + " ".join(bit_names(number) + latch_names(number)),
        ]
    deck = deck.append("\n".join(lines), "synapses")
    return deck.append(transistor_stimuli(stimulus, supply), "stimuli")


def bit_names(number: int) -> tuple[str, ...]:
    """Vectors of the weight's bits of a synapse, by its place."""
    return tuple(f"v(q{bit}_{number})" for bit in range(6))


def latch_names(number: int) -> tuple[str, ...]:
    """Vectors of a synapse's latches, by its place."""
    return f"v(inc_{number})", f"v(sl_{number})"


def with_spikes(deck: Deck, stimulus: RowStimulus) -> Deck:
    """Add what makes the neuron spike: its own generator, or a stimulus."""
    free = stimulus.forced_spikes is None
    return deck.include(NETLISTS / ("spiking.spice" if free else "forcing.spice"))


def with_input(deck: Deck, stimulus: RowStimulus) -> Deck:
    """Add the neuron's input current.

    As an expression of time, not as a piecewise-linear source: each corner of one would be a
    breakpoint, where ngspice begins anew with tiny steps, but the input is smooth. It begins with 0
    and takes its first value within ONSET, since a run starts from rest. ngspice extends the last
    segment of an expression beyond its end; so that is a flat one.
    """
    times, currents = stimulus.input_times, stimulus.input_current
    if not currents.any():
        return deck
    later = times > ONSET
    corners = np.array([ONSET, *times[later], max(ONSET, times[-1]) + FLAT])
    courses = np.interp(corners, times, currents)
    values = zip([0.0, *corners], [0.0, *courses], strict=True)
    points = [f"{time:.9g}, {current:.9g}" for time, current in values]
    rows = [points[k : k + POINTS_PER_LINE] for k in range(0, len(points), POINTS_PER_LINE)]
    text = ",\n+ ".join(", ".join(row) for row in rows)
    return deck.append(f"binput 0 i_in i=pwl(time,\n+ {text})", "input current")
