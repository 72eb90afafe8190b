"""Circuits in several technologies: at the typical corner, and at the others."""
