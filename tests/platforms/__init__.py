"""README's commands on fresh Debian systems, and the newest ngspice for continuous integration."""
