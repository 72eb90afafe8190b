"""A small replay: five neurons that learn for one trial, of which two rows are replayed."""

CONFIG = """\
kind = "replay"
title = "A small replay"

[network]
seed = 2
iterations = 1

[network.parameters]
neurons = 5

[stretch]
duration = "50 ms"
rows = [1, 3]

[full]
duration = "80 ms"
rows = "all"

[tolerances]
one_step = 0.9
"""
