"""What any of the packages needs, and none of it knows ngspice: settings, results, processes."""
