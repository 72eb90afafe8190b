"""Schematics drawn from the netlists: devices and nets are read, only places are written down."""
