"""Circuits of a chip's rows teach its network, trial by trial, from codes 0."""
