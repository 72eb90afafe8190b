"""One seed, many independent streams: what is drawn for one purpose never shifts another."""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """Purposes of random numbers; the values are part of what a seed means."""

    DECODER = 0
    WEIGHTS = 1
    MISMATCH = 2
    VALIDATION = 3
    TRIAL = 4
    NOISE = 5
    TEST = 6
    DECISIONS = 7


def generator(seed: int, purpose: Purpose, *index: int) -> np.random.Generator:
    """Numpy's default generator for a purpose and, where there are many, its index."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, *index)))


def derived_seed(seed: int, purpose: Purpose, *index: int) -> int:
    """A seed of its own, 0 .. 2**32 - 1, for a purpose and its index."""
    return int(np.random.SeedSequence(seed, spawn_key=(purpose, *index)).generate_state(1)[0])
