"""The learning logic in Verilog (netlists/verilog), checked against the one in Python."""
