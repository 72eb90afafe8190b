"""Two runs of the same stimulus, compared: of neurons and of rows."""
