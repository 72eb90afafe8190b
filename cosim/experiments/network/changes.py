"""Changes of a configuration's parameters and of the task, by key."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from cosim.workbench.netlist_digests import check_measured
from cosim.workbench.settings import merged, section_fields
from ebn_model.chip.parameters import CODE_BITS, MEASURED, ChipParameters
from ebn_model.configurations import Parameters, configuration
from ebn_model.errors import InputError
from ebn_model.network.parameters import TaskParameters
from ebn_model.validation import validated


def with_changes(values: Mapping, changes: Iterable[tuple[str, Any]]) -> dict:
    """A copy of an experiment's values with changes.

    Args:
        values: `configuration` (a name), and the tables `parameters` and `task`.
        changes: key and value each; the key of a parameter of the network (bits, rule.dead_zone),
            of the task (task.amplitude), or configuration or iterations.

    Raises:
        InputError: an unknown key or configuration; names those that there are.
    """
    changed = {**values, "parameters": _copy(values.get("parameters", {}))}
    changed["task"] = dict(values.get("task", {}))
    # The configuration decides which parameters there are.
    for key, value in sorted(changes, key=lambda change: change[0] != "configuration"):
        _put(changed, key, value)
    return changed


def parameters_of(name: str, changes: Mapping, source: str) -> Parameters:
    """A configuration's parameters with those of a table; raises InputError, naming the source."""
    base = configuration(name)
    return validated(type(base), merged(base.model_dump(), changes), source)


def chip_parameters_of(name: str, changes: Mapping, source: str) -> ChipParameters:
    """As parameters_of, for a network of the chip; raises InputError for another one, too."""
    parameters = parameters_of(name, changes, source)
    if not isinstance(parameters, ChipParameters):
        raise InputError(f"{source}: {name!r} is not a network of the chip")
    return parameters


def check_as_rows(parameters: ChipParameters, dies: bool, source: str) -> None:
    """Refuse a network that circuits of its rows, and their models, can't stand for.

    They would have a nominal neuron's decisions where the network has others. dies: whether each
    row is a die of its own.

    Raises:
        InputError: names what rows don't have.
    """
    p = parameters
    if p.neurons < 2:
        raise InputError(f"{source}: neurons: a row of one neuron has no synapse")
    lacking = [f"mismatch.{name}" for name, value in p.mismatch if value]
    lacking += [name for name in ("noise", "decision_noise") if getattr(p, name)]
    lacking += ["bits"] * (p.bits < CODE_BITS) + ["window"] * (dies and p.window == "own")
    if lacking:
        raise InputError(
            f"{source}: {', '.join(lacking)}: rows as circuits don't have this; their mismatch is "
            "that of dies (first_die)"
        )


def parameters_of_dies(name: str, changes: Mapping, source: str) -> ChipParameters:
    """As chip_parameters_of; raises InputError, too, for stated constants of neurons.

    Those of the rows are to be measured on the dies, those of `neuron` on the nominal one.
    """
    parameters = chip_parameters_of(name, changes, source)
    for key in ("neuron", "rows"):
        if key in changes:
            raise InputError(f"{source}: {key}: constants are measured on the dies")
    return parameters


def simulated_parameters(name: str, changes: Mapping, source: str) -> Parameters:
    """As parameters_of, for a network that no circuit runs beside.

    Raises:
        InputError: as there; or its constants were measured before a netlist changed.
    """
    parameters = parameters_of(name, changes, source)
    if isinstance(parameters, ChipParameters):
        check_measured(MEASURED)
    return parameters


def _put(values: dict, key: str, value: Any) -> None:
    """Put a value into its place."""
    if key in ("configuration", "iterations"):
        values[key] = value
        return
    known = _keys(type(configuration(values["configuration"])))
    tasks = [f"task.{name}" for name in TaskParameters.model_fields]
    if key in tasks:
        values["task"][key.removeprefix("task.")] = value
    elif key in known:
        *sections, name = key.split(".")
        table = values["parameters"]
        for section in sections:
            table = table.setdefault(section, {})
        table[name] = value
    else:
        every = ["configuration", "iterations", *known, *tasks]
        raise InputError(f"unknown key {key!r}; known are {', '.join(every)}")


def _keys(kind: type[BaseModel], prefix: str = "") -> list[str]:
    """Names of all values of a set of parameters, with dots for those of its tables."""
    tables = dict(section_fields(kind))
    keys = [prefix + name for name in kind.model_fields if name not in tables]
    for name, inner in tables.items():
        keys += _keys(inner, f"{prefix}{name}.")
    return keys


def _copy(values: Any) -> Any:
    return {k: _copy(v) for k, v in values.items()} if isinstance(values, Mapping) else values
