"""What the circuits and networks cost, beside what else could run them: `make bench`."""
