import pytest
from pydantic import ValidationError
from synthetic import MEMBRANE

from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable, IntegratorParameters, NeuronParameters
from ebn_model.validation import validated

BIASES = {
    "i_in": "1.478n",
    "i_th_mem": "95.06p",
    "i_tau_mem": "10.43p",
    "i_lsb": "2n",
    "i_th_exc": "10.74p",
    "i_tau_exc": "48.27p",
    "i_th_inh": "6.288p",
    "i_tau_inh": "31.4p",
    "i_ext": "65.91n",
    "i_tau_ext": "69.7p",
    "i_rest": "8.7405n",
    "i_sl": "0.346n",
    "i_omega": "0.1p",
    "i_wta": "10n",
    "i_spike": "13.7n",
    "i_reset": "9n",
    "i_refractory": "0.4n",
    "i_pulse": "0.815n",
}

SYNAPSE = MEMBRANE | {"tau": 0.65e-3, "i_floor": 0.3e-12, "i_w": 2.06e-9}
NEURON = {
    "i_in": 1.4926e-9,
    "membrane": MEMBRANE,
    "excitatory": SYNAPSE,
    "inhibitory": SYNAPSE,
    "extra": SYNAPSE,
    "decision": {"i_lower": 8.573e-9, "i_upper": 9.349e-9, "i_omega": 0.36e-12, "i_sign": 2e-12},
}


def refusal(model, values):
    with pytest.raises(InputError) as error:
        validated(model, values, "table.spice")
    assert str(error.value).startswith("table.spice: ")
    return str(error.value)


def test_text_and_floats_make_the_same_table():
    table = validated(BiasTable, BIASES, "table.spice")
    assert table.i_in == pytest.approx(1.478e-9, rel=1e-12)
    assert table.i_tau_mem == pytest.approx(10.43e-12, rel=1e-12)
    assert validated(BiasTable, table.model_dump(), "table.spice") == table


@pytest.mark.parametrize("name", BIASES)
def test_every_bias_is_required(name):
    message = refusal(BiasTable, {key: value for key, value in BIASES.items() if key != name})
    assert f"{name}: Field required" in message


def test_an_unknown_bias_is_refused():
    message = refusal(BiasTable, BIASES | {"i_unknown": "1n"})
    assert "unknown key 'i_unknown'; known are i_in, " in message


@pytest.mark.parametrize("name", BIASES)
@pytest.mark.parametrize("value", ["-1p", -1e-12, "1.001u", 1.0, "nan", "inf"])
def test_an_impossible_bias_is_named(name, value):
    assert f"{name}: " in refusal(BiasTable, BIASES | {name: value})


@pytest.mark.parametrize("name", sorted(BIASES.keys() - {"i_omega"}))
def test_zero_is_refused_where_a_current_must_flow(name):
    assert f"{name}: " in refusal(BiasTable, BIASES | {name: 0})


@pytest.mark.parametrize(("name", "value"), [("i_omega", 0), ("i_omega", "1u"), ("i_wta", "1u")])
def test_the_ends_of_the_range_are_allowed(name, value):
    table = validated(BiasTable, BIASES | {name: value}, "table.spice")
    assert getattr(table, name) == pytest.approx(1e-6 if value else 0)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2 ms", "has the unit ms, expected A"),
        ("1n\n.control", "not a quantity in A"),
        (True, "not a quantity in A"),
        (None, "not a quantity in A"),
    ],
)
def test_the_reason_of_a_refusal_is_told(value, reason):
    message = refusal(BiasTable, BIASES | {"i_sl": value})
    assert "i_sl: " in message
    assert reason in message
    assert "Value error" not in message


def test_all_faults_are_told_at_once():
    message = refusal(BiasTable, BIASES | {"i_in": "-1n", "i_wta": "junk", "i_more": 1})
    assert [name in message for name in ("i_in: ", "i_wta: ", "key 'i_more'")] == [True] * 3


def test_a_table_cannot_be_changed():
    table = validated(BiasTable, BIASES, "table.spice")
    with pytest.raises(ValidationError, match="frozen"):
        table.i_in = 1e-9


def test_neuron_parameters_survive_json_to_the_last_bit():
    values = NEURON | {"i_in": 0.1e-9 + 0.2e-9, "membrane": MEMBRANE | {"exponent": 1 / 1.1}}
    parameters = NeuronParameters(**values)
    assert NeuronParameters.model_validate_json(parameters.model_dump_json()) == parameters
    assert parameters.model_dump() == values | {"spike": None}


@pytest.mark.parametrize("group", ["membrane", "excitatory", "inhibitory", "extra"])
@pytest.mark.parametrize("name", MEMBRANE)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_an_integrator_constant_must_be_positive(group, name, value):
    message = refusal(NeuronParameters, NEURON | {group: NEURON[group] | {name: value}})
    assert f"{group}.{name}: " in message


@pytest.mark.parametrize(
    ("group", "change"),
    [
        ("decision", {"i_lower": -1e-9}),
        ("decision", {"i_upper": "9 ms"}),
        ("excitatory", {"i_w": 0}),
    ],
)
def test_a_nested_fault_is_named_with_its_group(group, change):
    message = refusal(NeuronParameters, NEURON | {group: NEURON[group] | change})
    assert f"{group}.{next(iter(change))}: " in message


@pytest.mark.parametrize(("group", "key"), [("membrane", "i_w"), ("extra", "unknown")])
def test_a_key_that_a_group_does_not_have_is_refused(group, key):
    message = refusal(NeuronParameters, NEURON | {group: NEURON[group] | {key: 1e-9}})
    assert f"unknown key '{group}.{key}'; known are tau, " in message


@pytest.mark.parametrize("name", ["i_omega", "i_sign"])
def test_shifts_of_the_thresholds_may_have_either_sign(name):
    decision = NEURON["decision"] | {name: -1e-12}
    parameters = validated(NeuronParameters, NEURON | {"decision": decision}, "parameters")
    assert getattr(parameters.decision, name) == -1e-12


def test_a_window_upside_down_is_refused():
    decision = NEURON["decision"] | {"i_lower": 9.4e-9}
    assert "i_lower" in refusal(NeuronParameters, NEURON | {"decision": decision})


def test_an_infinite_exponent_is_refused():
    membrane = MEMBRANE | {"exponent": float("inf")}
    assert "membrane.exponent" in refusal(NeuronParameters, NEURON | {"membrane": membrane})


def test_a_synapses_pair_has_no_change_of_slope():
    excitatory = NEURON["excitatory"] | {"slope_change": 0.5}
    found = refusal(NeuronParameters, NEURON | {"excitatory": excitatory})
    assert "excitatory.slope_change" in found


def test_constants_of_the_ekv_model_are_written_without_a_change_of_slope():
    ekv = IntegratorParameters(**MEMBRANE)
    other = IntegratorParameters(**MEMBRANE, slope_change=0.5)
    assert ekv.model_dump() == MEMBRANE
    assert other.model_dump() == {**MEMBRANE, "slope_change": 0.5}


def test_a_row_with_an_ideal_input_node_is_written_without_it():
    node = {"charge": 30e-15, "coupling": 8e-3}
    ideal = validated(NeuronParameters, NEURON, "parameters")
    other = validated(NeuronParameters, NEURON | {"input_node": node}, "parameters")
    assert "input_node" not in ideal.model_dump()
    assert other.model_dump()["input_node"] == node


@pytest.mark.parametrize(
    "node", [{"charge": -1e-15}, {"charge": 1e-15, "coupling": -1e-3}, {"coupling": 1e-3}]
)
def test_an_input_node_that_cannot_be_is_refused(node):
    assert "input_node" in refusal(NeuronParameters, NEURON | {"input_node": node})
