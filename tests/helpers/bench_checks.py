"""Checks that fit any bench of the cells."""

from matplotlib.figure import Figure


def drain(device):
    return f"@m.{device}.m1[id]"


def check_drawing(module, vectors):
    axes = Figure().subplots()
    module.draw(axes, vectors, module.measure(vectors))
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    assert axes.lines
