"""A small experiment: six neurons that learn for three trials of 50 ms."""

from pathlib import Path

CONFIG = """
kind = "network"
title = "Small network"
configuration = "paper"
iterations = 3
seeds = [1, 2]

[parameters]
neurons = 6

[task]
duration = "50 ms"
validation = 2
checkpoint = 2

[published.learned]
decoding_error = 0.2
spikes = 10
deviation = 100.0

[tolerances]
correlation = -1.0
"""


def write_config(folder: Path, text: str = CONFIG) -> str:
    """Write the file, and give its path as a user would."""
    path = folder / "small.toml"
    path.write_text(text)
    return str(path)
