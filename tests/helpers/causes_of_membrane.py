"""Causes of spread in a single bench, that of the membrane, which takes seconds."""

from cosim.cells.bench import bench_job
from cosim.cells.benches import dpi_membrane
from cosim.circuits.conditions import Conditions
from cosim.engine.worker import simulator
from cosim.experiments.dies import causes_run


def membrane(vectors):
    """The quantities of the bench whose causes are looked for."""
    return {"i_mem_rest": dpi_membrane.measure(vectors)["i_mem_rest"]}


def membrane_causes(table, notify):
    """The outcome of a CausesRun of all devices of the bench, in a process of its own."""
    causes_run.PARTS = 1
    causes_run.neuron_jobs = lambda biases, on: [bench_job("dpi_membrane", biases, on)]
    causes_run.neuron_parameters = lambda found: found[0]
    causes_run.changed_parameters = lambda found, *_: found[0]
    causes_run.behaviour = membrane
    return causes_run.CausesRun(table, Conditions(), 0)(simulator(notify))
