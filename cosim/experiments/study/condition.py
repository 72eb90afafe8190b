"""Subject of one run of the study, apart from its seed.

A module of its own, so that no run depends on how the study's file is read.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from ebn_model.network.parameters import TaskParameters

State = Literal["initial", "zero", "optimal", "learned"]
"""Kinds of weights that a network can have."""


@dataclass(frozen=True)
class Condition:
    """A method in a situation; its runs differ in their seed only.

    Attributes:
        group, method, situation: names. x: value of the group's sweep; None without one.
        state, start, iterations: see settings.Method.
        parameters, task: of the network.
    """

    group: str
    method: str
    situation: str
    x: float | None
    state: State
    start: str
    iterations: int
    parameters: BaseModel
    task: TaskParameters
