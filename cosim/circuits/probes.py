"""Probes: what is read inside of cells, and where own cells have it.

Benches and views read what has no pin, such as I_mem, by the elements of our cells that carry it:
`@m.xdecision.xmem.m1[id]` is what carries it in our cell `decision`. PROBES names all of them. In a
cell of one's own, the project's file says what carries it: `[probes] i_mem = "xm3"`. Whatever a
transistor is in a technology, a device or subcircuits around one, its own device is looked up here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cosim.circuits.own_cells import brought, own_cells, required_pins
from cosim.engine.deck import Deck
from cosim.engine.hierarchy import Hierarchy
from cosim.engine.job import Reading
from cosim.engine.netlist import Line
from cosim.workbench.errors import CosimError
from ebn_model.errors import InputError
from ebn_model.units import to_si

CURRENT, VOLTAGE, CAPACITANCE = "A", "V", "F"


@dataclass(frozen=True)
class Probe:
    """A current, voltage or capacitance that is read inside of a cell.

    meaning: in words. places: by cell, the element or node of ours that has it.
    unit: A, V or F.
    """

    meaning: str
    places: Mapping[str, str]
    unit: str = CURRENT


_BIASES = "in th_mem tau_mem lsb th_exc tau_exc th_inh tau_inh ext tau_ext rest sl omega wta"
_SPIKE_BIASES = "spike reset refractory pulse"

PROBES: dict[str, Probe] = {
    "i_mem": Probe(
        "I_mem",
        {
            "decision": "xmem",
            "analog_neuron": "xdecision.xmem",
            "row_neuron": "xdecision.xmem",
            "learning_neuron": "xanalog.xdecision.xmem",
        },
    ),
    "i_eq": Probe("middle of the window, I_rest - w*I_omega", {"decision": "xp_eq"}),
    "i_tau_mem": Probe("leak of the membrane, I_tau", {"dpi_membrane": "xtau"}),
    "i_off_mem": Probe("what its open reset leaks", {"dpi_membrane": "xreset"}),
    "i_th_pair_mem": Probe(
        "share of its input that the pair takes away from the membrane", {"dpi_membrane": "xth"}
    ),
    "i_in_pair_mem": Probe(
        "share of its input that the pair gives to the membrane", {"dpi_membrane": "xin"}
    ),
    "c_mem": Probe("the membrane's capacitance", {"dpi_membrane": "cmem"}, CAPACITANCE),
    "i_tau_syn": Probe("leak of a synapse, I_tau", {"dpi_synapse": "xtau"}),
    "i_syn": Probe("output of a synapse", {"dpi_synapse": "xout"}),
    "v_syn": Probe("gate of a synapse's readout", {"dpi_synapse": "v_syn"}, VOLTAGE),
    "c_syn": Probe("a synapse's capacitance", {"dpi_synapse": "csyn"}, CAPACITANCE),
    "i_exc": Probe("output of excitation", {"integrator_pair": "xexc.xout"}),
    "i_tau_exc": Probe("leak of excitation", {"integrator_pair": "xexc.xtau"}),
    "v_exc": Probe("gate of its readout", {"integrator_pair": "xexc.v_syn"}, VOLTAGE),
    "c_exc": Probe("its capacitance", {"integrator_pair": "xexc.csyn"}, CAPACITANCE),
    "i_inh": Probe("output of inhibition", {"integrator_pair": "xmirror_out"}),
    "i_tau_inh": Probe("leak of inhibition", {"integrator_pair": "xinh.xtau"}),
    "v_inh": Probe("gate of its readout", {"integrator_pair": "xinh.v_syn"}, VOLTAGE),
    "i_dac_exc": Probe("DAC's current into excitation", {"steered_dac": "xsteer_exc"}),
    "i_dac_inh": Probe("DAC's current into inhibition", {"steered_dac": "xsteer_inh"}),
    "v_dac": Probe("output of the DAC", {"steered_dac": "i_w"}, VOLTAGE),
    "i_unit": Probe("unit's current into the fixed synapse", {"fixed_synapse": "xsteer"}),
    "v_unit": Probe("output of the fixed synapse's unit", {"fixed_synapse": "i_w"}, VOLTAGE),
    "i_ext": Probe("output of the fixed synapse", {"fixed_synapse": "xdpi.xout"}),
    "i_tau_ext": Probe("leak of the fixed synapse", {"fixed_synapse": "xdpi.xtau"}),
    "v_ext": Probe("gate of its readout", {"fixed_synapse": "xdpi.v_syn"}, VOLTAGE),
    "v_hold": Probe("high in the refractory period", {"spike_generator": "hold"}, VOLTAGE),
    "i_copy": Probe("copy of I_mem that is compared", {"spike_generator": "xcopy"}),
    "i_divided": Probe("what is drawn from the membrane", {"current_divider": "xout1"}),
    "i_winner": Probe("share of the common current", {"wta_cell": "xfollow"}),
    "i_charge": Probe("charging current of the ramp", {"pulse_extender": "xcharge"}),
    **{
        f"i_diode_{name}": Probe(f"current of the diode of i_{name}", {cell: f"x{name}"})
        for cell, names in (("bias_block", _BIASES), ("spike_bias", _SPIKE_BIASES))
        for name in names.split()
    },
}
"""All probes by name."""

_INNER = re.compile(
    r"@(?P<kind>[mc])\.(?P<path>[^\s\[]+)\[(?:id|capacitance)\]|v\((?P<node>[^\s()]+\.[^\s()]+)\)"
)
_NAME_OF_SAVED_NODE = re.compile(r"v\((.*)\)")
_TERM = re.compile(r"\s*([+-]?)\s*([^\s+-][^\s+]*)")
_SHOWS = {"save", "print"}


class ProbeError(CosimError):
    """A cell doesn't have what is read in it, and the project's file doesn't say where it is."""


def vector(probe: str, instance: str) -> str:
    """The vector of a current by its probe, for the instance of the first cell that has it.

    instance: such as `xneuron.xdecision`.
    """
    element = next(iter(PROBES[probe].places.values()))
    return f"@m.{instance}.{element}.m1[id]"


def check_stated(probes: Mapping[str, str]) -> None:
    """Raise InputError for a probe that there isn't, or that isn't made of terms."""
    for name, text in probes.items():
        if name not in PROBES:
            raise InputError(f"unknown probe {name!r}; there are: {', '.join(PROBES)}")
        list(_terms(name, text))


@dataclass(frozen=True)
class Read:
    """The way in which a deck's vectors are read.

    deck: with the names that its devices have. readings: of those vectors which are called
    otherwise in it, or are made of several. unread: why a vector isn't there, by its name.
    """

    deck: Deck
    readings: Mapping[str, Reading]
    unread: Mapping[str, str]

    def needed(self, *names: str) -> None:
        """Raise ProbeError for vectors that aren't there."""
        for name in names:
            if name in self.unread:
                raise ProbeError(self.unread[name])


def read_in(deck: Deck, stated: Mapping[str, str], names: Iterable[str] = ()) -> Read:
    """Look up what a deck saves inside of its cells, and what else is named.

    Args:
        deck: with all of its devices. stated: the project's probes.
        names: of vectors that are read without being saved.
    """
    search = _Search(Hierarchy(deck), stated)
    lines = [search.translated(line) for line in _with_continuations(deck.lines)]
    for name in names:
        search.reading(name)
    changed = {name: one for name, one in search.readings.items() if one != ((1.0, name),)}
    readings = {_saved_as(name): one for name, one in changed.items()}
    notes = [
        Line(f"* reading {name} = {_shown(one)}", "probes", number)
        for number, (name, one) in enumerate(sorted(readings.items()), start=1)
    ]
    return Read(replace(deck, lines=(*lines, *notes)), readings, search.unread)


def _with_continuations(lines: Iterable[Line]) -> Iterator[tuple[Line, bool]]:
    """Each line, and whether it is or continues one that says what is saved or printed."""
    shows = False
    for line in lines:
        if line.name != "+":
            shows = line.text.lstrip().startswith(".") and line.name in _SHOWS
        yield line, shows


class _Search:
    """Readings of names in a deck; each is looked up once."""

    def __init__(self, hierarchy: Hierarchy, stated: Mapping[str, str]):
        self._hierarchy, self._stated = hierarchy, stated
        self._brought: dict[str, Hierarchy] = {}
        self.readings: dict[str, Reading] = {}
        self.unread: dict[str, str] = {}

    def translated(self, numbered: tuple[Line, bool]) -> Line:
        """A line of the deck with the names that its devices have."""
        line, shows = numbered
        if not shows:
            return line
        return replace(line, text=_INNER.sub(lambda found: self._names(found[0]), line.text))

    def _names(self, name: str) -> str:
        return " ".join(term for _, term in self.reading(name) if term)

    def reading(self, name: str) -> Reading:
        """The way in which a vector is read; no terms for one that isn't there."""
        if name not in self.readings and name not in self.unread:
            try:
                self.readings[name] = self._looked_up(name)
            except ProbeError as error:
                self.unread[_saved_as(name)] = self.unread[name] = str(error)
        return self.readings.get(name, ())

    def _looked_up(self, name: str) -> Reading:
        found = _INNER.fullmatch(name)
        if not found:
            return ((1.0, name),)
        path = (found["path"] or found["node"]).removesuffix(".m1").split(".")
        if not self._hierarchy.has("", path[0]):
            # Of the deck itself, not of a cell: ngspice says so if it isn't there.
            return ((1.0, name),)
        unit = {"m": CURRENT, "c": CAPACITANCE, None: VOLTAGE}[found["kind"]]
        cell = ""
        around: list[str] = []
        for place, element in enumerate(path):
            rest = ".".join(path[place:])
            probe = _probe_of(cell, rest)
            if probe in self._stated:
                return self._stated_reading(probe, cell, around)
            if not self._is_there(cell, element, unit if place == len(path) - 1 else CURRENT):
                raise ProbeError(self._missing(cell, rest, probe))
            if place == len(path) - 1:
                return ((1.0, self._vector(cell, around, element, unit)),)
            cell, around = self._hierarchy.subcircuit(cell, element), [*around, element]
        raise AssertionError(name)

    def _is_there(self, cell: str, element: str, unit: str) -> bool:
        """True if a cell has an element or node, and in an own cell at the pins where ours has it.

        There it may have the same name and be something else.
        """
        if unit == VOLTAGE:
            return self._hierarchy.has_node(cell, element)
        if not self._hierarchy.has(cell, element):
            return False
        own = own_cells()
        if cell not in own:
            return True
        if cell not in self._brought:
            self._brought[cell] = Hierarchy(brought(cell))
        names, ours = required_pins(cell), self._brought[cell]
        if not ours.has(cell, element):
            return False
        nodes = (_at_pins(one.nodes(cell, element), names) for one in (ours, self._hierarchy))
        return next(nodes) == next(nodes)

    def _stated_reading(self, probe: str, cell: str, around: list[str]) -> Reading:
        unit, text = PROBES[probe].unit, self._stated[probe]
        found = []
        for factor, term in _terms(probe, text):
            if term is None:
                found.append((factor, ""))
                continue
            inside, path = cell, [*around]
            *outer, last = term.lower().split(".")
            for element in outer:
                self._check(probe, inside, element)
                inside, path = self._hierarchy.subcircuit(inside, element), [*path, element]
            if unit != VOLTAGE:
                self._check(probe, inside, last)
            found.append((factor, self._vector(inside, path, last, unit)))
        return tuple(found)

    def _check(self, probe: str, cell: str, element: str) -> None:
        if not self._hierarchy.has(cell, element):
            raise InputError(
                f"probes.{probe}: cell {cell} ({self._hierarchy.source(cell)}) has no element "
                f"{element!r}; there are: {', '.join(self._hierarchy.elements(cell))}"
            )

    def _vector(self, cell: str, around: list[str], element: str, unit: str) -> str:
        if unit == VOLTAGE:
            return f"v({'.'.join([*around, element])})"
        inner = self._hierarchy.device(cell, element)
        kind, path = inner[-1][0], ".".join([*around, *inner])
        quantity = {"m": "id", "c": "capacitance"}.get(kind, "i")
        return f"@{kind}.{path}[{quantity}]" if around or len(inner) > 1 else f"@{path}[{quantity}]"

    def _missing(self, cell: str, rest: str, probe: str) -> str:
        if not cell:
            return f"the deck has no {rest}"
        hint = f'; state what has it, [probes] {probe} = "..."' if probe else ""
        meaning = f" ({PROBES[probe].meaning})" if probe else ""
        return f"cell {cell} ({self._hierarchy.source(cell)}) has no {rest}{meaning}{hint}"


def _probe_of(cell: str, rest: str) -> str:
    """Name of the probe that is at a place of our cell; "" for none."""
    return next((name for name, one in PROBES.items() if one.places.get(cell) == rest), "")


def _terms(probe: str, text: str) -> Iterator[tuple[float, str | None]]:
    """Factor and element of each term of a stated probe; None for a number, which is the factor.

    Raises:
        InputError: it isn't made of terms.
    """
    try:
        yield to_si(text, PROBES[probe].unit), None
        return
    except InputError:
        pass
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if not found or (at and not found[1]):
            raise InputError(f"probes.{probe}: {text!r} is neither a number nor like xm3 + xm4")
        yield (-1.0 if found[1] == "-" else 1.0), found[2]
        at = found.end()
        at += len(text[at:]) - len(text[at:].lstrip())
    if not text.strip():
        raise InputError(f"probes.{probe} is empty")


def _at_pins(nodes: Sequence[str], pins: Sequence[str]) -> list[str]:
    """Nodes of an element that are pins of the cell; "" for the others."""
    return [node if node in pins else "" for node in nodes]


def _saved_as(name: str) -> str:
    """The name that ngspice gives the vector of a saved node, whose v() it leaves out."""
    found = _NAME_OF_SAVED_NODE.fullmatch(name)
    return found[1] if found else name


def _shown(reading: Reading) -> str:
    return " ".join(f"{factor:+g}*{term}" if term else f"{factor:+g}" for factor, term in reading)
