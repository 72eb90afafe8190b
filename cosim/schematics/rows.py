"""A row of synapses as a cell, for its block diagram.

Rows exist only as decks, built for any number of synapses; the drawing shows one with two.
"""

from collections.abc import Mapping

import numpy as np

from cosim.circuits.row import RowCircuit
from cosim.schematics.blocks import opened, simplified
from cosim.schematics.netlist import Cell, Device, read_cell_devices
from ebn_model.row import RowStimulus

ROW = "row"
PURPOSE = (
    "one neuron with its plastic synapses, here two: they share integrators, membrane and "
    "decision, and put their weights on a bus in turn"
)
_STIMULUS = RowStimulus(
    rise_times=np.array([1e-3]),
    pre=np.array([0]),
    synapses=np.arange(2),
    start_codes=np.zeros(2),
    pulse_width=1e-3,
    slot=1e-4,
    duration=3e-3,
)
_SHARED = "row_neuron"
"""Shown with its cells; the others as one block each."""
_BIASES = ("bias_block", "spike_bias")
_PRESETS = ("load", "p0", "p1", "p2", "p3", "p4", "p5")
_LOOKED_AT = ("q0", "q1", "q2", "q3", "q4", "q5", "inc", "sl")
_PORTS = {"i_in": "in", "spike": "out"}


def row_diagram(cells: Mapping[str, Cell]) -> Cell:
    """The blocks of a row in transistors, as its deck has them.

    Biases, supplies, presets, and what is looked at only, are left out.
    """
    deck = RowCircuit("transistor").job(_STIMULUS, "drawing").deck
    devices, pins = [], dict(_PORTS)
    for device in read_cell_devices(deck, cells):
        if device.kind not in _BIASES:
            pins |= _pins(device, cells[device.kind])
            devices += opened(device, cells) if device.kind == _SHARED else [device]
    return simplified(Cell(ROW, PURPOSE, pins, {}, tuple(devices)), cells)


def _pins(device: Device, cell: Cell) -> dict[str, str]:
    """Direction of the nets of a block that come from outside of the row."""
    pins = {net: cell.pins[pin] for pin, net in device.nets.items()}
    found = {net: kind for net, kind in pins.items() if kind in ("bias", "supply")}
    if device.kind == "row_synapse":
        found |= {device.nets[pin]: "bias" for pin in (*_PRESETS, *_LOOKED_AT)}
        found |= {device.nets[pin]: "in" for pin in ("input", "select")}
    return found
