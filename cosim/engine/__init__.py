"""ngspice as a library: decks in, arrays out, one process per run, every failure an error."""
