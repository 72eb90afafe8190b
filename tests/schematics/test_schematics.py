"""The drawings say what the netlists say, and the committed ones are up to date."""

import re
from collections import defaultdict
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from cosim.circuits.neuron import NETLISTS
from cosim.schematics import __main__ as command
from cosim.schematics.boxes import members
from cosim.schematics.drawings import FOLDER, block_diagrams, files, schematics
from cosim.schematics.layout import Placement
from cosim.schematics.netlist import Cell, Device, SchematicError, read_cells
from cosim.schematics.rows import ROW
from cosim.schematics.schematic import draw
from cosim.schematics.svg import to_svg
from cosim.schematics.symbols import unspoken
from cosim.schematics.text import overlap

NEURON = "learning_neuron"
NAMES = sorted(path.stem for path in (NETLISTS / "cells").glob("*.cir"))


@pytest.fixture(scope="module")
def cells():
    return read_cells(NETLISTS / "cells.spice")


@pytest.fixture(scope="module")
def diagrams(cells):
    return block_diagrams(cells)


@pytest.fixture(scope="module")
def drawings(cells, diagrams):
    blocks = {f"{name} blocks": drawn for name, drawn in diagrams.items()}
    return schematics(cells) | blocks


@pytest.fixture(params=[*NAMES, f"{NEURON} blocks", f"{ROW} blocks"])
def drawn(request, drawings):
    return drawings[request.param]


@pytest.mark.slow
def test_the_committed_drawings_are_those_of_the_netlists():
    texts = files()
    assert {path.name for path in FOLDER.iterdir()} == texts.keys()
    stale = [name for name, text in texts.items() if (FOLDER / name).read_text("utf-8") != text]
    assert stale == [], "run `make schematics`"


def test_every_drawing_is_shown_on_the_page(cells):
    page = (FOLDER / "README.md").read_text("utf-8")
    shown = re.findall(r"!\[.*?\]\((.+?)\)", page)
    assert sorted(shown) == sorted(path.name for path in FOLDER.glob("*.svg"))
    for name, cell in cells.items():
        assert f"(../../netlists/cells/{name}.cir)**: {cell.purpose}\n" in page


def drawn_steps(svg):
    """Grid steps of all wires of an SVG text, and the points that have a dot."""
    steps, dots = [], set()
    for shape in ElementTree.fromstring(svg).iter():
        kind = shape.get("class", "")
        if kind.startswith("wire"):
            for run in re.findall(r"M(-?\d+),(-?\d+)([HV])(-?\d+)", shape.get("d")):
                x, y, end = (int(run[k]) // 10 for k in (0, 1, 3))
                across = [(k, y) for k in range(x, end + 1)]
                steps += pairwise(across if run[2] == "H" else [(x, k) for k in range(y, end + 1)])
        elif kind == "dot":
            dots.add((int(shape.get("cx")) // 10, int(shape.get("cy")) // 10))
    return steps, dots


def connected_points(svg):
    """Point -> name of the wire that runs there; where wires cross without a dot, the first."""
    steps, dots = drawn_steps(svg)
    at = defaultdict(set)
    for step in steps:
        for point in step:
            at[point].add(step)
    wire = {}
    for number, first in enumerate(steps):
        frontier = [first]
        while frontier:
            step = frontier.pop()
            if step in wire:
                continue
            wire[step] = number
            for point in step:
                crosses = len(at[point]) == 4 and point not in dots
                level = step[0][1] == step[1][1]
                frontier += [
                    other
                    for other in at[point]
                    if not crosses or (other[0][1] == other[1][1]) == level
                ]
    return {point: wire[min(touching)] for point, touching in at.items()}


def nets_as_drawn(drawn):
    """(device, pin) -> the net that the wires and labels give it, and the labelled wires' names.

    A net is its name where a label gives one, and the number of its wire where none does.
    """
    wires = connected_points(to_svg(drawn))
    names = defaultdict(set)
    for label in (*drawn.labels, *drawn.rails):
        point = label.at if hasattr(label, "at") else (label.left, label.y)
        names[wires.get(point, point)].add(label.text.content)
    assert all(len(given) == 1 for given in names.values()), names
    nets = {}
    for item in drawn.items:
        for pins, end in item.terminals.items():
            wire = wires.get(end.at, end.at)
            (name,) = names.get(wire, {wire})
            nets[item.device.name, tuple(members(pins))] = name
    return nets


def test_every_terminal_is_drawn_on_its_net(drawn, cells):
    given = {device.name: split(device) for device in drawn.cell.devices}
    drawn_nets = nets_as_drawn(drawn)
    meant = {(name, pins): tuple(given[name].pop(pin) for pin in pins) for name, pins in drawn_nets}
    pairs = {(drawn_nets[key], meant[key]) for key in meant}
    # One name or wire for each net, one net for each name or wire.
    assert len({net for net, _ in pairs}) == len({nets for _, nets in pairs}) == len(pairs)
    for name, nets in pairs:
        if isinstance(name, str):
            assert tuple(members(name)) == nets
    # A net that several drawn lines carry, alone or in a bus, is labelled on each.
    for (one, nets), (other, others) in combinations(sorted(pairs, key=str), 2):
        if set(nets) & set(others):
            assert isinstance(one, str)
            assert isinstance(other, str)
    for device in drawn.cell.devices:
        assert given[device.name].keys() == unspoken(device, cells, drawn.cell.supplies)


def split(device):
    """Pin -> net, the members of a joined pin one by one."""
    return {
        pin: net
        for pins, nets in device.nets.items()
        for pin, net in zip(members(pins), members(nets), strict=True)
    }


def test_names_and_sizes_of_all_devices_and_pins_are_written(drawn):
    svg = ElementTree.fromstring(to_svg(drawn))
    texts = " ".join(element.text for element in svg.iter("{http://www.w3.org/2000/svg}text"))
    for device in drawn.cell.devices:
        assert re.search(rf"(^| ){device.name}( |$)", texts)
        if device.kind in ("nfet", "pfet"):
            size = f"{device.parameters['w']}/{device.parameters['l']}"
            m = f" m={device.parameters['m']}" if "m" in device.parameters else ""
            assert f"{device.name} {size}{m}" in texts
    labels = {name for label in (*drawn.labels, *drawn.rails) for name in members(label.net)}
    ends = {
        name
        for item in drawn.items
        for pin in item.terminals
        for name in members(item.device.nets[pin])
    }
    assert drawn.cell.pins.keys() & ends <= labels


def test_no_text_lies_over_another_or_over_a_wire_or_device(drawn):
    rooms = [(text.content, text.room) for text in drawn.texts]
    for (one, room), (other, other_room) in combinations(rooms, 2):
        assert not overlap(room, other_room), f"{one} over {other}"
    for name, room in rooms:
        for (left, top), (right, bottom) in drawn.wires:
            wire = (left - 0.05, top - 0.05, right + 0.05, bottom + 0.05)
            assert not overlap(room, wire), f"{name} over a wire at {left}, {top}"
    for item in drawn.items:
        if not item.symbol.is_box:
            assert not any(overlap(item.body, room) for _, room in rooms), item.device.name


def test_the_block_diagram_has_the_blocks_and_their_common_nets(diagrams, cells):
    """Against the netlists themselves: pins of the inner cells on the nets of the neuron."""
    diagram = diagrams[NEURON]
    seen = {device.name: split(device) for device in diagram.cell.devices}
    unseen = {p for p, kind in cells[NEURON].pins.items() if kind in ("bias", "supply")}
    blocks = set()
    for outer in cells[NEURON].devices:
        for inner in cells[outer.kind].devices:
            nets = {pin: outer.nets.get(net, net) for pin, net in inner.nets.items()}
            blocks.add(inner.name)
            left_out = nets.keys() - seen[inner.name].keys()
            assert all(nets[pin] in unseen for pin in left_out)
            assert seen[inner.name] == {p: n for p, n in nets.items() if p not in left_out}
    assert blocks == seen.keys()
    kinds = {device.kind for device in diagram.cell.devices}
    assert kinds >= {"pulse_interface", "magnitude_encoder", "plastic_synapse", "fixed_synapse"}
    assert kinds >= {"dpi_membrane", "decision", "learning_control"}


def test_the_row_has_its_synapses_on_common_lines(diagrams):
    nets = {device.name: split(device) for device in diagrams[ROW].cell.devices}
    kinds = {device.name: device.kind for device in diagrams[ROW].cell.devices}
    synapses = [name for name, kind in kinds.items() if kind == "row_synapse"]
    assert len(synapses) == 2
    first, second = (nets[name] for name in synapses)
    assert {pin for pin in first if first[pin] != second[pin]} == {"input", "select"}
    lines = [f"b{bit}_b" for bit in range(5)] + ["sign_b"]
    for line in lines:
        assert nets["xbus"][line] == first[line]
    for bit in range(5):
        assert nets["xbus"][f"b{bit}"] == nets["xdecision"][f"m{bit}"]
    assert nets["xdecision"]["sign_b"] == first["sign_b"]
    for line in ("in_exc", "in_inh"):
        assert nets["xpair"][line] == first[line]
    assert nets["xpair"]["out"] == nets["xmembrane"]["in"]
    for outcome in ("win_inc", "win_sl"):
        assert nets["xdecision"][outcome] == first[outcome]
    assert nets["xgenerator"]["v_mem"] == nets["xmembrane"]["v_mem"]


@pytest.fixture
def inverter(cells):
    return cells["inverter"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("xp", "inverter: no place for xn"),
        ("xp\nxn\nxq", "inverter: a place for xq, which is not in the netlist"),
        ("xp xn\nxn", "inverter: more than one place for xn"),
        ("xp\nxn:over", "inverter: xn turned 'over'"),
    ],
)
def test_a_wrong_place_is_refused_by_name(rows, message, inverter, cells):
    with pytest.raises(SchematicError, match=re.escape(message)):
        draw(inverter, cells, Placement(rows=rows))


def test_a_cell_without_a_place_is_refused_by_name(inverter, cells):
    new = {"new": Cell("new", "", inverter.pins, {}, inverter.devices)}
    with pytest.raises(SchematicError, match="new: no places"):
        schematics(cells | new)
    with pytest.raises(SchematicError, match=r"inverter: places in .*, but no such cell"):
        schematics({name: cell for name, cell in cells.items() if name != "inverter"})


def test_labels_without_room_are_refused_by_name(cells):
    """Two gates side by side with no gap: nothing fits between them."""
    many = tuple(
        Device(
            f"x{k}",
            "nfet",
            {"d": "a", "g": f"long_name_{k}", "s": "a", "b": "b"},
            {"w": "1", "l": "1"},
        )
        for k in range(3)
    )
    cell = Cell("crowd", "", {}, {}, many)
    with pytest.raises(SchematicError, match="crowd: no room to label"):
        draw(cell, cells, Placement(rows="x0:right x1 x2", gap=(1, 1)))


def test_a_bulk_that_is_not_on_the_only_rail_is_drawn(inverter, cells):
    nets = {"d": "y", "g": "a", "s": "y2", "b": "well"}
    cell = Cell("one", "", inverter.pins, {}, (Device("xn", "nfet", nets, {"w": "1", "l": "1"}),))
    drawn = draw(cell, cells, Placement(rows="xn"))
    assert nets_as_drawn(drawn)["xn", ("b",)] == "well"


def test_conditional_lines_are_read_at_their_defaults(tmp_path):
    text = """* x: something
.param n=1
.subckt x a b
.if (n == 0)
c0 a b 1p
.elseif (n > 0)
c1 a b 2p
.else
c2 a b 3p
.endif
.ends x
"""
    path = tmp_path / "x.cir"
    path.write_text("* title\n" + text)
    assert [device.name for device in read_cells(path)["x"].devices] == ["c1"]


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("x1 a b a b magic", "x.cir:3: x1 is of unknown kind magic"),
        ("x1 a b a nfet w=1 l=1", "x.cir:3: x1 has 3 nets, nfet 4"),
        ("r1 a b 1k", "x.cir:3: r1 is of unknown kind r"),
    ],
)
def test_a_card_that_is_not_understood_is_refused(tmp_path, card, message):
    path = tmp_path / "x.cir"
    path.write_text(f"* title\n.subckt x a b\n{card}\n.ends x\n")
    with pytest.raises(SchematicError, match=re.escape(message)):
        read_cells(path)


def test_the_command_keeps_the_old_drawings_when_it_fails(
    tmp_path, monkeypatch, capsys, inverter, cells
):
    (tmp_path / "old.svg").write_text("old")
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "files", lambda: draw(inverter, cells, Placement(rows="xp")))
    assert command.main() == 1
    assert "inverter: no place for xn" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["old.svg"]


def test_the_command_replaces_all_drawings(tmp_path, monkeypatch):
    folder = tmp_path / "drawings"
    folder.mkdir()
    (folder / "old.svg").write_text("old")
    monkeypatch.setattr(command, "FOLDER", folder)
    monkeypatch.setattr(command, "files", lambda: {"new.svg": "new"})
    assert command.main() == 0
    assert [path.name for path in folder.iterdir()] == ["new.svg"]
