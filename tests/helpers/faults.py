"""What can be wrong with a circuit: functions of a stimulus and its sound result to a wrong one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest

from ebn_model.results import LearningResult, SpikeTable, weight_steps
from ebn_model.row import RowEvents, RowResult

Result = TypeVar("Result", LearningResult, RowResult)
Fault = Callable[[Any, Result], Result]


def give(monkeypatch: pytest.MonkeyPatch, stand_in: type, fault: Fault) -> None:
    """Let all circuits of a stand-in's class have a fault."""
    monkeypatch.setattr(stand_in, "fault", staticmethod(fault))


def shifted(current: float) -> Fault:
    """I_mem is higher by a current in A all the time; all decisions stay."""

    def fault(stimulus, result):
        table = _table(result)
        i_rise, i_fall = table.i_mem_rise + current, table.i_mem_fall + current
        table = replace(table, i_mem_rise=i_rise, i_mem_fall=i_fall)
        return _with_table(replace(result, i_mem=result.i_mem + current), table)

    return fault


def wrong_decision(pulse: int) -> Fault:
    """The decision on a pulse is another one: SL for DEC, INC for SL, DEC for INC.

    The weight of its synapse differs from then on by as much as the decision does.
    """

    def fault(stimulus, result):
        table = _table(result)
        decision = table.decision.copy()
        decision[pulse] = (decision[pulse] + 2) % 3 - 1
        result = _with_table(result, replace(table, decision=decision))
        step = decision[pulse] - table.decision[pulse]
        return _weight_moved(stimulus, result, pulse, step)

    return fault


def lost_step(number: int) -> Fault:
    """The weight doesn't follow one of the decisions that change it, if there are so many."""

    def fault(stimulus, result):
        decisions = _table(result).decision
        for pulse in np.flatnonzero(decisions)[number : number + 1]:
            result = _weight_moved(stimulus, result, pulse, -decisions[pulse])
        return result

    return fault


def lost_spike(number: int) -> Fault:
    """One of the neuron's own spikes is missing."""

    def fault(stimulus, result):
        return replace(result, output_spikes=np.delete(result.output_spikes, number))

    return fault


def lost_edge(pulse: int) -> Fault:
    """There is no time point near the rising edge of a neuron's pulse."""

    def fault(stimulus, result):
        kept = abs(result.time - result.spikes.t_rise[pulse]) > 1e-6
        points = {name: getattr(result, name)[kept] for name in ("time", "i_mem", "weight")}
        return replace(result, **points)

    return fault


def _weight_moved(stimulus, result, pulse: int, step: int):
    """The weight of a pulse's synapse is higher by a step, LSB, from the end of the pulse on."""
    table = _table(result)
    number = np.arange(len(table))
    own = table.pre == table.pre[pulse] if isinstance(table, RowEvents) else True
    before = table.weight_before + step * (own & (number > pulse))
    after = table.weight_after + step * (own & (number >= pulse))
    if isinstance(result, RowResult):
        codes = result.final_codes + step * (stimulus.synapses == table.pre[pulse])
        result = replace(result, final_codes=codes)
    return _with_table(result, replace(table, weight_before=before, weight_after=after))


def _table(result: LearningResult | RowResult) -> SpikeTable:
    return result.spikes if isinstance(result, LearningResult) else result.events


def _with_table(result, table: SpikeTable):
    if isinstance(result, RowResult):
        return replace(result, events=table)
    weight = weight_steps(result.time, table, int(result.weight[0]))
    return replace(result, spikes=table, weight=weight)
