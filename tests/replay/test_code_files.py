import numpy as np
import pytest

from cosim.replay.code_files import read_codes
from ebn_model.configurations import build_network, configuration
from ebn_model.errors import InputError
from ebn_model.network.fields import CHIP_UNITS
from ebn_model.network.files import save

CODES = [[0, -32, 5], [31, 0, 1], [2, -3, 0]]


@pytest.fixture
def csv(tmp_path):
    def write(text):
        path = tmp_path / "codes.csv"
        path.write_text(text)
        return path

    return write


def as_text(codes):
    return "".join(",".join(map(str, row)) + "\n" for row in codes)


def test_csv_and_npy(csv, tmp_path):
    np.save(tmp_path / "codes.npy", np.array(CODES))
    for path in (csv(as_text(CODES)), tmp_path / "codes.npy"):
        assert read_codes(path, 3).tolist() == CODES


def test_the_last_weights_of_a_result(tmp_path):
    p = configuration("hardware").model_copy(update={"neurons": 3})
    network = build_network(p, seed=1)
    result = network.run(np.full((1001, p.inputs), 150.0), learn=True)
    assert result.state.weights.any()
    save(result, tmp_path / "result.h5", CHIP_UNITS)
    assert np.array_equal(read_codes(tmp_path / "result.h5", 3), result.state.weights)


def test_weights_of_another_network_than_the_chip_s_are_no_codes(tmp_path):
    p = configuration("robust").model_copy(update={"neurons": 3})
    result = build_network(p, seed=1).run(np.zeros((11, p.inputs)))
    save(result, tmp_path / "result.h5")
    with pytest.raises(InputError, match=r"result\.h5: .* weights are no codes: .* not LSB"):
        read_codes(tmp_path / "result.h5", 3)


@pytest.mark.parametrize("kind", [complex, bool, str])
def test_an_array_of_other_than_real_numbers_is_refused(tmp_path, kind):
    np.save(tmp_path / "codes.npy", np.eye(3, k=1).astype(kind))
    with pytest.raises(InputError, match=r"codes\.npy: .*its elements are no real numbers"):
        read_codes(tmp_path / "codes.npy", 3)


@pytest.mark.parametrize(
    ("row", "column", "code"), [(0, 1, 32), (2, 0, -33), (1, 2, 0.5), (1, 1, 3), (0, 2, np.nan)]
)
def test_impossible_codes_are_named(tmp_path, row, column, code):
    codes = np.array(CODES, dtype=float)
    codes[row, column] = code
    np.save(tmp_path / "codes.npy", codes)
    with pytest.raises(
        InputError, match=rf"codes.npy: the code {code:g} in row {row}, column {column} "
    ):
        read_codes(tmp_path / "codes.npy", 3)


def test_another_n(csv):
    with pytest.raises(InputError, match=r"codes of shape \(3, 3\) are not for 4 neurons"):
        read_codes(csv(as_text(CODES)), 4)


def test_a_last_line_that_is_cut_off(csv):
    """Half a number is another code."""
    path = csv("0,-32\n31,0\n-3")
    with pytest.raises(InputError, match=r"codes.csv, line 3: '-3' has no end of line"):
        read_codes(path, 2)


@pytest.mark.parametrize("text", ["0,a\n1,0\n", "0,1\n1\n"])
def test_no_table(csv, text):
    with pytest.raises(InputError, match="no table of numbers"):
        read_codes(csv(text), 2)


def test_other_files(tmp_path):
    with pytest.raises(InputError, match=r"codes come as \.csv"):
        read_codes(tmp_path / "codes.mat", 2)
    with pytest.raises(InputError, match="no file"):
        read_codes(tmp_path / "codes.npy", 2)
    tmp_path.joinpath("codes.npy").write_bytes(b"\x93NUMPY\x01")
    with pytest.raises(InputError, match="no readable array"):
        read_codes(tmp_path / "codes.npy", 2)
