"""A cell's block diagram: the cells two levels down, with signals that run together as one."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from cosim.schematics.boxes import joined
from cosim.schematics.netlist import Cell, Device, SchematicError
from cosim.schematics.symbols import is_box


def block_diagram(cell: Cell, cells: Mapping[str, Cell]) -> Cell:
    """The cell with its cells opened, and without the supplies and biases of its blocks.

    Signals that connect the same boxes in the same directions become one, named after all of
    them. Raises SchematicError where two devices or two inner nets have the same name.
    """
    devices = tuple(inner for device in cell.devices for inner in opened(device, cells))
    return simplified(replace(cell, devices=devices), cells)


def simplified(cell: Cell, cells: Mapping[str, Cell]) -> Cell:
    """The cell without the supplies and biases of its boxes, with signals that run together as one.

    Raises SchematicError where two devices have the same name.
    """
    names = [device.name for device in cell.devices]
    for name in names:
        if names.count(name) > 1:
            raise SchematicError(f"{cell.name}: two blocks are called {name}")
    unseen = {pin for pin, direction in cell.pins.items() if direction in ("supply", "bias")}
    seen = [_without(device, unseen) if device.kind in cells else device for device in cell.devices]
    groups = _groups(cell, cells, seen)
    return replace(cell, devices=tuple(_merged(device, groups) for device in seen))


def opened(device: Device, cells: Mapping[str, Cell]) -> list[Device]:
    """The devices within a cell, on the nets outside; a net within keeps its name."""
    if device.kind not in cells:
        return [device]
    return [
        replace(inner, nets={pin: device.nets.get(net, net) for pin, net in inner.nets.items()})
        for inner in cells[device.kind].devices
    ]


def _without(device: Device, unseen: set[str]) -> Device:
    return replace(device, nets={pin: net for pin, net in device.nets.items() if net not in unseen})


def _groups(
    cell: Cell, cells: Mapping[str, Cell], devices: list[Device]
) -> dict[str, tuple[str, ...]]:
    """For each net, all that end at the same boxes in the same directions, itself included."""
    ends: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for device in devices:
        for pin, net in device.nets.items():
            # Transistors and gates show every terminal, which keeps their nets apart.
            role = cells[device.kind].pins[pin] if is_box(device) else pin
            ends[net].append((device.name, role))
    alike: dict[tuple, list[str]] = defaultdict(list)
    for net, places in ends.items():
        alike[cell.pins.get(net), tuple(sorted(places))].append(net)
    return {net: tuple(nets) for nets in alike.values() for net in nets}


def _merged(device: Device, groups: Mapping[str, tuple[str, ...]]) -> Device:
    pins: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for pin, net in device.nets.items():
        pins[groups[net]][net] = pin
    nets = {joined([by_net[net] for net in group]): joined(group) for group, by_net in pins.items()}
    return replace(device, nets=nets) if is_box(device) else device
