"""Stimuli that nothing was fitted to, given to the circuit and to the model."""

from dataclasses import dataclass

import numpy as np

from cosim.circuits.bias_tables import read_biases
from cosim.comparison.spikes import Comparison, compare
from cosim.engine.worker import run_jobs
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import NeuronParameters
from ebn_model.results import LearningResult
from ebn_model.stimulus import Stimulus, poisson_spikes, regular_spikes

PULSE, PAUSE = 1e-3, 1.2e-3
RESET_UNTIL, FIRST_SPIKE = 2e-3, 4e-3
RATES = 50.0, 400.0
INPUT_FACTORS = 0.8, 1.2


@dataclass(frozen=True)
class Case:
    """A stimulus, and a factor for the constant input current."""

    stimulus: Stimulus
    input_factor: float


def draw(generator: np.random.Generator, durations: tuple[float, float]) -> Case:
    """At least one spike, regular or Poisson, any start weight, extra synapse or not.

    Args:
        generator: what to draw from.
        durations: least and greatest length of the run, s.
    """
    duration, rate = generator.uniform(*durations), generator.uniform(*RATES)
    # The last pulse ends before the run does.
    stop = duration - 2 * PULSE
    if generator.random() < 0.5:
        spikes = regular_spikes(FIRST_SPIKE, 1 / rate, 1 + int((stop - FIRST_SPIKE) * rate))
    else:
        later = poisson_spikes(rate, FIRST_SPIKE, stop, PAUSE, generator)
        spikes = np.append(FIRST_SPIKE, later)
    stimulus = Stimulus(
        spikes,
        PULSE,
        duration,
        start_weight=int(generator.integers(-32, 32)),
        reset_until=RESET_UNTIL,
        extra_synapse=bool(generator.random() < 0.5),
    )
    return Case(stimulus, generator.uniform(*INPUT_FACTORS))


@dataclass(frozen=True)
class Outcome:
    """What the circuit and the model `neuron` made of a stimulus."""

    circuit: LearningResult
    model: LearningResult
    neuron: LearningNeuron

    @property
    def comparison(self) -> Comparison:
        """The model's run against the circuit's."""
        return compare(self.model, self.circuit)


def play(cases: list[Case], view: type, table: str, measured: NeuronParameters) -> list[Outcome]:
    """Run the cases.

    Args:
        cases: what to play.
        view: class of the circuit's view.
        table: name of the bias table.
        measured: the model's parameters for that table.
    """
    biases = read_biases(table)
    circuits = [view(with_input(biases, case.input_factor)) for case in cases]
    jobs = [
        circuit.job(case.stimulus, f"{table}, case {number}")
        for number, (circuit, case) in enumerate(zip(circuits, cases, strict=True))
    ]
    vectors = dict(run_jobs(jobs))
    outcomes = []
    for number, (circuit, case) in enumerate(zip(circuits, cases, strict=True)):
        neuron = LearningNeuron(with_input(measured, case.input_factor))
        reference = circuit.result(case.stimulus, vectors[number])
        outcomes.append(Outcome(reference, neuron.run(case.stimulus), neuron))
    return outcomes


def with_input(parameters, factor: float):
    """Biases, or the model's parameters, with another constant input.

    The mirror that copies it is linear; test_unseen_stimuli.py says how exactly.
    """
    return parameters.model_copy(update={"i_in": parameters.i_in * factor})
