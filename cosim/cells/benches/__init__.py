"""Measurement of each bench: quantities and a figure from its vectors."""
