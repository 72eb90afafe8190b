"""The study: what the paper claims, what mismatch does, and which rule survives it."""
