"""Calibration: the model of the biases, fits to targets and to recordings, and tables."""

import numpy as np
import pytest
from synthetic import neuron_parameters, spike_table, stimulus

from cosim.cells import characterise
from cosim.circuits.bias_tables import bias_folder, bias_lines, read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.mixed_neuron import I_MEM, MixedCircuit
from cosim.cli import main
from cosim.engine.worker import run_jobs
from cosim.experiments.calibration import recipe, runner, to_waveforms
from cosim.experiments.calibration.behaviour import behaviour
from cosim.experiments.calibration.errors import CalibrationError
from cosim.experiments.calibration.folders import Folders
from cosim.experiments.calibration.given_weights import replay_job, replay_model
from cosim.experiments.calibration.scaling import scaled
from cosim.experiments.calibration.tables import rounded, table_text
from cosim.experiments.calibration.to_recordings import margins
from cosim.experiments.calibration.to_target import calibrate
from cosim.experiments.calibration.to_waveforms import Recording, Weighting, edges_of, fit
from cosim.workbench.pool import LocalPool
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.measured import FOLDER, measured_parameters
from ebn_model.parameters import BiasTable, DecisionParameters

FREE = ("i_in", "i_th_exc", "i_tau_mem")
CHANGED = {"i_in": 1.1, "i_th_mem": 0.9, "i_tau_exc": 1.3, "i_th_inh": 1.2, "i_lsb": 1.1}


def changed(biases, factors):
    values = {name: getattr(biases, name) * factor for name, factor in factors.items()}
    return biases.model_copy(update=values)


@pytest.fixture
def made_of(biases):
    """Function from a table to the parameters of a neuron that obeys `scaled` exactly."""
    return lambda table: scaled(neuron_parameters(), biases, table)


@pytest.mark.ngspice
def test_the_benches_show_what_the_scaling_expects(biases, measured):
    table = changed(biases, CHANGED)
    jobs = characterise.jobs(table)
    vectors = dict(run_jobs(jobs))
    found = characterise.parameters([vectors[index] for index in range(len(jobs))])
    expected = scaled(measured, biases, table)
    assert found.i_in == pytest.approx(expected.i_in, rel=0.02)
    for name in ("membrane", "excitatory", "inhibitory", "extra"):
        for constant in ("tau", "i_tau", "i_th"):
            one, other = (getattr(getattr(p, name), constant) for p in (found, expected))
            assert one == pytest.approx(other, rel=0.05), f"{name} {constant}"
    assert found.excitatory.i_w == pytest.approx(expected.excitatory.i_w, rel=0.01)


def test_an_unchanged_table_changes_no_parameter(biases):
    parameters = neuron_parameters()
    again = scaled(parameters, biases, biases)
    for name, values in parameters.model_dump(exclude_none=True).items():
        assert again.model_dump()[name] == pytest.approx(values, rel=1e-9), name


def test_behaviour_agrees_with_runs_of_the_model(biases):
    parameters = neuron_parameters(i_omega=20e-12)
    values = behaviour(parameters)
    at_rest = LearningNeuron(parameters).run(stimulus((), reset_until=0.0)).i_mem[0]
    assert values["i_settled"] == pytest.approx(at_rest, rel=1e-6)
    assert values["window_centre"] == pytest.approx(9e-9)
    assert values["window_half_width"] == pytest.approx(0.4e-9)
    mean_kick = (values["kick_exc"] + values["kick_inh"]) / 2
    assert values["slope_over_kick"] == pytest.approx(20e-12 / mean_kick)
    assert values["kick_inh_over_exc"] == pytest.approx(values["kick_inh"] / values["kick_exc"])
    assert "i_spike" not in values


def test_calibration_meets_its_target(biases, made_of):
    wanted = {"tau_mem": 20e-3, "i_settled": 8e-9, "kick_exc": 100e-12, "kick_inh": 90e-12}
    rounds = []
    done = calibrate(biases, wanted, made_of, lambda *news: rounds.append(news))
    for name, value in wanted.items():
        assert done.values[name] == pytest.approx(value, rel=0.006)
    assert done.biases.i_tau_mem == pytest.approx(biases.i_tau_mem * 1.3, rel=0.1)
    assert done.biases.i_rest == biases.i_rest
    assert rounds[-1][1] < rounds[0][1]


def test_inhibition_is_made_as_strong_as_excitation(biases, made_of):
    done = calibrate(biases, {"kick_exc": 100e-12, "kick_inh_over_exc": 1.0}, made_of)
    assert done.values["kick_exc"] == pytest.approx(100e-12, rel=1e-3)
    assert done.values["kick_inh"] == pytest.approx(done.values["kick_exc"], rel=1e-3)
    assert done.biases.i_th_exc != biases.i_th_exc


def test_what_goes_with_the_square_of_its_bias_does_not_swing_for_ever(biases):
    known = neuron_parameters()

    def measured(table):
        factor = (table.i_rest / biases.i_rest) ** 2
        centre = known.decision.i_lower + known.decision.i_upper
        half_width = known.decision.i_upper - known.decision.i_lower
        lower, upper = (factor * centre - half_width) / 2, (factor * centre + half_width) / 2
        moved = {"i_lower": lower, "i_upper": upper}
        return known.model_copy(update={"decision": known.decision.model_copy(update=moved)})

    wanted = {"window_centre": 1.1 * behaviour(known)["window_centre"]}
    done = calibrate(biases, wanted, measured)
    assert done.biases.i_rest == pytest.approx(np.sqrt(1.1) * biases.i_rest, rel=2e-4)


def test_a_target_out_of_reach_is_named(biases):
    place = r"\(bench membrane_response, cell dpi_membrane, bias i_tau_mem\)"
    with pytest.raises(CalibrationError, match=rf"of the membrane is 0\.026, not 0\.024 {place}"):
        calibrate(biases, {"tau_mem": 24e-3}, lambda table: neuron_parameters())


def test_a_quantity_that_no_scaling_reaches_is_named(biases):
    flat = neuron_parameters(i_omega=0.0)
    place = r"\(bench decision, cell decision, bias i_omega\)"
    with pytest.raises(CalibrationError, match=rf"per LSB is 0, from where .* to 2e-11 {place}"):
        calibrate(biases, {"slope": 20e-12}, lambda table: flat)
    place = r"\(bench spike_generator, cell spike_generator, bias i_spike\)"
    with pytest.raises(CalibrationError, match=f"neuron spikes was not measured {place}"):
        calibrate(biases, {"i_spike": 13e-9}, lambda table: flat)


def test_what_shows_nothing_waits_for_the_others(biases):
    """As inhibition of a membrane at rest at zero: it is calibrated once the others are right."""
    rounds = []

    def measured(table):
        rounds.append(table.i_omega)
        right = abs(table.i_rest / (2 * biases.i_rest) - 1) < 1e-3
        made = neuron_parameters()
        shift = 9e-9 * (table.i_rest / (2 * biases.i_rest) - 1)
        decision = DecisionParameters(
            i_lower=made.decision.i_lower + shift,
            i_upper=made.decision.i_upper + shift,
            i_omega=table.i_omega * right,
        )
        return made.model_copy(update={"decision": decision})

    wanted = {"window_centre": 9e-9, "slope": 2 * biases.i_omega}
    done = calibrate(biases, wanted, measured)
    assert done.values["slope"] == pytest.approx(2 * biases.i_omega, rel=1e-3)
    assert rounds[0] == rounds[1] == biases.i_omega


def test_thresholds_lie_where_the_recipe_has_them():
    middle = recipe.read_recipe("published").recordings
    upper_later = middle.model_copy(update={"thresholds": (0.5, 0.8)})
    bounds = (8.5e-9, 8.7e-9), (9.2e-9, 9.5e-9)
    names = "window_centre", "window_half_width"
    found = [[one.window(*bounds)[name] for name in names] for one in (middle, upper_later)]
    assert found == [pytest.approx([8.975e-9, 0.375e-9]), pytest.approx([9.02e-9, 0.42e-9])]


def test_a_threshold_is_in_the_middle_of_decisions_that_contradict_each_other():
    recordings = recipe.read_recipe("published").recordings
    later = recordings.model_copy(update={"thresholds": (0.9, 0.8)})
    found = later.window((8.61e-9, 8.6e-9), (9.2e-9, 9.5e-9))
    assert found["window_centre"] - found["window_half_width"] == pytest.approx(8.605e-9)
    assert found["window_centre"] + found["window_half_width"] == pytest.approx(9.44e-9)


def test_a_fit_that_moves_the_window_is_refused():
    recordings = recipe.read_recipe("published").recordings
    recordings.check_window(8.96e-9)
    for centre in (8.77e-9, 9.85e-9):
        with pytest.raises(CalibrationError, match=r"not within 8\.780 \.\. 9\.140 nA"):
            recordings.check_window(centre)


def test_where_tables_go(tmp_path):
    found = Folders.of(None)
    assert (found.tables.name, found.constants) == ("generic180", FOLDER)
    found = Folders.of(None, Conditions(technology="sky130"))
    assert found.tables == found.constants == bias_folder("sky130")
    hot = Conditions(temperature=85)
    with pytest.raises(InputError, match="a table for generic180-85C needs --out"):
        Folders.of(None, hot)
    assert Folders.of(tmp_path, hot) == Folders(tmp_path, tmp_path, tmp_path)


def test_a_bias_out_of_range_is_named(biases, made_of):
    with pytest.raises(InputError, match="i_rest"):
        calibrate(biases, {"window_centre": 1e-3}, lambda table: neuron_parameters())


@pytest.mark.slow
def test_a_fit_finds_the_currents_behind_a_recording(biases, made_of, monkeypatch):
    """The circuit is replaced by one that is 0.05 nA off the model: the offset is taken up."""
    truth = changed(biases, {"i_in": 1.05, "i_th_exc": 0.8, "i_tau_mem": 0.95})
    given = stimulus(np.arange(4e-3, 100e-3, 5e-3), duration=102e-3, start_weight=5)

    def circuit(table, recordings, *_):
        return [
            edges_of(replay_model(made_of(table), r.stimulus, r.spikes.decision)) + 0.05e-9
            for r in recordings
        ]

    recording = replay_model(made_of(truth), given, np.tile([1, 0, -1, 0], 5))
    recording.i_mem_rise[:] += 0.05e-9
    recording.i_mem_fall[:] += 0.05e-9
    monkeypatch.setattr(to_waveforms, "replay_circuit", circuit)
    weighting = Weighting(3, (8e-9, 10e-9), {})
    news = []
    found = fit(
        biases,
        FREE,
        [Recording(given, recording)],
        weighting,
        made_of,
        LocalPool(1),
        lambda *args: news.append(args),
    )
    for name in FREE:
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=0.01), name
    assert found.i_th_inh == biases.i_th_inh
    assert news[-1][1][0] < 0.05 * news[0][1][0]


def test_a_time_constant_is_expected_whatever_its_current(biases, made_of, monkeypatch):
    """As of a user's membrane, whose capacitor is smaller than ours."""
    ours = made_of(biases).membrane

    def smaller(table):
        known = made_of(table)
        tau = 0.8 * known.membrane.tau
        return known.model_copy(update={"membrane": known.membrane.model_copy(update={"tau": tau})})

    given = stimulus((4e-3, 9e-3), duration=12e-3, start_weight=5)
    recording = replay_model(smaller(biases), given, np.array([1, 0]))
    monkeypatch.setattr(
        to_waveforms,
        "replay_circuit",
        lambda table, recordings, *_: [
            edges_of(replay_model(smaller(table), r.stimulus, r.spikes.decision))
            for r in recordings
        ],
    )
    weighting = Weighting(3, (8e-9, 10e-9), {"tau_mem": (ours.tau, 1e-5)})
    recordings = [Recording(given, recording)]
    found = fit(
        biases, ["i_tau_mem"], recordings, weighting, smaller, LocalPool(1), lambda *_: None
    )
    assert smaller(found).membrane.tau == pytest.approx(ours.tau, rel=2e-3)
    assert found.i_tau_mem < 0.85 * biases.i_tau_mem


@pytest.mark.ngspice
def test_the_replayed_circuit_is_the_learning_one_with_given_weights(biases):
    given = stimulus((4e-3, 7e-3, 10e-3, 13e-3), duration=16e-3, start_weight=-3)
    learning = MixedCircuit(biases)
    [(_, vectors)] = run_jobs([learning.job(given, "learning")])
    learned = learning.result(given, vectors)
    job = replay_job(biases, given, learned.spikes.weight_before, "replay")
    [(_, replayed)] = run_jobs([job])
    time = np.linspace(3e-3, 15.9e-3, 500)
    one = np.interp(time, replayed["time"], replayed[I_MEM])
    other = np.interp(time, learned.time, learned.i_mem)
    assert np.sqrt(np.mean((one - other) ** 2)) < 5e-12


def test_a_table_is_read_back_as_it_was_written(biases, tmp_path, monkeypatch):
    reasons = {name: f"why {name}" for name in BiasTable.model_fields}
    text = table_text("mine", "for a test", biases, reasons)
    assert text.startswith("* mine: for a test\n")
    tmp_path.joinpath("mine.spice").write_text(text)
    monkeypatch.setattr("cosim.circuits.bias_tables.bias_folder", lambda technology: tmp_path)
    again = read_biases("mine")
    for name, current in rounded(biases).model_dump().items():
        assert getattr(again, name) == pytest.approx(current, rel=1e-9), name
        assert f"* why {name}\n.param {name}=" in text


def test_constants_are_those_of_the_table_that_lies_beside_them(tmp_path, monkeypatch):
    own = read_biases("network").model_copy(update={"i_lsb": 0.9e-9})
    tmp_path.joinpath("network.spice").write_text(bias_lines(own), encoding="utf-8")
    measured = []

    def measure(table, conditions, pool):
        measured.append(table)
        raise CalibrationError

    monkeypatch.setattr(runner, "measure_neuron", measure)
    with pytest.raises(CalibrationError):
        runner.measure_constants("network", Folders.of(tmp_path), None)
    assert measured == [own]


@pytest.mark.ngspice
def test_constants_are_measured_anew_with_the_table_as_it_is(tmp_path, capsys):
    assert main(["calibrate", "rule", "--keep-tables", "--out", str(tmp_path)]) == 0
    assert "rule.json and rule_row.json" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rule.json", "rule_row.json"]
    found, stored = measured_parameters("rule", tmp_path), measured_parameters("rule")
    assert behaviour(found) == pytest.approx(behaviour(stored), rel=5e-3)


def test_margins_lie_between_the_decisions():
    spikes = spike_table([8e-9, 8.5e-9, 8.7e-9, 9.2e-9, 9.5e-9], [1, 1, 0, 0, -1])
    recordings = [Recording(stimulus(), spikes)]
    assert margins([spikes.i_mem_rise], recordings) == ((8.5e-9, 8.7e-9), (9.2e-9, 9.5e-9))
    crossed = spike_table([8e-9, 8.8e-9, 8.7e-9, 9.2e-9, 9.5e-9], [1, 1, 0, 0, -1])
    for allowed in (0.0, 0.05e-9):
        with pytest.raises(CalibrationError, match="no lower threshold"):
            margins([crossed.i_mem_rise], recordings, allowed)
    lower, _ = margins([crossed.i_mem_rise], recordings, 0.2e-9)
    assert lower == (8.8e-9, 8.7e-9)
