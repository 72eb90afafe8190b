"""Errors of simulations."""


class CosimError(Exception):
    """Base of every error that this package raises on purpose."""


class DeckError(CosimError):
    """The deck was refused: missing file, undefined parameter, unknown model, syntax."""


class SimulationError(CosimError):
    """The deck was accepted, but its run failed, stopped early or gave unusable data."""


class LostEdgeError(SimulationError):
    """The solver stepped over an edge of the stimulus without a time point there."""


class WorkerError(CosimError):
    """The process of a run was killed, or ended without a result."""
