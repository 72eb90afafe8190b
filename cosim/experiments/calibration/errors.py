"""Errors of a calibration."""

from cosim.workbench.errors import CosimError


class CalibrationError(CosimError):
    """No bias table within reach of the target was found."""
