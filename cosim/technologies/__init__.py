"""Technologies: the facts of a process, and its device models for a deck."""
