"""Experiments under Simulations/: configuration, cached runs, comparison, verdict, figures."""
