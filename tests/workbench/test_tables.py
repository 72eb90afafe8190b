import csv

from cosim.workbench.tables import csv_text, markdown_table


def test_cells_with_commas_and_quotes_survive_csv():
    rows = [["a", "b"], ["1,5", 'say "x"'], ["", "µ"]]
    text = csv_text(rows)
    assert text.startswith("a,b\n") and text.endswith("\n") and "\r" not in text
    assert list(csv.reader(text.splitlines())) == rows
    assert csv_text([[None, 0.1, 2]]) == ",0.1,2\n"


def test_a_bar_in_a_cell_does_not_end_it():
    assert markdown_table(("x", "y"), [("|Δw|", "1"), ("", "**2**")]) == [
        "| x | y |",
        "|---|---|",
        r"| \|Δw\| | 1 |",
        "|  | **2** |",
    ]
