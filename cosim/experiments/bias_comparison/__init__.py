"""Experiments that compare bias tables: stimuli, each run with several of them."""
