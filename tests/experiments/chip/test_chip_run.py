"""One chip by the real model: what it learns by each method, and where."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.experiments.chip.chip_run import (
    GATED,
    METHODS,
    REFINED,
    ChipRun,
    chip_of,
    finer,
    run_chip,
    with_codes,
    with_window_below_threshold,
)
from cosim.experiments.chip.chip_run import NOMINAL as NOMINAL_MODEL
from cosim.experiments.chip.readout import KNOWN_TRIALS, known_readout
from cosim.experiments.chip.settings import FineLearning
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters
from ebn_model.network.decoding import represented
from ebn_model.network.evaluation import draw_trial
from ebn_model.network.parameters import MismatchParameters, TaskParameters
from ebn_model.network.seeds import Purpose

NOMINAL = measured_parameters("network_row")
TASK = TaskParameters(duration=0.5, validation=2)


def chip_run(**changes):
    parameters = ChipParameters(neurons=8, **changes.pop("parameters", {}))
    defaults = {"seed": 3, "input_gain": 0.0, "iterations": 3, "further": 1}
    defaults["fine"] = FineLearning()
    return ChipRun("chip", parameters, TASK, **{**defaults, **changes})


def test_a_nominal_chip_that_learns_is_the_nominal_model():
    own = run_chip(chip_run(), lambda _: None)
    nominal, refined = own[NOMINAL_MODEL], own[REFINED]
    codes = {"transferred": nominal["codes"], "refined": refined["codes"]}
    found = run_chip(chip_run(**codes), lambda _: None)
    assert list(found) == list(METHODS)
    for method in ("learned", "transferred"):
        assert found[method] == nominal
    for method in ("matured", "refined", "continued", "gated"):
        assert found[method] == refined
    assert refined["codes"] != nominal["codes"]
    assert found["programmed"]["codes"] != nominal["codes"]


def test_refined_is_learned_with_narrower_windows_and_smaller_steps():
    chip = chip_of(chip_run())
    fine = finer(chip, FineLearning(window=0.5, sub_lsbs=2))
    before, after = NOMINAL.decision, fine.parameters.of_neurons[0].decision
    assert after.i_upper - after.i_lower == pytest.approx(0.5 * (before.i_upper - before.i_lower))
    assert after.i_upper + after.i_lower == pytest.approx(before.i_upper + before.i_lower)
    assert fine.parameters.sub_lsbs == 2
    plain = FineLearning(window=1.0, sub_lsbs=0)
    outcomes = [run_chip(chip_run(fine=one), lambda _: None) for one in (FineLearning(), plain)]
    assert outcomes[0][NOMINAL_MODEL] == outcomes[1][NOMINAL_MODEL]
    assert outcomes[0][REFINED]["codes"] != outcomes[1][REFINED]["codes"]
    # Unchanged, the further trials are just more of them.
    longer = run_chip(chip_run(iterations=4), lambda _: None)[NOMINAL_MODEL]
    assert longer["codes"] == outcomes[1][REFINED]["codes"]


def test_a_window_follows_the_spike_threshold_and_keeps_its_width():
    spike = NOMINAL.spike.model_copy(update={"i_spike": NOMINAL.spike.i_spike + 0.5e-9})
    moved = with_window_below_threshold(NOMINAL.model_copy(update={"spike": spike}), NOMINAL)
    assert moved.decision.centre == pytest.approx(NOMINAL.decision.centre + 0.5e-9)
    assert moved.decision.half_width == pytest.approx(NOMINAL.decision.half_width)
    assert with_window_below_threshold(NOMINAL, NOMINAL).decision.centre == pytest.approx(
        NOMINAL.decision.centre
    )


def test_a_window_of_a_neuron_that_does_not_spike_follows_nothing():
    silent = NOMINAL.model_copy(update={"spike": None})
    with pytest.raises(InputError, match="doesn't spike"):
        with_window_below_threshold(silent, NOMINAL)


def readout_of(chip, run):
    return known_readout(chip, TASK, run.seed, run.iterations + run.further)


def test_one_gain_mends_a_read_out_that_is_wrong_by_one():
    """The inputs' weights are all larger, and so is the output."""
    run = chip_run()
    chip = chip_of(run)
    larger = replace(chip, input_gain=np.full_like(chip.input_gain, 1.3))
    assert readout_of(larger, run).gain < 0.9 * readout_of(chip, run).gain
    found = run_chip(run, lambda _: None)[NOMINAL_MODEL]
    assert 0 < found["calibrated_error"] <= found["unscaled_error"] * 1.1


def test_a_decoder_that_learns_mends_more_of_a_read_out_than_a_gain():
    found = run_chip(chip_run(iterations=20), lambda _: None)[REFINED]
    assert 0 < found["adapted_error"] < found["calibrated_error"]


def test_a_decoder_that_learns_knows_nothing_of_what_is_scored():
    run = chip_run()
    chip, other = chip_of(run), TASK.model_copy(update={"validation": 7})
    known = known_readout(chip, TASK, run.seed, 4)
    assert np.array_equal(known.decoder, known_readout(chip, other, run.seed, 4).decoder)
    assert not np.array_equal(known.decoder, known_readout(chip, TASK, run.seed, 5).decoder)
    assert not np.array_equal(known.decoder, chip.decoder)


@pytest.mark.parametrize("better", GATED)
def test_a_gate_takes_what_decodes_known_inputs_better(better):
    none = np.zeros((8, 8), int).tolist()
    learned = run_chip(chip_run(iterations=20), lambda _: None)[REFINED]["codes"]
    start = {"refined": "refined", "continued": "transferred"}[better]
    codes = {"transferred": none, "refined": none, start: learned}
    found = run_chip(chip_run(**codes), lambda _: None)
    errors = {name: found[name]["known_error"] for name in GATED}
    assert min(errors, key=errors.get) == better
    assert found["gated"] == found[better]


def test_a_gain_that_learns_by_lms_ends_where_the_read_out_s_gain_is_fitted():
    """In the same trials, by the error of each sample: the chip needs no other read-out for it."""
    run = chip_run()
    chip = chip_of(run)
    larger = replace(chip, input_gain=np.full_like(chip.input_gain, 1.5))
    fitted, gain, first = readout_of(larger, run).gain, 1.0, run.iterations + run.further
    for number in range(first, first + KNOWN_TRIALS):
        trial = draw_trial(chip.parameters, TASK, run.seed, Purpose.TRIAL, number)
        output = larger.run(trial.command).output[:-1]
        variable = represented(trial.command, chip.parameters)[:-1]
        # In a trial the gain comes e times nearer to where it belongs.
        step = 1 / (output**2).sum()
        for y, x in zip(output, variable, strict=True):
            gain += step * (x - gain * y) @ y
    assert abs(1 - fitted) > 0.2
    # e^-3 of the way is left, and the last trial counts for more than the first.
    assert abs(gain - fitted) < 0.1 * abs(1 - fitted) + 0.02


def test_dies_change_what_is_learned():
    own = run_chip(chip_run(), lambda _: None)
    nominal, refined = own[NOMINAL_MODEL], own[REFINED]["codes"]
    slow = NOMINAL.model_copy(
        update={"membrane": NOMINAL.membrane.model_copy(update={"tau": 0.04})}
    )
    rows = (NOMINAL,) * 4 + (slow,) * 4
    found = run_chip(
        chip_run(parameters={"rows": rows}, transferred=nominal["codes"], refined=refined),
        lambda _: None,
    )
    assert found["transferred"]["codes"] == nominal["codes"]
    assert found["transferred"]["unscaled_error"] != nominal["unscaled_error"]
    assert found["learned"]["codes"] != nominal["codes"]


def test_stuck_synapses_keep_random_codes_with_every_method():
    faults = {"mismatch": MismatchParameters(stuck=0.3)}
    none = np.zeros((8, 8), int).tolist()
    run = chip_run(parameters=faults, transferred=none, refined=none)
    chip = chip_of(run)
    stuck = chip.mismatch.stuck & ~np.eye(8, dtype=bool)
    kept = chip.state.weights
    assert stuck.any()
    assert (kept[stuck] != 0).mean() > 0.8
    assert (kept[~stuck] == 0).all()
    for method, outcome in run_chip(run, lambda _: None).items():
        codes = np.array(outcome["codes"])
        assert np.array_equal(codes[stuck], kept[stuck]), method
    assert (np.array(with_codes(chip, np.eye(8)[::-1]).state.weights)[stuck] == kept[stuck]).all()


def test_gains_of_the_inputs_follow_the_seed():
    one, other = (chip_of(chip_run(input_gain=0.2, seed=seed)) for seed in (3, 4))
    assert one.input_gain.std() == pytest.approx(0.2, rel=0.5)
    assert not np.array_equal(one.input_gain, other.input_gain)
    assert (chip_of(chip_run()).input_gain == 1).all()


def test_a_new_decoder_is_not_known_to_whoever_programmed_the_chip():
    none = np.zeros((8, 8), int).tolist()
    run = chip_run(transferred=none, refined=none)
    old, new = chip_of(run), chip_of(replace(run, new_decoder=0.5))
    assert np.linalg.norm(new.decoder, axis=0) == pytest.approx(np.ones(8))
    cosines = (old.decoder * new.decoder).sum(axis=0)
    # At most the angle whose sine is 0.5.
    assert (cosines >= np.sqrt(1 - 0.5**2) - 1e-9).all() and cosines.min() < 0.99
    before, after = (run_chip(one, lambda _: None) for one in (run, replace(run, new_decoder=0.5)))
    assert before["programmed"]["codes"] == after["programmed"]["codes"]
    assert before["programmed"]["unscaled_error"] != after["programmed"]["unscaled_error"]
    assert before["learned"]["codes"] != after["learned"]["codes"]


def test_what_an_outcome_depends_on_is_in_its_key():
    run = chip_run()
    others = [
        replace(run, seed=4),
        replace(run, iterations=4),
        replace(run, input_gain=0.1),
        replace(run, new_decoder=0.1),
        replace(run, transferred=[[0]]),
        replace(run, refined=[[0]]),
        replace(run, fine=FineLearning(window=0.5)),
        replace(run, parameters=ChipParameters(neurons=8, rows=(NOMINAL,) * 8)),
        replace(run, task=TASK.model_copy(update={"amplitude": 1.0})),
    ]
    assert len({run.key, *(one.key for one in others)}) == 1 + len(others)
    assert replace(run, label="other").key == run.key
