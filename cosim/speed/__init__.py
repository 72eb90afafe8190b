"""Speed of circuits and networks, beside other programs that can run them: `make bench`."""
