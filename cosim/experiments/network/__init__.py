"""Experiments with whole networks: figure 1, sweeps over seeds and parameters, and the study."""
