"""The packages of the extra `exchange`, loaded where a format needs them."""

from importlib import import_module
from typing import Any

from ebn_model.errors import InputError


def load_package(package: str, what: str) -> Any:
    """A package of the extra.

    Args:
        package: its name.
        what: what it is needed for, such as "NIR files", for the message.

    Raises:
        InputError: it isn't installed; says how to install it.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise InputError(
            f"{what}: the package {package} isn't installed; install it by `make exchange`, or by "
            "`pip install 'ebn-cosim[exchange]'`"
        ) from None
