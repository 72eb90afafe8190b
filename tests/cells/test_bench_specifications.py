"""Every cell's bench within its specification, under the bias table that the bench names."""

import re

import pytest

from cosim.cells.bench import BENCHES, bench_names, measurement, specification_path
from cosim.cells.runner import BenchConditions
from cosim.cells.specification import judge, read_specification

pytestmark = pytest.mark.ngspice


@pytest.mark.parametrize("name", bench_names())
def test_a_cell_keeps_its_specification(name, bench_results):
    values = measurement(name).measure(bench_results[name])
    specification = read_specification(specification_path(name))
    text = BENCHES.joinpath(f"{name}.cir").read_text(encoding="utf-8")
    [table] = re.findall(r"biases/(\w+)\.spice", text) or ["published"]
    rows = judge(specification, values, BenchConditions(biases=table).formula_names(), table)
    assert specification.keys() <= values.keys()
    assert [(row.key, row.measured) for row in rows if row.passed is False] == []
    assert any(row.passed for row in rows)
