"""A user's project: what its file says, ebn-cosim.toml in its folder."""

import re
from functools import lru_cache
from pathlib import Path

from pydantic import Field, field_validator

from cosim.circuits.bias_tables import TableName
from cosim.circuits.probes import check_stated
from cosim.technologies.technology import read_technology, technology_names
from cosim.workbench.places import PROJECT_FILE, project
from cosim.workbench.settings import Section, read_toml
from ebn_model.errors import InputError
from ebn_model.units import Volt
from ebn_model.validation import validated

_NODE = re.compile(r"[a-zA-Z_]\w*")


class Tables(Section):
    """Bias tables where neither a file nor the command line states one.

    neuron: of the single learning neuron and of the benches. row: of replays.
    """

    neuron: TableName = "published"
    row: TableName = "network"


class Project(Section):
    """Settings of all commands in a project, where neither a file nor an option states others.

    about: what it is. technology: its name, or the path of its file as seen from the project.
    supply: V, under this technology; None for the technology's.
    rails: nodes that all cells of a deck share without having them as pins.
    tables: see Tables. probes: what carries the currents that benches read inside of own cells
    (see cosim.circuits.probes), by the probe's name.
    """

    about: str = ""
    technology: str = "generic180"
    supply: Volt | None = None
    rails: list[str] = Field(default_factory=list)
    tables: Tables = Tables()
    probes: dict[str, str] = Field(default_factory=dict)

    @field_validator("rails")
    @classmethod
    def _possible_rails(cls, rails: list[str]) -> list[str]:
        for name in rails:
            if not _NODE.fullmatch(name):
                raise InputError(f"{name!r} is no name of a node")
        return rails

    @field_validator("probes")
    @classmethod
    def _known_probes(cls, probes: dict[str, str]) -> dict[str, str]:
        check_stated(probes)
        return probes


NONE = Project()
"""Outside of any project."""


def project_settings() -> Project:
    """Content of the file of the project; NONE outside of one.

    Raises:
        InputError: a fault in the file; names file and key.
    """
    folder = project()
    if folder is None:
        return NONE
    path = folder / PROJECT_FILE
    return _read(path, path.stat().st_mtime_ns)


def known_technologies(used: str) -> set[str]:
    """Names of all technologies, with the project's and the one in use, by its name or path."""
    in_use = (project_settings().technology, used)
    return {*technology_names(), *(read_technology(one).name for one in in_use)}


@lru_cache
def _read(path: Path, _changed: int) -> Project:
    """Read a file once for each time that it has been changed, ns."""
    values = read_toml(path)
    found = validated(Project, values, str(path))
    if found.technology.endswith(".toml"):
        stated = path.parent / found.technology
        found = found.model_copy(update={"technology": str(stated)})
    read_technology(found.technology)
    return found
