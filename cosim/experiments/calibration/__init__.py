"""Calibration: from the cells' benches and a target to a bias table."""
