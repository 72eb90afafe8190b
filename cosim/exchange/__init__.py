"""Networks, spikes and dies in the formats of other tools: NIR, SONATA, NWB, HDF5."""
