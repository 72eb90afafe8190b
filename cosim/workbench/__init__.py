"""Tools of all packages, which know nothing of ngspice: settings, results, processes."""
