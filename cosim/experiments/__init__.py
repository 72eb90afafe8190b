"""Experiments: configuration, cached runs in several views, comparison, verdict, figures."""
