"""Experiments read and run with keyword arguments, and their summaries, as tests ask for them."""

import json
from dataclasses import replace

from cosim.experiments.bias_comparison import settings as bias_comparison
from cosim.experiments.bias_comparison.kind import KIND as BIAS_COMPARISON
from cosim.experiments.network import runner as network_runner
from cosim.experiments.network import settings as network
from cosim.experiments.neuron import config, runner, simulation
from cosim.experiments.neuron.kind import KIND as NEURON
from cosim.experiments.protocol import Request, Work
from cosim.experiments.replay import experiment as replay_experiment
from cosim.experiments.replay import settings as replay
from cosim.experiments.study import settings as study
from cosim.workbench.experiment_files import read_file
from cosim.workbench.placement import Placement
from cosim.workbench.report import SUMMARY


def read_one(kind, file, *changes, **request):
    """The experiment of a file, for kinds that read one of each."""
    [experiment] = kind.read(read_file(str(file)), Request(changes=changes, **request))
    return experiment


def run_one(kind, experiment, force=False):
    """The first report of an experiment that is run in this process alone."""
    return next(kind.run([experiment], Work(Placement(1), force)))


def read_simulation(name, changes=(), out=None, biases=None, view=None, conditions=()):
    request = Request(tuple(changes), (), out, biases, tuple(conditions), view)
    return simulation.read_simulation(read_file(str(name)), request)


def read_experiment(path, changes=()):
    return config.read_experiment(read_file(str(path)), changes)


def read_comparison(path, view=None):
    return bias_comparison.read_comparison(read_file(path), Request(view=view))


def read_networks(path, changes=(), seeds=(), out=None):
    return network.read_networks(read_file(path), Request(tuple(changes), tuple(seeds), out))


def read_replay(path, changes=(), full=False, out=None, conditions=()):
    request = Request(tuple(changes), out=out, full=full, conditions=tuple(conditions))
    return replay.read_replay(read_file(path), request)


def read_study(path):
    return study.read_study(read_file(str(path)))


def run(simulations, views=None, workers=None, force=False):
    chosen = [replace(one, views=tuple(views or one.views)) for one in simulations]
    return [*runner.run(chosen, Work(Placement(workers), force))]


def redraw(simulation):
    [report] = NEURON.report([simulation], redraw=True)
    return report


def run_comparison(comparison):
    return [*BIAS_COMPARISON.run([comparison], Work())]


def redraw_comparison(comparison):
    return [*BIAS_COMPARISON.report([comparison], redraw=True)][-1]


def run_networks(experiments, workers=None, force=False):
    return network_runner.run_networks(experiments, Work(Placement(workers), force))


def run_replay(experiment, workers=None, force=False):
    return replay_experiment.run_replay(experiment, Work(Placement(workers), force))


def summary_of(results):
    """What is in the summary of a folder of results."""
    return json.loads((results / SUMMARY).read_text(encoding="utf-8"))
