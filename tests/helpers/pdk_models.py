"""Models of the open PDKs, without which a test in their technology is skipped."""

from importlib import metadata

import pytest

from cosim.technologies.technology import read_technology


def need_models(technology):
    """Skip a test where a technology's models are a package's that isn't installed."""
    models = read_technology(technology).models
    if models is None:
        return
    name, _, version = models.package.partition("==")
    try:
        there = metadata.version(name) == version
    except metadata.PackageNotFoundError:
        there = False
    if not there:
        pytest.skip(f"the models of {technology} aren't installed: make pdks")
